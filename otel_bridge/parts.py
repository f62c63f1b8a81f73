"""Large requests in protobuf as several small ones: decoded messages weigh many times their bytes.

The decoder makes an object of every message inside, though it may have two bytes: 64 MiB can become gigabytes. So only
the outer three levels are walked here, and one part after the other is decoded.
"""

from collections.abc import Iterator

from server.core.errors import InvalidRequest, TooLarge

PART_BYTES = 1024 * 1024
"""What a part has of records, but for one record that has more; smaller requests stay whole."""
MOST_CONTEXT_BYTES = 256 * 1024
"""What a resource, or a scope, may have beside its records in a large request: every part repeats it."""

MOST_RECORD_BYTES = 4 * 1024 * 1024
"""Of one record in a large request."""
MAX_RECORDS = 100_000
"""In one request, in either encoding."""

_RECORD_OVERHEAD_BYTES = 64
"""What even an empty record weighs."""
_RESOURCE_LOGS, _SCOPE_LOGS, _LOG_RECORDS = 1, 2, 2
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10


def parts_of(data: bytes) -> Iterator[bytes | TooLarge]:
    """Requests with the same records in the same order, and an error for each record that is too large to be decoded.

    Raises InvalidRequest for what is no request, TooLarge for one that has too many records or too much beside them.
    """
    if len(data) <= PART_BYTES:
        yield data
        return
    left = MAX_RECORDS
    for resource_logs in _split(data, _RESOURCE_LOGS, left)[0]:
        scopes, resource = _split(_content(resource_logs), _SCOPE_LOGS, left)
        for scope_logs in scopes:
            records, scope = _split(_content(scope_logs), _LOG_RECORDS, left)
            left -= len(records)
            for part in _slices(records):
                if isinstance(part, TooLarge):
                    yield part
                else:
                    yield _field(_RESOURCE_LOGS, resource + _field(_SCOPE_LOGS, scope + b"".join(part)))


def _split(data: bytes, number: int, most: int) -> tuple[list[bytes], bytes]:
    """The fields of a message: those with this number, at most so many, and all others in one, each as it stands."""
    try:
        return _walk(data, number << 3 | _DELIMITED, most)
    except IndexError:
        raise broken() from None


def _walk(data: bytes, wanted_tag: int, most: int) -> tuple[list[bytes], bytes]:
    wanted: list[bytes] = []
    others: list[bytes] = []
    position, end, room = 0, len(data), MOST_CONTEXT_BYTES
    while position < end:
        begin = position
        if data[position] == wanted_tag:
            length, position = data[position + 1], position + 2
            if length >= 0x80:
                length, position = _varint(data, begin + 1)
            position += length
            wanted.append(data[begin:position])
            if len(wanted) > most:
                raise too_many()
        else:
            tag, position = _varint(data, position)
            position = _skip(data, position, tag & 7)
            others.append(data[begin:position])
            room -= position - begin
            if room < 0:
                raise TooLarge(
                    f"A resource or scope has more than {MOST_CONTEXT_BYTES} bytes beside its records,"
                    f" in a request of more than {PART_BYTES}."
                )
    if position > end:
        raise broken()
    return wanted, b"".join(others)


def _slices(records: list[bytes]) -> Iterator[list[bytes] | TooLarge]:
    part: list[bytes] = []
    size = 0
    for record in records:
        large = len(record) > MOST_RECORD_BYTES
        if part and (large or size + len(record) > PART_BYTES):
            yield part
            part, size = [], 0
        if large:
            yield TooLarge(
                f"The record has {len(record)} bytes; {MOST_RECORD_BYTES} are decoded.",
                code="EVENT_TOO_LARGE",
                message="Event too large",
            )
            continue
        part.append(record)
        size += len(record) + _RECORD_OVERHEAD_BYTES
    if part:
        yield part


def _content(field: bytes) -> bytes:
    """What a delimited field holds, without its tag and length."""
    return field[_varint(field, 1)[1] :]


def _skip(data: bytes, position: int, kind: int) -> int:
    """Where the field that begins here ends."""
    if kind == _VARINT:
        return _varint(data, position)[1]
    if kind == _DELIMITED:
        length, position = _varint(data, position)
        return position + length
    if kind in _FIXED_BYTES:
        return position + _FIXED_BYTES[kind]
    raise broken()


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The number that begins here, and where it ends; raises IndexError where it does not end."""
    value, shift = 0, 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift >= 7 * _LONGEST_VARINT:
            raise broken()


def _field(number: int, content: bytes) -> bytes:
    head = bytearray((number << 3 | _DELIMITED,))
    length = len(content)
    while length >= 0x80:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + content


def broken() -> InvalidRequest:
    """The error for bytes that are no request."""
    return InvalidRequest("The body is no ExportLogsServiceRequest in protobuf.")


def too_many() -> TooLarge:
    """The error for more records than one request may have."""
    return TooLarge(
        f"The request has more than {MAX_RECORDS} records: send smaller batches.",
        code="TOO_MANY_EVENTS",
        message="Too many events",
    )
