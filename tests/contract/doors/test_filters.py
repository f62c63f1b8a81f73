"""Every filter, asked through every door, of entries that came through every door."""

from collections.abc import Mapping, Sequence

import pytest
import pytest_asyncio

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.results import DoorClient, Event, Failure, Filters, Page, find, keep

pytestmark = IN_SESSION

TRACE, OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"
SECOND = "2026-05-06T07:08:09"

EVENTS: Sequence[Event] = [
    {"message": "a", "level": "info", "service": "shop", "component": "cart", "eventTime": f"{SECOND}Z"},
    {"message": "b", "level": "error", "service": "shop", "code": "E1", "eventTime": f"{SECOND}.000000001Z"},
    {"message": "c", "level": "critical", "service": "Shop", "code": "E2", "eventTime": f"{SECOND}.000000002Z"},
    {"message": "d", "environment": "production", "traceId": TRACE, "eventTime": f"{SECOND}.001Z"},
    {"message": "e", "environment": "staging", "traceId": OTHER_TRACE, "component": "", "eventTime": f"{SECOND}.002Z"},
    {"message": "f", "useDebounce": {"key": "k1"}, "component": "cart", "eventTime": f"{SECOND}.003Z"},
    {"message": "g", "useDebounce": {"key": "k 2&é=+"}, "fingerprint": "mine", "eventTime": f"{SECOND}.004Z"},
    {"message": "h", "attributes": {"n": 5, "text": "5", "yes": True, "no": False, "nil": None}},
    {"message": "i", "attributes": {"n": 5.5, "user": {"id": 7, "tags": ["x", "y", 8]}, "a.b": {"c.d": "dotted"}}},
    {"message": "j", "attributes": {"n": "5.0", "text": "true", "empty": "", "list": [{"id": 1}, {"id": 2}]}},
]
FILTERS: dict[str, tuple[Filters, str]] = {
    "nothing": ({}, "abcdefghij"),
    "level": ({"level": "error"}, "b"),
    "levels": ({"level": ["error", "critical"]}, "bc"),
    "levels in a list": ({"level": "error,critical,success"}, "bc"),
    "service": ({"service": "shop"}, "ab"),
    "services": ({"service": ["shop", "Shop", "none"]}, "abc"),
    "component": ({"component": "cart"}, "af"),
    "code": ({"code": "E1"}, "b"),
    "codes": ({"code": ["E1", "E2"]}, "bc"),
    "environment": ({"environment": "production"}, "d"),
    "environments": ({"environment": ["production", "staging"]}, "de"),
    "trace": ({"traceId": TRACE}, "d"),
    "traces in upper case": ({"traceId": [TRACE.upper(), OTHER_TRACE]}, "de"),
    "debounce key": ({"debounceKey": "k1"}, "f"),
    "debounce keys": ({"debounceKey": ["k1", "k 2&é=+"]}, "fg"),
    "several fields": ({"service": "shop", "level": ["info", "critical"], "component": "cart"}, "a"),
    "nobody": ({"service": "shop", "code": "E2"}, ""),
    "from is inclusive": ({"from": f"{SECOND}.000000001Z", "to": f"{SECOND}.001Z"}, "bc"),
    "to is exclusive": ({"to": f"{SECOND}.000000001Z"}, "a"),
    "one nanosecond": ({"from": f"{SECOND}.000000001Z", "to": f"{SECOND}.000000002Z"}, "b"),
    "an empty range": ({"from": f"{SECOND}Z", "to": f"{SECOND}Z"}, ""),
    "an offset": ({"from": "2026-05-06T09:08:09.002+02:00", "to": "2026-05-06T00:08:09.004-07:00"}, "ef"),
    "text or number": ({"attribute.n": "5"}, "h"),
    "number in another spelling": ({"attribute.n": "5.0"}, "hj"),
    "fraction": ({"attribute.n": "5.5"}, "i"),
    "text": ({"attribute.text": "5"}, "h"),
    "true": ({"attribute.yes": "true"}, "h"),
    "true is no text": ({"attribute.text": "true"}, "j"),
    "false": ({"attribute.no": "false"}, "h"),
    "null": ({"attribute.nil": "null"}, "h"),
    "absent is not null": ({"attribute.nothing": "null"}, ""),
    "empty text": ({"attribute.empty": ""}, "j"),
    "path": ({"attribute.user.id": "7"}, "i"),
    "element of a list": ({"attribute.user.tags": "y"}, "i"),
    "number in a list": ({"attribute.user.tags": "8"}, "i"),
    "list on the way": ({"attribute.list.id": "2"}, "j"),
    "names with dots": ({"attribute.a.b.c.d": "dotted"}, "i"),
    "two attributes": ({"attribute.n": "5", "attribute.yes": "true"}, "h"),
    "attribute and field": ({"attribute.n": "5", "level": "error"}, ""),
    "word": ({"q": "DOTTED"}, "i"),
    "word of the message": ({"q": "c"}, "c"),
    "word or word": ({"q": ["dotted", "b"]}, "bi"),
    "word and word": ({"q": "i dotted"}, "i"),
    "number": ({"q": "7"}, "i"),
    "beginning of a word": ({"q": "dot*"}, "i"),
    "phrase": ({"q": '"5 0"'}, "j"),
    "no word": ({"q": "nowhere"}, ""),
    "query of fields": ({"query": "service:shop,Shop level:>=error"}, "bc"),
    "query of words": ({"query": "i dot*"}, "i"),
    "comparison": ({"query": "n:>=5"}, "hi"),
    "range": ({"query": "n:5.1..6"}, "i"),
    "presence": ({"query": "n:*"}, "hij"),
    "negation": ({"query": "-n:* -environment:staging,production -service:*"}, "fg"),
    "negated word": ({"query": "n:* -dotted"}, "hj"),
    "query and fields": ({"query": "service:shop", "service": ["shop", "Shop"], "level": "error"}, "b"),
    "query against fields": ({"query": "service:Shop", "service": "shop"}, ""),
    "query and word": ({"query": "n:*", "q": "dotted"}, "i"),
    "query of times": ({"query": f"from:{SECOND}.001Z to:{SECOND}.003Z"}, "de"),
    "query of relative times": ({"query": "from:-1h"}, "hij"),
    "empty query": ({"query": ""}, "abcdefghij"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def logged(service: InProcessService) -> Mapping[str, Client]:
    """Two organisations with the same events, that came through one door each."""
    clients = {"rest": await service.new_client(), "grpc": await service.new_client()}
    for name, client in clients.items():
        for event in EVENTS:
            await keep(client.doors[name], event)
    return clients


@pytest.fixture(params=["rest to rest", "rest to grpc", "grpc to rest", "grpc to grpc"])
def reader(request: pytest.FixtureRequest, logged: Mapping[str, Client]) -> DoorClient:
    """The door that is asked, of an organisation whose events came through one of the doors."""
    source, _, asked = request.param.partition(" to ")
    return logged[source].doors[asked]


@pytest.mark.parametrize(("filters", "messages"), FILTERS.values(), ids=FILTERS.keys())
async def test_a_filter_chooses(reader: DoorClient, filters: Filters, messages: str) -> None:
    assert "".join(sorted(entry["message"] for entry in await find(reader, filters))) == messages


async def test_entries_come_newest_first(reader: DoorClient) -> None:
    messages = "".join(entry["message"] for entry in await find(reader, {"to": "2026-05-07T00:00:00Z"}))
    # a, b and c share a millisecond: the last that arrived is first.
    assert messages == "gfedcba"


async def test_a_group_is_a_filter(reader: DoorClient) -> None:
    groups = {entry["groupId"]: entry["message"] for entry in await find(reader)}
    assert len(groups) == len(EVENTS)
    for group, message in groups.items():
        assert [entry["message"] for entry in await find(reader, {"groupId": group.upper()})] == [message]
    assert len(await find(reader, {"groupId": list(groups)[:4]})) == 4
    assert await find(reader, {"groupId": "0" * 32}) == []


NO_TRACE = Failure("INVALID_FILTER", "traceId")
WRONG: dict[str, tuple[Filters, Failure]] = {
    "short trace": ({"traceId": "abc"}, NO_TRACE),
    "trace that is not hexadecimal": ({"traceId": "x" * 32}, NO_TRACE),
    "one bad trace of two": ({"traceId": [TRACE, ""]}, NO_TRACE),
    "empty service": ({"service": ""}, Failure("INVALID_FILTER", "service")),
    "empty debounce key": ({"debounceKey": ""}, Failure("INVALID_FILTER", "debounceKey")),
    "long code": ({"code": "c" * 5000}, Failure("INVALID_FILTER", "code")),
    "from after to": ({"from": f"{SECOND}.1Z", "to": f"{SECOND}Z"}, Failure("INVALID_TIME_RANGE", "from")),
    "no word": ({"q": " - "}, Failure("INVALID_FILTER", "q")),
    "query that cannot be read": ({"query": "level:eror"}, Failure("INVALID_FILTER", "query")),
    "too many dots": ({"attribute.a" + ".b" * 41: "x"}, Failure("INVALID_FILTER", ("attribute.a" + ".b" * 41)[:70])),
    "too many dots in a query": ({"query": "a" + ".b" * 41 + ":x"}, Failure("INVALID_FILTER", "query")),
    "number beyond all numbers": ({"query": "a:>" + "9" * 400}, Failure("INVALID_FILTER", "query")),
    "long query": ({"query": "q " * 2500}, Failure("INVALID_FILTER", "query")),
    "two beginnings": ({"query": "from:-1h", "from": f"{SECOND}Z"}, Failure("INVALID_TIME_RANGE", "from")),
}


@pytest.mark.parametrize(("filters", "failure"), WRONG.values(), ids=WRONG.keys())
async def test_a_filter_that_cannot_be_is_refused_by_its_name(
    reader: DoorClient, filters: Filters, failure: Failure
) -> None:
    assert await reader.entries(filters) == failure
    assert isinstance(await reader.entries({"service": "shop"}), Page)


@pytest.mark.parametrize("size", [-1, 1001, 2**31 - 1])
async def test_a_page_size_that_cannot_be_is_refused(reader: DoorClient, size: int) -> None:
    assert await reader.entries(page_size=size) == Failure("INVALID_PAGE_SIZE", "pageSize")
