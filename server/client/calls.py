"""The calls a person makes."""

from collections.abc import Iterator
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc
from tracking.v1 import query_service_pb2_grpc, tracking_service_pb2_grpc
from tracking.v1.entry_filter_pb2 import EntryFilter
from tracking.v1.entry_pb2 import Entry
from tracking.v1.log_event_pb2 import LogEvent
from tracking.v1.query_service_pb2 import ListEntriesRequest
from tracking.v1.tracking_service_pb2 import LogRequest, LogResponse

from server.client.connection import Target, connect

_LOG_SECONDS = 10.0
_PAGE_SECONDS = 30.0
_HEALTH_SECONDS = 5.0
_LARGEST_PAGE = 200


def send_event(target: Target, event: LogEvent) -> LogResponse:
    """Log one event; returns when it is durable. Raises Refused."""
    metadata = target.metadata()
    with connect(target) as channel:
        stub = tracking_service_pb2_grpc.TrackingServiceStub(channel)
        return stub.Log(LogRequest(event=event), timeout=_LOG_SECONDS, metadata=metadata)


def read_entries(target: Target, chosen: EntryFilter, limit: int) -> Iterator[Entry]:
    """At most `limit` entries, newest first, page by page. Raises Refused."""
    with connect(target) as channel:
        stub = query_service_pb2_grpc.QueryServiceStub(channel)
        for page in pages(target, stub.ListEntries, ListEntriesRequest(filter=chosen), "entries", limit):
            yield from page.entries


def pages(target: Target, call: Any, request: Any, items: str, limit: int) -> Iterator[Any]:
    """Answer after answer of a list, until there were `limit` of its items or no more."""
    metadata = target.metadata()
    while limit > 0:
        request.page_size = min(limit, _LARGEST_PAGE)
        page = call(request, timeout=_PAGE_SECONDS, metadata=metadata)
        yield page
        limit -= len(getattr(page, items))
        # A page may be empty and yet not the last.
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def ask_health(target: Target) -> str:
    """What the server says of itself: SERVING, NOT_SERVING. Raises Refused where nobody answers."""
    with connect(target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
