"""Protobuf messages by hand: what the stubs would not build, and what a client of another language may send."""


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    pieces = bytearray()
    while number > 0x7F:
        pieces.append(number & 0x7F | 0x80)
        number >>= 7
    pieces.append(number)
    return bytes(pieces)


def delimited(field: int, content: bytes) -> bytes:
    """A field that holds bytes, text or a message."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    """A field that holds a whole number or an enum."""
    return varint(field << 3) + varint(value)


def nested_struct(levels: int) -> bytes:
    """A google.protobuf.Struct with Structs within one another, each under the name `a`."""
    struct = b""
    for _ in range(levels):
        value = delimited(5, struct)
        struct = delimited(1, delimited(1, b"a") + delimited(2, value))
    return struct


def nested_list(levels: int) -> bytes:
    """A google.protobuf.Struct with lists within one another under the name `a`."""
    value = delimited(6, b"")
    for _ in range(levels - 1):
        value = delimited(6, delimited(1, value))
    return delimited(1, delimited(1, b"a") + delimited(2, value))
