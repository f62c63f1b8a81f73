"""The calls that read statistics."""

from collections.abc import Iterable, Iterator

from google.protobuf.duration_pb2 import Duration
from tracking.v1 import query_service_pb2_grpc
from tracking.v1.entry_filter_pb2 import EntryFilter
from tracking.v1.group_pb2 import Group
from tracking.v1.histogram_pb2 import Histogram
from tracking.v1.query_service_pb2 import GetHistogramRequest, ListGroupsRequest

from server.client.calls import pages
from server.client.connection import Target, connect
from server.core.model import NANOSECONDS_PER_SECOND
from server.core.statistics import GroupSort

_SECONDS = 30.0


def read_histogram(target: Target, chosen: EntryFilter, step: int | None) -> Histogram:
    """A histogram; the step is in nanoseconds, None for the server's choice. Raises Refused."""
    metadata = target.metadata()
    request = GetHistogramRequest(filter=chosen)
    if step is not None:
        request.step.CopyFrom(Duration(seconds=step // NANOSECONDS_PER_SECOND))
    with connect(target) as channel:
        stub = query_service_pb2_grpc.QueryServiceStub(channel)
        return stub.GetHistogram(request, timeout=_SECONDS, metadata=metadata).histogram


def read_groups(
    target: Target, chosen: EntryFilter, *, statuses: Iterable[str], sort: GroupSort, limit: int
) -> Iterator[Group]:
    """At most `limit` groups in order, page by page. Raises Refused."""
    request = ListGroupsRequest(
        filter=chosen,
        status=[f"GROUP_STATUS_{status.upper()}" for status in statuses],
        sort=f"GROUP_SORT_{sort.name}",
    )
    with connect(target) as channel:
        stub = query_service_pb2_grpc.QueryServiceStub(channel)
        for page in pages(target, stub.ListGroups, request, "groups", limit):
            yield from page.groups
