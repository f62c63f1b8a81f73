"""The fields of OTLP's JSON, each read by its kind: null is absent, names may be in snake_case.

What a value cannot be is told as WrongValue, which grows its path on the way out.
"""

from typing import Any

import msgspec

from otel_bridge.values import whole_number
from server.core.errors import InvalidJson
from server.core.json_text import decode_json

_LONGEST_PATH = 300


class WrongValue(Exception):
    """A value that cannot be: the problem, and the path to it, which grows from inside out."""

    def __init__(self, problem: str, *path: str) -> None:
        self.problem = problem
        self.path = list(path)
        super().__init__(problem)

    def under(self, *steps: str | int) -> "WrongValue":
        """The same, seen from outside: `steps` are names and indices, the outermost first."""
        self.path[:0] = [step if isinstance(step, str) else f"[{step}]" for step in steps]
        return self

    @property
    def place(self) -> str:
        """The path as people write it: `resourceLogs[0].scopeLogs[0]`."""
        place = "".join(step if step.startswith("[") else f".{step}" for step in self.path).lstrip(".")
        return place if len(place) <= _LONGEST_PATH else place[:_LONGEST_PATH] + "…"


def member(owner: dict[str, Any], name: str, snake_name: str) -> Any:
    """A member by either of its names; None where it is absent."""
    value = owner.get(name)
    return owner.get(snake_name) if value is None else value


def text(owner: dict[str, Any], name: str, snake_name: str) -> str:
    """A string; absent is empty."""
    value = member(owner, name, snake_name)
    if value is None:
        return ""
    if type(value) is str:
        return value
    raise WrongValue("must be a string", name)


def unsigned(owner: dict[str, Any], name: str, snake_name: str, bits: int) -> int:
    """A whole number of so many bits, as a number or as text; absent is 0."""
    value = member(owner, name, snake_name)
    if value is None:
        return 0
    number = whole_number(value)
    if number is None or not 0 <= number < 1 << bits:
        raise WrongValue(f"must be a whole number from 0 to {(1 << bits) - 1}, as a number or as text", name)
    return number


def raw_members(text: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The members of an object, none of them decoded: what nobody asks for stays text. Raises InvalidJson."""
    try:
        return _decode_members(text)
    except msgspec.ValidationError:
        raise WrongValue("must be an object") from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # In our words.
        decode_json(bytes(text))
        raise InvalidJson from None


def raw_member(owner: dict[str, msgspec.Raw], name: str, snake_name: str) -> msgspec.Raw | None:
    """A member by either of its names, not decoded; None where it is absent."""
    for key in (name, snake_name):
        raw = owner.get(key)
        if raw is not None and not is_null(raw):
            return raw
    return None


def raw_elements(owner: dict[str, msgspec.Raw], name: str, snake_name: str) -> list[msgspec.Raw]:
    """The elements of an array, not decoded; absent is none at all."""
    raw = raw_member(owner, name, snake_name)
    if raw is None:
        return []
    try:
        return _decode_elements(raw)
    except msgspec.ValidationError:
        raise WrongValue("must be an array", name) from None


def is_null(raw: msgspec.Raw) -> bool:
    """Whether it says that there is nothing."""
    return len(memoryview(raw)) == 4 and bytes(raw) == b"null"


def decoded_members(owner: dict[str, msgspec.Raw], *names: str) -> dict[str, Any]:
    """Some members of an object, decoded. Raises InvalidJson."""
    return {name: decode_json(bytes(owner[name])) for name in names if name in owner}


def inner_object(owner: dict[str, Any], name: str) -> dict[str, Any]:
    """An object; absent is an empty one."""
    value = owner.get(name)
    if value is None:
        return {}
    if type(value) is dict:
        return value
    raise WrongValue("must be an object", name)


_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
