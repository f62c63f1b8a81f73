"""From a request to log events: pure, and in slices, so that a large one need not hold up everything else."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeAlias

from otel_bridge.blocks import Block
from otel_bridge.controls import Defaults
from otel_bridge.decoding import Decoded
from otel_bridge.json_request import read_json_request
from otel_bridge.protobuf import read_protobuf
from otel_bridge.records import Record, event_of
from server.core.errors import TrackingError
from server.core.model import LogEvent

Scope: TypeAlias = tuple[Block, Iterable[Record]]
"""What its records have in common, and the records."""

SLICE_RECORDS = 500
"""Records that are translated in one go: a few milliseconds."""


class Translation:
    """Iterating gives the results of a request in order, one a record, in lists of at most `SLICE_RECORDS`.

    A record that cannot be is its error alone. A request that cannot be raises InvalidRequest, at any slice: nothing
    of it may be used before the last one.
    """

    def __init__(self, scopes: Iterable[Scope | TrackingError]) -> None:
        self._results = self._translate(scopes)
        self.every_record_timed = True
        """Whether every record had a time or an observed time; known after the last slice."""

    def __iter__(self) -> Iterator[list[LogEvent | TrackingError]]:
        while results := list(islice(self._results, SLICE_RECORDS)):
            yield results

    def _translate(self, scopes: Iterable[Scope | TrackingError]) -> Iterator[LogEvent | TrackingError]:
        for scope in scopes:
            if isinstance(scope, TrackingError):
                yield scope
                continue
            block, records = scope
            for record in records:
                if not record.time:
                    self.every_record_timed = False
                try:
                    yield event_of(record, block)
                except TrackingError as error:
                    yield error


def translate_protobuf(parts: Iterable[Decoded | TrackingError], defaults: Defaults) -> Translation:
    """The events of a request in protobuf, part by part; an error stands for one record."""
    return Translation(
        scope
        for part in parts
        for scope in ([part] if isinstance(part, TrackingError) else read_protobuf(part, defaults))
    )


def translate_json(request: Any, defaults: Defaults) -> Translation:
    """The events of a request in JSON, as `json_text.decode_json` gives it."""
    return Translation(read_json_request(request, defaults))
