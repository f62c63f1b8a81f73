"""Statistics through a door, in REST's words."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.duration_pb2 import Duration
from tracking.v1 import group_pb2, query_service_pb2
from tracking.v1.facets_pb2 import Facets, FacetValue

from server.client.statistics_json import group_fields, histogram_fields, level_fields, time_text
from tests.support.grpc_door import GrpcDoor
from tests.support.grpc_messages import filter_message, timestamp
from tests.support.rest_door import RestDoor, failure_of
from tests.support.results import DoorClient, Event, Failure, Filters

HOUR = "2026-05-06T07"
RANGE: Filters = {"from": f"{HOUR}:00:00Z", "to": f"{HOUR}:10:00Z"}
EVENTS: list[Event] = [
    {"message": "card 1 declined", "level": "error", "service": "shop", "code": "E1", "eventTime": f"{HOUR}:00:00Z"},
    {"message": "card 2 declined", "level": "error", "service": "shop", "code": "E2", "eventTime": f"{HOUR}:04:59.9Z"},
    {"message": "card 3 declined", "level": "critical", "service": "shop", "eventTime": f"{HOUR}:05:00Z"},
    {"message": "mail sent", "service": "mail", "environment": "production", "eventTime": f"{HOUR}:09:59.999999999Z"},
    {"message": "mail sent", "service": "mail", "component": "smtp", "eventTime": f"{HOUR}:10:00Z"},
]


def answered(answer: dict[str, Any] | Failure) -> dict[str, Any]:
    assert not isinstance(answer, Failure), answer
    return answer


Answer = dict[str, Any]
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SORTS = {"lastEvent": "LAST_EVENT", "events": "EVENTS", "firstEvent": "FIRST_EVENT"}


async def histogram(door: DoorClient, filters: Filters | None = None, step: str = "") -> Answer | Failure:
    """A histogram; a step has one number and one unit."""
    if isinstance(door, RestDoor):
        return await _get(door, "/histogram", {**(filters or {}), **({"step": step} if step else {})})
    assert isinstance(door, GrpcDoor)
    request = query_service_pb2.GetHistogramRequest(filter=filter_message(filters or {}))
    if step:
        request.step.CopyFrom(Duration(seconds=int(step[:-1]) * _SECONDS[step[-1]]))
    response = await door._call(door._query.GetHistogram, request)
    return response if isinstance(response, Failure) else histogram_fields(response.histogram)


async def facets(door: DoorClient, filters: Filters | None = None) -> Answer | Failure:
    """Facets."""
    if isinstance(door, RestDoor):
        return await _get(door, "/facets", dict(filters or {}))
    assert isinstance(door, GrpcDoor)
    request = query_service_pb2.GetFacetsRequest(filter=filter_message(filters or {}))
    response = await door._call(door._query.GetFacets, request)
    return response if isinstance(response, Failure) else _facets_fields(response.facets)


async def groups(
    door: DoorClient,
    filters: Filters | None = None,
    *,
    status: list[str] | None = None,
    sort: str = "",
    page_size: int = 0,
    page_token: str = "",
) -> Answer | Failure:
    """A page of groups."""
    if isinstance(door, RestDoor):
        options = {"status": status, "sort": sort, "pageSize": page_size and str(page_size), "pageToken": page_token}
        return await _get(
            door, "/groups", {**(filters or {}), **{name: value for name, value in options.items() if value}}
        )
    assert isinstance(door, GrpcDoor)
    request = query_service_pb2.ListGroupsRequest(
        filter=filter_message(filters or {}),
        status=[f"GROUP_STATUS_{word.upper()}" for word in status or ()],
        page_size=page_size,
        page_token=page_token,
    )
    if sort:
        order: Any = group_pb2.GroupSort.Value(f"GROUP_SORT_{_SORTS[sort]}")
        request.sort = order
    response = await door._call(door._query.ListGroups, request)
    if isinstance(response, Failure):
        return response
    assert response.complete
    token = {"nextPageToken": response.next_page_token} if response.next_page_token else {}
    return {"groups": [group_fields(group) for group in response.groups], **token}


async def group(door: DoorClient, group_id: str) -> Answer | Failure:
    """One group."""
    if isinstance(door, RestDoor):
        return await _get(door, f"/groups/{group_id}", {})
    assert isinstance(door, GrpcDoor)
    response = await door._call(door._query.GetGroup, query_service_pb2.GetGroupRequest(id=group_id))
    return response if isinstance(response, Failure) else group_fields(response.group)


async def change_group(door: DoorClient, group_id: str, change: Answer) -> Answer | Failure:
    """A decision about a group."""
    if isinstance(door, RestDoor):
        answer = await door.request("PATCH", f"/groups/{group_id}", json=change)
        return failure_of(answer) if answer.status_code != 200 else _object(answer.json())
    assert isinstance(door, GrpcDoor)
    request = query_service_pb2.UpdateGroupRequest(id=group_id, muted_until_count=change.get("mutedUntilCount", 0))
    if "status" in change:
        status: Any = group_pb2.GroupStatus.Value(f"GROUP_STATUS_{change['status'].upper()}")
        request.status = status
    if "mutedUntil" in change:
        request.muted_until.CopyFrom(timestamp(change["mutedUntil"]))
    response = await door._call(door._query.UpdateGroup, request)
    return response if isinstance(response, Failure) else group_fields(response.group)


def _facets_fields(facets: Facets) -> Answer:
    return {
        "from": time_text(facets.from_time),
        "to": time_text(facets.to_time),
        "total": facets.total,
        "levels": level_fields(facets.levels),
        "services": _values(facets.services),
        "components": _values(facets.components),
        "codes": _values(facets.codes),
        "environments": _values(facets.environments),
        **({} if facets.complete else {"complete": False}),
    }


def _values(values: Iterable[FacetValue]) -> list[Answer]:
    return [{"value": each.value, "eventCount": each.event_count} for each in values]


async def _get(door: RestDoor, path: str, parameters: dict[str, Any]) -> Answer | Failure:
    answer = await door.request("GET", path, params=parameters)
    return failure_of(answer) if answer.status_code != 200 else _object(answer.json())


def _object(value: Answer) -> Answer:
    return value
