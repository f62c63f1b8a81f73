"""Following entries for a person: a server that is lost is looked for again."""

import time
from collections.abc import Callable, Iterator

import grpc
from tracking.v1 import query_service_pb2_grpc
from tracking.v1.entry_filter_pb2 import EntryFilter
from tracking.v1.query_service_pb2 import TailEntriesRequest, TailEntriesResponse

from server.client.connection import Target, connect
from server.core.errors import Refused

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 10.0
_MAY_PASS = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN})


def follow_entries(target: Target, chosen: EntryFilter, say: Callable[[str], None]) -> Iterator[TailEntriesResponse]:
    """What is told, without end; `say` is told when the server is lost and found. Raises Refused.

    At the first time the server has to be there; later it is waited for.
    """
    request = TailEntriesRequest(filter=chosen)
    pause = 0.0
    while True:
        try:
            for response in _follow_once(target, request):
                if pause:
                    say("The server is back.")
                    pause = 0.0
                request.resume_token = response.resume_token
                yield response
        except Refused as refused:
            if not request.resume_token or not _may_pass(refused):
                raise
            if not pause:
                say(f"The server is lost, and looked for: {refused.description}")
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS) or _FIRST_PAUSE_SECONDS
        time.sleep(pause)


def _follow_once(target: Target, request: TailEntriesRequest) -> Iterator[TailEntriesResponse]:
    metadata = target.metadata()
    with connect(target) as channel:
        stub = query_service_pb2_grpc.QueryServiceStub(channel)
        yield from stub.TailEntries(request, metadata=metadata)


def _may_pass(refused: Refused) -> bool:
    cause = refused.__cause__
    return isinstance(cause, grpc.RpcError) and cause.code() in _MAY_PASS
