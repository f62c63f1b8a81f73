"""`/openapi.json` as tests read it: its operations, its examples, and whether a value is what it says."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

import httpx
from jsonschema import Draft202012Validator

DOCUMENT = json.loads(files("server.http_api").joinpath("openapi.json").read_bytes())
COMPONENTS = DOCUMENT["components"]
SCHEMAS = COMPONENTS["schemas"]
_NEEDS_A_PARAMETER = frozenset({"deleteEntries"})
_METHODS = ("get", "post", "put", "patch", "delete")


class Operation(NamedTuple):
    """A method of an address, with everything said of it in one place."""

    method: str
    path: str
    value: dict[str, Any]

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.value["operationId"])


class Example(NamedTuple):
    """A request that the document shows."""

    operation: Operation
    name: str
    media_type: str | None = None
    body: Any = None
    query: dict[str, Any] = {}  # noqa: RUF012 - never changed
    headers: dict[str, str] = {}  # noqa: RUF012

    @property
    def id(self) -> str:
        """What a test calls it."""
        return f"{self.operation.id} {self.media_type or 'query'} {self.name}"


def resolve(value: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to; anything else as it is."""
    while "$ref" in value:
        target: Any = DOCUMENT
        for step in value["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        value = target
    return value


def operations() -> Iterator[Operation]:
    """All of them, in the document's order."""
    for path, item in DOCUMENT["paths"].items():
        for method in _METHODS:
            if method in item:
                parameters = item.get("parameters", []) + item[method].get("parameters", [])
                yield Operation(method.upper(), path, {**item[method], "parameters": parameters})


def request_examples() -> Iterator[Example]:
    """Every body, and every parameter alone; not of answers without end, whose parameters are those of lists."""
    for operation in operations():
        if "text/event-stream" in resolve(operation.value["responses"].get("200", {})).get("content", {}):
            continue
        contents = operation.value.get("requestBody", {}).get("content", {})
        for media_type, content in contents.items():
            for name, example in content["examples"].items():
                yield Example(operation, name, media_type, example["value"])
        if not contents and operation.id not in _NEEDS_A_PARAMETER:
            yield Example(operation, "plain")
        for parameter in map(resolve, operation.value["parameters"]):
            yield from _parameter_examples(operation, parameter)


def _parameter_examples(operation: Operation, parameter: dict[str, Any]) -> Iterator[Example]:
    if "example" not in parameter:
        return
    name, value = parameter["name"], parameter["example"]
    if parameter["in"] == "query":
        yield Example(operation, name, query=value if isinstance(value, dict) else {name: value})
    elif parameter["in"] == "header":
        _, content = next(iter(operation.value["requestBody"]["content"].items()))
        body = next(iter(content["examples"].values()))["value"]
        yield Example(operation, name, "application/json", body, headers={name: value})


def shown_values() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every body and header that the document shows: a name, its schema, its value."""
    for operation in operations():
        for body in [operation.value.get("requestBody", {}), *map(resolve, operation.value["responses"].values())]:
            for media_type, content in body.get("content", {}).items():
                for name, example in content.get("examples", {}).items():
                    yield f"{operation.id} {media_type} {name}", content["schema"], _decoded(content, example["value"])
    for name, header in COMPONENTS["headers"].items():
        if "example" in header:
            yield name, header["schema"], header["example"]


def _decoded(content: dict[str, Any], value: Any) -> Any:
    """JSON that is shown as the text it is sent as."""
    return json.loads(value) if "$ref" in content["schema"] and isinstance(value, str) else value


def complaints(schema: dict[str, Any], value: Any) -> list[str]:
    """Why a value does not fit a schema."""
    validator = Draft202012Validator({**schema, "components": COMPONENTS})
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def differences(operation: Operation, answer: httpx.Response) -> list[str]:
    """What an answer has that the document does not say, and what it lacks."""
    if str(answer.status_code) not in operation.value["responses"]:
        return [f"{answer.status_code} is not documented"]
    response = resolve(operation.value["responses"][str(answer.status_code)])
    headers = {name.lower(): resolve(header) for name, header in response.get("headers", {}).items()}
    missing = [name for name, header in headers.items() if header.get("required") and name not in answer.headers]
    unknown = [name for name in answer.headers if _is_ours(name) and name not in headers]
    found = [f"{name} is missing" for name in missing] + [f"{name} is not documented" for name in unknown]
    return found + _body_differences(response.get("content", {}), answer)


def _body_differences(contents: dict[str, Any], answer: httpx.Response) -> list[str]:
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if media_type not in contents:
        return [f"{media_type} is not documented"] if answer.content else []
    value = answer.json() if media_type == "application/json" else answer.text
    return complaints(contents[media_type]["schema"], value)


def _is_ours(name: str) -> bool:
    return name.startswith(("tracking-", "x-ratelimit-", "retry-after"))
