"""From a request to log events: pure, and in slices, so that a large one need not hold up everything else."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeAlias

from otel_bridge.blocks import Block
from otel_bridge.bounds import MAX_BLOCKS, MAX_RECORDS, too_many_blocks, too_many_records
from otel_bridge.controls import Defaults
from otel_bridge.decoding import Decoded
from otel_bridge.json_request import read_json_request
from otel_bridge.protobuf import read_protobuf
from otel_bridge.records import Record, event_of
from server.core.errors import TrackingError
from server.core.model import LogEvent

Scope: TypeAlias = tuple[Block, Iterable[Record | TrackingError]]
"""What its records have in common, and the records; an error stands for one that was not read."""

SLICE_RECORDS = 500
"""Records, resources and scopes that are translated in one go: a few milliseconds."""


class Translation:
    """Iterating gives the results of a request in order, one a record, in lists of at most `SLICE_RECORDS`.

    A list may be empty: resources and scopes without records are work too. A record that cannot be is its error alone.
    A request that cannot be raises InvalidRequest or TooLarge, at any slice: nothing of it may be used before the last
    one.
    """

    def __init__(self, scopes: Iterable[Scope | TrackingError | None]) -> None:
        self._results = self._translate(scopes)
        self.every_record_timed = True
        """Whether every record had a time or an observed time; known after the last slice."""

    def __iter__(self) -> Iterator[list[LogEvent | TrackingError]]:
        while steps := list(islice(self._results, SLICE_RECORDS)):
            yield [step for step in steps if step is not None]

    def _translate(self, scopes: Iterable[Scope | TrackingError | None]) -> Iterator[LogEvent | TrackingError | None]:
        records_left, blocks_left = MAX_RECORDS, MAX_BLOCKS
        for scope in scopes:
            if isinstance(scope, TrackingError):
                yield scope
                continue
            blocks_left -= 1
            if blocks_left < 0:
                raise too_many_blocks()
            yield None
            if scope is None:
                continue
            block, records = scope
            for record in records:
                records_left -= 1
                if records_left < 0:
                    raise too_many_records()
                yield self._result(record, block)

    def _result(self, record: Record | TrackingError, block: Block) -> LogEvent | TrackingError:
        if isinstance(record, TrackingError):
            return record
        if not record.time:
            self.every_record_timed = False
        try:
            return event_of(record, block)
        except TrackingError as error:
            return error


def translate_protobuf(parts: Iterable[Decoded | TrackingError], defaults: Defaults) -> Translation:
    """The events of a request in protobuf, part by part; an error stands for one record."""
    return Translation(
        scope
        for part in parts
        for scope in ([part] if isinstance(part, TrackingError) else read_protobuf(part, defaults))
    )


def translate_json(body: bytes, defaults: Defaults) -> Translation:
    """The events of a request in JSON."""
    return Translation(read_json_request(body, defaults))
