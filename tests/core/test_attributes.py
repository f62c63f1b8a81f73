"""Attributes as they are kept."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.attributes import MAX_LEVELS, pack_attributes
from server.core.errors import InvalidJson

KEYS = st.text("ab.$\0é", max_size=3)
NUMBERS = (
    st.integers(-(2**70), 2**70)
    | st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**18, 10**19])
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text('a\0"\\09', max_size=30) | st.just(Decimal("9" * 200)),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(KEYS, values, max_size=4),
    max_leaves=20,
)


def expected(value: Any, warnings: set[str]) -> Any:
    """What is kept of a value that is nowhere nested too deeply, in the plainest words."""
    if isinstance(value, dict):
        if any("\0" in key for key in value):
            warnings.add("nul_in_key")
        return {key.replace("\0", "\ufffd"): expected(member, warnings) for key, member in value.items()}
    if isinstance(value, list):
        return [expected(item, warnings) for item in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        warnings.add("number_as_text")
        return str(value)
    return value


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_what_is_kept_is_what_was_sent_but_for_what_no_store_can_carry(attributes: dict[str, Any]) -> None:
    warnings: set[str] = set()
    kept = expected(attributes, warnings)
    packed, told = pack_attributes(attributes)
    assert msgspec.json.decode(packed or b"{}") == kept
    assert told == tuple(sorted(warnings))
    # What is kept needs no second mending.
    assert pack_attributes(kept) == (packed, ())


def walk(value: Any, level: int) -> Iterator[int]:
    """The levels of all containers."""
    if isinstance(value, dict | list):
        yield level
        for member in value.values() if isinstance(value, dict) else value:
            yield from walk(member, level + 1)


@given(st.lists(st.sampled_from("[{"), min_size=1, max_size=60))
def test_no_more_than_40_levels_are_kept_and_the_rest_is_text(kinds: list[str]) -> None:
    value: Any = 5
    for kind in reversed(kinds):
        value = [value] if kind == "[" else {"a": value}
    packed, warnings = pack_attributes({"n": value})
    assert max(walk(msgspec.json.decode(packed), 1)) == min(len(kinds) + 1, MAX_LEVELS)
    assert warnings == (("nesting_as_text",) if len(kinds) >= MAX_LEVELS else ())


@pytest.mark.parametrize("levels", [512, 5000])
def test_what_is_deeper_than_json_may_be_is_refused(levels: int) -> None:
    value: Any = []
    for _ in range(levels):
        value = [value]
    with pytest.raises(InvalidJson):
        pack_attributes({"n": value})
