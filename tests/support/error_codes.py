"""The error codes that the code can answer with, found in the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

from server.core import errors, ports
from server.core.errors import Refused, TrackingError

_SERVER = Path(__file__).parents[2] / "server"
_ROOMS = ("core", "transport", "http_api", "grpc_api", "storage")
_NEVER_ANSWERED: tuple[type[TrackingError], ...] = (Refused, ports.StoreBroken)
"""One line for the operator, and the end of the process."""


def answered_codes() -> dict[str, type[TrackingError]]:
    """Each code, with the class whose row in the doors' tables it goes by."""
    own = {cls.code: cls for cls in reversed(_classes(TrackingError)) if cls not in _NEVER_ANSWERED}
    return own | dict(_codes_at_calls())


def _classes(cls: type[TrackingError]) -> list[type[TrackingError]]:
    return [cls, *(found for sub in cls.__subclasses__() for found in _classes(sub))]


def _codes_at_calls() -> Iterator[tuple[str, type[TrackingError]]]:
    """`InvalidField(…, code="INVALID_LEVEL")`, wherever one is made."""
    for room in _ROOMS:
        for path in sorted((_SERVER / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield from _code_at(node, node.func.id)


def _code_at(call: ast.Call, name: str) -> Iterator[tuple[str, type[TrackingError]]]:
    cls = getattr(errors, name, None)
    for keyword in call.keywords:
        if cls is not None and keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
            yield str(keyword.value.value), cls
