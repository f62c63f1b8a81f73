"""The tables of docs/api.md say what the code says."""

import re
from http import HTTPStatus

from server.core.attributes import MAX_LEVELS
from server.core.errors import Retryable
from server.core.fields import MAX_TEXT_LENGTH
from server.core.ingest import MAX_BATCH_EVENTS
from server.core.instants import EARLIEST, LATEST, format_rfc3339
from server.core.intervals import MAX_INTERVAL_MILLISECONDS, MIN_INTERVAL_MILLISECONDS
from server.core.json_text import MAX_JSON_DEPTH
from server.core.model import NANOSECONDS_PER_SECOND, Level
from server.core.query import MAX_PAGE_SIZE
from server.core.query.filters import MAX_NAME_DOTS, MAX_VALUE_LENGTH, MAX_VALUES
from server.core.retention import EVENT_ID_NANOSECONDS, SHIPPED_PERIODS
from server.settings import SETTINGS
from server.transport.grpc_status import CODE
from server.transport.http.cors import EXPOSED_HEADERS
from server.transport.http.statuses import STATUS
from tests.support.documents import ROOT, code_in, rows_of
from tests.support.error_codes import answered_codes
from tests.support.openapi import SCHEMAS, operations, resolve

DOCUMENT = ROOT / "docs" / "api.md"
NOT_OVER_GRPC = {"INVALID_JSON", "METHOD_NOT_ALLOWED", "UNSUPPORTED_MEDIA_TYPE"}


def first_column(heading: str) -> set[str]:
    return {name for row in rows_of(DOCUMENT, heading) for name in code_in(row[0])}


def test_the_fields_of_an_event_are_those_of_the_code() -> None:
    assert first_column("## Log an event") == SCHEMAS["LogEvent"]["properties"].keys()


def test_the_fields_of_an_entry_are_those_of_the_code() -> None:
    assert first_column("### An entry") == SCHEMAS["Entry"]["properties"].keys()


def test_the_values_that_are_listed_of_an_entry_are_those_of_the_code() -> None:
    rows = {name: row[1] for row in rows_of(DOCUMENT, "### An entry") for name in code_in(row[0])}
    assert set(code_in(rows["warnings"])) == set(SCHEMAS["Entry"]["properties"]["warnings"]["items"]["enum"])
    notification = SCHEMAS["Notification"]["properties"]
    reasons = {*notification["decision"]["enum"], *notification["reason"]["enum"]}
    assert set(code_in(rows["notification"])) == notification.keys() | reasons | {"sendNotification"}
    days = [int(number) for number in re.findall(r"\b(\d+)\b(?: days)? for", rows["expireTime"])]
    assert days == [SHIPPED_PERIODS[level] // (86_400 * NANOSECONDS_PER_SECOND) for level in Level]


def test_the_headers_are_those_that_a_page_may_read() -> None:
    assert first_column("## What comes back") == set(EXPOSED_HEADERS.split(", "))


def test_the_parameters_are_those_of_the_code() -> None:
    (listing,) = [operation for operation in operations() if operation.id == "listEntries"]
    parameters = {parameter["name"] for parameter in map(resolve, listing.value["parameters"])}
    assert first_column("## Read entries") == parameters - {"attributes"} | {"attribute.NAME"}


def test_the_addresses_are_those_of_the_door() -> None:
    documented = {request for row in rows_of(DOCUMENT, "## API keys") for request in code_in(row[0])}
    documented |= {f"GET {address}" for address in first_column("## Operation")}
    text = DOCUMENT.read_text()
    documented |= set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /api/v1/tracking/[^`?]*)`", text))
    assert documented == {f"{operation.method} {operation.path}" for operation in operations()}


def test_the_codes_and_their_statuses_are_those_of_the_doors() -> None:
    documented = {
        code: (status, rpc, again)
        for codes, status, rpc, again in rows_of(DOCUMENT, "## Errors")
        for code in code_in(codes)
    }
    assert documented == {code: row_of(code, cls) for code, cls in answered_codes().items()}


def row_of(code: str, cls: type[Exception]) -> tuple[str, str, str]:
    status: HTTPStatus = next(STATUS[row] for row in cls.__mro__ if row in STATUS)
    rpc = "–" if code in NOT_OVER_GRPC else next(CODE[row] for row in cls.__mro__ if row in CODE).name
    return str(int(status)), rpc, "yes" if issubclass(cls, Retryable) else "no"


def test_the_limits_are_those_of_the_code() -> None:
    defaults = {setting.variable: setting.shown_default.replace("MiB", " MiB") for setting in SETTINGS}
    values = [value for _, value in rows_of(DOCUMENT, "## Limits")]
    assert values == [
        f"{defaults['TRACKING_MAX_EVENT_BYTES']} (`TRACKING_MAX_EVENT_BYTES`)",
        f"{defaults['TRACKING_MAX_REQUEST_BYTES']} (`TRACKING_MAX_REQUEST_BYTES`)",
        f"{MAX_BATCH_EVENTS:,}",
        f"{MAX_TEXT_LENGTH} characters",
        str(MAX_LEVELS),
        str(MAX_JSON_DEPTH),
        f"{MIN_INTERVAL_MILLISECONDS // 1000} s to {MAX_INTERVAL_MILLISECONDS // 3_600_000} h",
        f"{EVENT_ID_NANOSECONDS // (3600 * NANOSECONDS_PER_SECOND)} h",
        f"{MAX_PAGE_SIZE:,}",
        str(MAX_VALUES),
        f"{MAX_VALUE_LENGTH:,}",
        str(MAX_NAME_DOTS),
        f"{format_rfc3339(EARLIEST)[:10]} to {format_rfc3339(LATEST)[:10]}",
    ]
