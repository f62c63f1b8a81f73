"""`/openapi.json` says what the door has: its routes, its codes, its fields."""

import json
import re
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from server.http_api import answers, statistics_answers
from server.http_api.app import build_app
from server.http_api.events import _KNOWN as KNOWN_FIELDS
from server.transport.http.statuses import STATUS
from tests.support.error_codes import answered_codes
from tests.support.fixtures import IN_SESSION
from tests.support.in_process import InProcessService
from tests.support.openapi import DOCUMENT, SCHEMAS, complaints, operations, resolve, shown_values


@IN_SESSION
async def test_every_route_of_the_door_is_in_the_document_and_no_other(service: InProcessService) -> None:
    app = build_app(service.core.services, "routes-of-the-document")
    routes = {
        (method, re.sub("<[^>]*>", "{}", f"/{route.path}"))
        for route in app.router.routes
        for method in route.methods
        # By HTTP's own definition it is GET without the body.
        if method != "HEAD"
    }
    documented = {(operation.method, re.sub("{[^}]*}", "{}", operation.path)) for operation in operations()}
    assert documented == routes


def test_operations_have_names_of_their_own_and_references_lead_somewhere() -> None:
    names = [operation.id for operation in operations()]
    assert len(names) == len(set(names))
    for reference in set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT))):
        resolve({"$ref": reference})


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(("schema", "value"), [pytest.param(*rest, id=name) for name, *rest in shown_values()])
def test_every_example_fits_its_schema(schema: dict[str, Any], value: Any) -> None:
    assert complaints(schema, value) == []


def test_the_list_of_codes_is_that_of_the_code() -> None:
    assert set(SCHEMAS["ErrorCode"]["enum"]) == set(answered_codes())


def test_every_code_stands_at_the_status_it_is_answered_with() -> None:
    responses = [(status, resolve(value)) for op in operations() for status, value in op.value["responses"].items()]
    documented = {
        (code, int(status))
        for status, response in responses
        for code in re.findall(r"`([A-Z_]+)`", response["description"])
        # HTTP's own 408 has no code of its own.
        if status != "408"
    }
    # 405 is answered before an operation is found.
    documented.add(("METHOD_NOT_ALLOWED", 405))
    assert documented == {(code, int(STATUS[row_of(cls)])) for code, cls in answered_codes().items()}


def row_of(cls: type[Exception]) -> Any:
    return next(row for row in cls.__mro__ if row in STATUS)


def test_an_events_fields_are_those_of_the_code() -> None:
    assert set(SCHEMAS["LogEvent"]["properties"]) == KNOWN_FIELDS


@pytest.mark.parametrize(
    ("name", "structure"),
    [
        ("Entry", answers._EntryBody),
        ("Sample", answers._SampleBody),
        ("Notification", answers._NotificationBody),
        ("BatchAnswer", answers._BatchBody),
        ("EntryList", answers._PageBody),
        ("Histogram", statistics_answers._HistogramBody),
        ("Bucket", statistics_answers._BucketBody),
        ("Facets", statistics_answers._FacetsBody),
        ("Group", statistics_answers._GroupBody),
        ("GroupList", statistics_answers._GroupPageBody),
    ],
)
def test_an_answers_fields_are_those_of_the_code(name: str, structure: type[msgspec.Struct]) -> None:
    fields = msgspec.structs.fields(structure)
    assert set(SCHEMAS[name]["properties"]) == {field.encode_name for field in fields}
    assert set(SCHEMAS[name]["required"]) == {field.encode_name for field in fields if field.required}
