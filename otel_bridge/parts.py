"""Large requests in protobuf as several small ones: decoded messages weigh many times their bytes.

The decoder makes an object of every message inside, though it may have two bytes: 64 MiB can become gigabytes. So only
the outer three levels are walked here, and one part after the other is decoded.
"""

from collections.abc import Callable, Iterator

from otel_bridge import bounds
from server.core.errors import InvalidRequest, TooLarge, TrackingError

PART_BYTES = 1024 * 1024
"""What a part has, but for one record that has more; smaller requests stay whole."""

_RECORD_OVERHEAD_BYTES = 64
"""What even an empty record or scope weighs."""
_RESOURCE_LOGS, _SCOPE_LOGS, _LOG_RECORDS = 1, 2, 2
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10


def parts_of(data: bytes, max_event_bytes: int) -> Iterator[bytes | TooLarge]:
    """Requests with the same records in the same order, and an error for each record that is too large to be decoded.

    Raises InvalidRequest for what is no request, TooLarge for one that has too many records or too much beside them.
    """
    if len(data) <= PART_BYTES:
        yield data
        return
    records_left, blocks_left = bounds.MAX_RECORDS, bounds.MAX_BLOCKS
    most = bounds.protobuf_record_bytes(max_event_bytes)
    for resource_logs in _split(data, _RESOURCE_LOGS, blocks_left, bounds.too_many_blocks)[0]:
        blocks_left -= 1
        scopes, resource = _split(_content(resource_logs), _SCOPE_LOGS, blocks_left, bounds.too_many_blocks)
        blocks_left -= len(scopes)
        part = _Part(resource)
        for scope_logs in scopes:
            records, scope = _split(_content(scope_logs), _LOG_RECORDS, records_left, bounds.too_many_records)
            records_left -= len(records)
            part.begin(scope)
            for record in records:
                if len(record) > most:
                    yield from part.take()
                    yield bounds.too_large_record(len(record))
                elif part.add(record):
                    yield from part.take()
        yield from part.take()


class _Part:
    """Collects scopes of one resource, with some or all of their records."""

    def __init__(self, resource: bytes) -> None:
        self._resource = resource
        self._scope = b""
        self._scopes: list[bytes] = []
        self._records: list[bytes] = []
        self._size = 0

    def begin(self, scope: bytes) -> None:
        """What is added from now on is of this scope."""
        self._end_scope()
        self._scope = scope
        self._size += len(scope) + _RECORD_OVERHEAD_BYTES

    def add(self, record: bytes) -> bool:
        """Add a record; whether the part has all that it should."""
        self._records.append(record)
        self._size += len(record) + _RECORD_OVERHEAD_BYTES
        return self._size >= PART_BYTES

    def take(self) -> Iterator[bytes]:
        """The part, if it has any record; the next one goes on in the same scope."""
        self._end_scope()
        if self._scopes:
            yield _field(_RESOURCE_LOGS, self._resource + b"".join(self._scopes))
        self._scopes, self._size = [], len(self._scope)

    def _end_scope(self) -> None:
        if self._records:
            self._scopes.append(_field(_SCOPE_LOGS, self._scope + b"".join(self._records)))
            self._records = []


def _split(data: bytes, number: int, most: int, too_many: Callable[[], TrackingError]) -> tuple[list[bytes], bytes]:
    """The fields of a message: those with this number, at most so many, and all others in one, each as it stands."""
    try:
        return _walk(data, number << 3 | _DELIMITED, most, too_many)
    except IndexError:
        raise broken() from None


def _walk(data: bytes, wanted_tag: int, most: int, too_many: Callable[[], TrackingError]) -> tuple[list[bytes], bytes]:
    wanted: list[bytes] = []
    others: list[bytes] = []
    position, end, size = 0, len(data), 0
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
            size += position - begin
            bounds.require_protobuf_context(size)
    if position > end:
        raise broken()
    return wanted, b"".join(others)


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
