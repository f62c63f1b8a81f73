"""QueryService: histograms, facets and groups are read, and people decide about groups."""

from time import time_ns
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from tracking.v1 import group_pb2, query_service_pb2

from server.core.errors import InvalidField
from server.core.model import NANOSECONDS_PER_MILLISECOND
from server.core.query import DEFAULT_PAGE_SIZE, check_page_size
from server.core.services import Services
from server.core.statistics import GroupSort, GroupStatus, check_group_change, step_from_milliseconds
from server.core.statistics.group_changes import invalid_status
from server.core.statistics.group_lists import unknown_sort, unknown_status
from server.core.statistics.histogram import invalid_step
from server.grpc_api.door import method
from server.grpc_api.entries import read_filter
from server.grpc_api.events import nanoseconds_of
from server.grpc_api.statistics_answers import STATUSES, facets_message, group_message, histogram_message
from server.transport.grpc import MessageReader, decode
from server.transport.grpc_method import Context, admit

_STATUSES_BY_NUMBER = {number: status for status, number in STATUSES.items()}
_SORTS: dict[int, GroupSort] = {
    group_pb2.GROUP_SORT_UNSPECIFIED: GroupSort.LAST_EVENT,
    group_pb2.GROUP_SORT_LAST_EVENT: GroupSort.LAST_EVENT,
    group_pb2.GROUP_SORT_EVENTS: GroupSort.EVENTS,
    group_pb2.GROUP_SORT_FIRST_EVENT: GroupSort.FIRST_EVENT,
}


def statistics_methods(services: Services, reader: MessageReader) -> dict[str, Any]:
    """The methods by name."""

    async def get_histogram(context: Context) -> bytes:
        key = await admit(services, context, "read")
        request = decode(query_service_pb2.GetHistogramRequest, await reader.read(context, key.id))
        step = _step(request.step) if request.HasField("step") else None
        histogram = await services.statistics.histogram(key, read_filter(request.filter, time_ns()), step)
        return query_service_pb2.GetHistogramResponse(histogram=histogram_message(histogram)).SerializeToString()

    async def get_facets(context: Context) -> bytes:
        key = await admit(services, context, "read")
        request = decode(query_service_pb2.GetFacetsRequest, await reader.read(context, key.id))
        facets = await services.statistics.facets(key, read_filter(request.filter, time_ns()))
        return query_service_pb2.GetFacetsResponse(facets=facets_message(facets)).SerializeToString()

    async def list_groups(context: Context) -> bytes:
        key = await admit(services, context, "read")
        request = decode(query_service_pb2.ListGroupsRequest, await reader.read(context, key.id))
        page = await services.statistics.list_groups(
            key,
            read_filter(request.filter, time_ns()),
            statuses=frozenset(_filtered_status(number) for number in request.status),
            sort=_sort(request.sort),
            page_size=check_page_size(request.page_size or DEFAULT_PAGE_SIZE),
            page_token=request.page_token or None,
        )
        response = query_service_pb2.ListGroupsResponse(
            groups=[group_message(group) for group in page.groups],
            next_page_token=page.next_page_token or "",
            complete=page.is_complete,
        )
        return response.SerializeToString()

    async def get_group(context: Context) -> bytes:
        key = await admit(services, context, "read")
        request = decode(query_service_pb2.GetGroupRequest, await reader.read(context, key.id))
        group = await services.statistics.get_group(key, request.id)
        return query_service_pb2.GetGroupResponse(group=group_message(group)).SerializeToString()

    async def update_group(context: Context) -> bytes:
        key = await admit(services, context, "triage")
        request = decode(query_service_pb2.UpdateGroupRequest, await reader.read(context, key.id))
        status = _STATUSES_BY_NUMBER.get(request.status)
        if status is None:
            raise invalid_status()
        until = _muted_until(request.muted_until) if request.HasField("muted_until") else None
        change = check_group_change(status, until, request.muted_until_count or None, time_ns())
        group = await services.statistics.change_group(key, request.id, change)
        return query_service_pb2.UpdateGroupResponse(group=group_message(group)).SerializeToString()

    handlers = {
        "GetHistogram": get_histogram,
        "GetFacets": get_facets,
        "ListGroups": list_groups,
        "GetGroup": get_group,
        "UpdateGroup": update_group,
    }
    return {name: method(services, name, handler) for name, handler in handlers.items()}


def _step(duration: Duration) -> int:
    if duration.nanos % NANOSECONDS_PER_MILLISECOND:
        raise invalid_step("step must be whole seconds.")
    return step_from_milliseconds(duration.seconds * 1_000 + duration.nanos // NANOSECONDS_PER_MILLISECOND)


def _filtered_status(number: int) -> GroupStatus:
    status = _STATUSES_BY_NUMBER.get(number)
    if status is None:
        raise unknown_status()
    return status


def _sort(number: int) -> GroupSort:
    sort = _SORTS.get(number)
    if sort is None:
        raise unknown_sort()
    return sort


def _muted_until(timestamp: Timestamp) -> int:
    try:
        return nanoseconds_of(timestamp)
    except ValueError as error:
        raise InvalidField(
            "muted_until must lie between 1678 and 2262.", message="Invalid mutedUntil", field="mutedUntil"
        ) from error
