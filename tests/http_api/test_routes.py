"""Addresses, methods, keys in the head: what is answered before anything is read."""

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.in_process import Client, InProcessService
from tests.support.raw_http import connected, request
from tests.support.rest_door import failure_of
from tests.support.results import Failure

pytestmark = IN_SESSION

API = "/api/v1/tracking"
METHODS = {
    f"{API}/log": {"POST"},
    f"{API}/log/batch": {"POST"},
    f"{API}/entries": {"GET", "DELETE"},
    f"{API}/entries/8000000000000000": {"GET"},
    f"{API}/keys": {"GET", "POST"},
    f"{API}/keys/key_0": {"PATCH", "DELETE"},
    f"{API}/settings": {"GET", "PUT"},
    f"{API}/usage": {"GET"},
    f"{API}/audit": {"GET"},
    "/livez": {"GET", "HEAD"},
    "/readyz": {"GET", "HEAD"},
    "/metrics": {"GET"},
    "/openapi.json": {"GET"},
}
ALL = {"GET", "POST", "PUT", "PATCH", "DELETE"}
WRONG = [(path, method) for path, methods in METHODS.items() for method in sorted(ALL - methods)]


@pytest.mark.parametrize(("path", "method"), WRONG)
async def test_another_method_is_405_with_those_that_there_are_and_needs_no_key(
    service: InProcessService, path: str, method: str
) -> None:
    answer = await service.http.request(method, path, content=b"x")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == METHODS[path]
    assert failure_of(answer) == Failure("METHOD_NOT_ALLOWED")


UNKNOWN = [
    "/",
    "/api",
    API,
    f"{API}/logs",
    f"{API}/log/batch/x",
    f"{API}/entries/a/b",
    "/API/V1/TRACKING/LOG",
    "/é",
    "/%ff",
]


@pytest.mark.parametrize("path", UNKNOWN)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_another_address_is_404_and_needs_no_key(service: InProcessService, path: str, method: str) -> None:
    answer = await service.http.request(method, path)
    assert answer.status_code == 404
    assert failure_of(answer) == Failure("NOT_FOUND")


KEYLESS: dict[str, list[bytes]] = {
    "none": [],
    "empty": [b"Authorization: "],
    "scheme alone": [b"Authorization: Bearer"],
    "blank key": [b"Authorization: Bearer   "],
    "another scheme": [b"Authorization: Basic dTpw"],
    "not ASCII": [b"Authorization: Bearer \xc3\xa9"],
    "no UTF-8": [b"Authorization: Bearer \xff"],
    "unknown": [b"Authorization: Bearer trk_0"],
}


@pytest.mark.parametrize("fields", KEYLESS.values(), ids=KEYLESS.keys())
@pytest.mark.parametrize("route", [("POST", "/log"), ("GET", "/entries"), ("DELETE", "/keys/x")], ids=" ".join)
async def test_without_a_key_it_is_401_and_the_scheme_is_named(
    service: InProcessService, route: tuple[str, str], fields: list[bytes]
) -> None:
    head = f"{route[0]} {API}{route[1]} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n".encode()
    async with connected(service.http_port) as connection:
        answer = await connection.ask(head + b"".join(field + b"\r\n" for field in fields) + b"\r\n")
        assert answer.status == 401
        assert answer.fields["www-authenticate"] == "Bearer"
        assert answer.json["error"]["code"] == "INVALID_API_KEY"
        # The connection is as good as before.
        assert (await connection.ask(request("GET", "/livez"))).status == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "])
async def test_the_scheme_is_read_in_any_case(client: Client, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {client.key}"}
    assert (await client.service.http.get(f"{API}/entries", headers=headers)).status_code == 200


async def test_a_server_key_in_the_address_is_401_whatever_it_may_do(client: Client) -> None:
    reader = await client.with_key("read")
    for key in (client.key, reader.key):
        answer = await client.service.http.post(f"{API}/log", params={"apiKey": key}, json={"message": "x"})
        assert answer.status_code == 401
        assert failure_of(answer) == Failure("INVALID_API_KEY")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_header_beats_the_address(client: Client) -> None:
    good, bad = {"Authorization": f"Bearer {client.key}"}, {"Authorization": "Bearer none"}
    browser = await client.with_key(kind="browser", origins=("*",))
    http = client.service.http
    event = {"message": "x"}
    assert (await http.post(f"{API}/log?apiKey=none", headers=good, json=event)).status_code == 200
    assert (await http.post(f"{API}/log?apiKey={browser.key}", headers=bad, json=event)).status_code == 401
    assert (await http.post(f"{API}/log?apiKey={browser.key}", json=event)).status_code == 200
    assert (await http.get(f"{API}/entries?apiKey=none", headers=good)).status_code == 200


BAD_QUERIES = {
    "level=fatal": Failure("INVALID_LEVEL", "level"),
    "level=": Failure("INVALID_LEVEL", "level"),
    "level=error,": Failure("INVALID_LEVEL", "level"),
    "from=yesterday": Failure("INVALID_TIME_RANGE", "from"),
    "from=2026-01-01T00:00:00": Failure("INVALID_TIME_RANGE", "from"),
    "from=15m": Failure("INVALID_TIME_RANGE", "from"),
    "to=-5": Failure("INVALID_TIME_RANGE", "to"),
    "to=": Failure("INVALID_TIME_RANGE", "to"),
    "from=-1h&from=-2h": Failure("INVALID_TIME_RANGE", "from"),
    "from=-1h&to=-2h": Failure("INVALID_TIME_RANGE", "from"),
    "traceId=%ff": Failure("INVALID_FILTER", "traceId"),
    "service=": Failure("INVALID_FILTER", "service"),
    "unknown=x": Failure("INVALID_FILTER", "unknown"),
    "Level=error": Failure("INVALID_FILTER", "Level"),
    "pageSize=0": Failure("INVALID_PAGE_SIZE", "pageSize"),
    "pageSize=1001": Failure("INVALID_PAGE_SIZE", "pageSize"),
    "pageSize=-1": Failure("INVALID_PAGE_SIZE", "pageSize"),
    "pageSize=ten": Failure("INVALID_PAGE_SIZE", "pageSize"),
    "pageSize=1e1": Failure("INVALID_PAGE_SIZE", "pageSize"),
    "pageSize=": Failure("INVALID_PAGE_SIZE", "pageSize"),
    "pageSize=%D9%A1": Failure("INVALID_PAGE_SIZE", "pageSize"),
    "pageToken=x": Failure("INVALID_PAGE_TOKEN", "pageToken"),
}


@pytest.mark.parametrize(("query", "failure"), BAD_QUERIES.items(), ids=BAD_QUERIES.keys())
async def test_a_parameter_that_cannot_be_is_refused_by_its_name(client: Client, query: str, failure: Failure) -> None:
    answer = await client.rest.request("GET", f"/entries?{query}")
    assert answer.status_code == 422
    assert failure_of(answer) == failure


async def test_an_attribute_may_have_any_of_several_values(client: Client) -> None:
    await client.rest.log_batch([{"message": str(number), "n": number} for number in range(5)])
    page = (await client.rest.request("GET", "/entries?attribute.n=1&attribute.n=3.0&attribute.n=x")).json()
    assert [entry["message"] for entry in page["entries"]] == ["3", "1"]


@pytest.mark.parametrize(
    "query", ["from=-15m", "from=-7d&to=-0s", "from=-1h%2030m", "to=2200-01-01T00:00:00+01:00", ""]
)
async def test_relative_and_absolute_times_are_read(client: Client, query: str) -> None:
    await client.rest.log({"message": "x"})
    page = (await client.rest.request("GET", f"/entries?{query}")).json()
    assert len(page["entries"]) == 1
    assert page.keys() == {"entries"}


async def test_a_relative_time_stays_the_same_from_page_to_page(client: Client) -> None:
    await client.rest.log_batch([{"message": str(number)} for number in range(30)])
    seen = []
    token = ""
    while True:
        page = (await client.rest.request("GET", f"/entries?from=-1h&pageSize=7{token}")).json()
        seen += [entry["message"] for entry in page["entries"]]
        if "nextPageToken" not in page:
            break
        token = f"&pageToken={page['nextPageToken']}"
    assert sorted(map(int, seen)) == list(range(30))


@pytest.mark.parametrize(("path", "logger"), [("/v1/logs", "tracking.otlp"), (f"{API}/log", "tracking.http")])
async def test_a_bug_of_ours_is_logged_once_by_the_door_it_is_met_at(
    service: InProcessService,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    path: str,
    logger: str,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with connected(service.http_port) as connection:
        with monkeypatch.context() as patch:
            patch.setattr(type(service.core.services.admission), "authenticate", broken)
            answer = await connection.ask(request("POST", path, {"Content-Type": "application/json"}, b"{}"))
    assert answer.status >= 500
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (record.name, record.getMessage()) == (logger, f"A request to {path} failed unexpectedly.")
    assert "ZeroDivisionError" in caplog.text
