"""Entries and filters from so few words and values that many of them meet."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from server.core.model import Entry, Level, Notification, RecordDetails
from server.core.query import Comparison, Condition, EntryFilter, make_filter

TRACES = ("0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736")
LONG_TEXT = "the customer's card was declined by provider 7 at last"
WORDS = ["pay", "Payment", "pay2", "25", "2x", "x_1", "failed", "STRASSE", "straße", "İs", "a" * 45, "a" * 45 + "1"]
TEXTS = [
    "shop",
    "Shop",
    "shop page",
    "E1",
    "5",
    "-x",
    'say "hi"',
    "a,b",
    "back\\slash",
    "*",
    "1..2",
    ">5",
    "é:ü",
    "x\ny",
]
SCALARS: list[Any] = [
    5,
    5.0,
    5.5,
    -7,
    0,
    1e300,
    2**63 - 1,
    True,
    False,
    None,
    "5",
    "5.0",
    "true",
    "",
    LONG_TEXT,
    *TEXTS,
]
NAMES = ["a", "b", "a.b", "", ".", "level", "attribute.x", "http.status", "two words", "a:b", "-n", "Größe"]

_texts = st.sampled_from(TEXTS)
_names = st.sampled_from(NAMES)
_scalars = st.sampled_from(SCALARS) | st.integers(-10, 10) | st.floats(allow_nan=False, allow_infinity=False)
_sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).flatmap(
    lambda words: st.sampled_from([" ", "=", ", ", "-"]).map(lambda separator: separator.join(words))
)
_values = st.recursive(
    _scalars | _sentences,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=5,
)
_objects = st.dictionaries(_names, _values, max_size=4)


def packed(value: Any) -> bytes:
    """Compact JSON."""
    return msgspec.json.encode(value)


def entry(message: str = "m", attributes: Any = None, **fields: Any) -> Entry:
    """An entry; `attributes` as Python has them."""
    times = dict.fromkeys(("event_time", "receive_time", "first_event_time", "last_event_time", "expire_time"), 1_000)
    given = {"level": Level.INFO, "group_id": "0" * 32, "door": "rest", **times, **fields}
    return Entry(
        id="1",
        organisation="default",
        message=message,
        event_count=1,
        notification=Notification(None, "not_sent", "no_channel"),
        attributes=packed(attributes) if attributes else b"",
        **given,
    )


_records = st.builds(
    RecordDetails,
    body=st.just(b"") | _values.map(packed),
    resource=st.just(b"") | _objects.map(lambda attributes: packed({"attributes": attributes, "schemaUrl": "pay"})),
)
ENTRIES = st.builds(
    entry,
    _sentences,
    _objects,
    level=st.sampled_from(Level),
    service=st.none() | _texts,
    component=st.none() | _texts,
    code=st.none() | _texts,
    environment=st.none() | _texts,
    trace_id=st.none() | st.sampled_from(TRACES),
    group_id=st.sampled_from(["0" * 32, "f" * 32]),
    debounce_key=st.none() | _texts,
    record=st.none() | _records,
    event_time=st.integers(990, 1_010),
)
"""Entries of all kinds."""

_phrases = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(["pa*", "pay*", "25*", "2*", "x_1*", "f*", "a" * 42 + "*", "pay2*", "payment=fa*"]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(lambda words: f'"{" ".join(words)}"'),
)
QUERIES = st.lists(_phrases, min_size=1, max_size=3).map(" ".join)
"""Texts of `q`."""


def _some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=1, max_size=2)


_value_texts = _texts | st.sampled_from(["5", "5.0", "5e0", "true", "null", "", "1e300", LONG_TEXT, "5." + "0" * 50])
_numbers = st.sampled_from([5, 5.5, -7, 0, 1e300]) | st.integers(-10, 10)
_equal = st.builds(Comparison, st.just("="), _value_texts)
_comparisons = st.one_of(
    _equal,
    st.just(Comparison("*")),
    st.builds(Comparison, st.sampled_from([">", ">=", "<", "<="]), _numbers | _texts),
    st.tuples(_numbers, _numbers).map(lambda pair: Comparison("..", min(pair), max(pair))),
)


def _conditions(fields: st.SearchStrategy[str], values: st.SearchStrategy[Comparison]) -> st.SearchStrategy[Condition]:
    return st.builds(Condition, fields, _some(values).map(tuple), st.booleans())


_field_values = st.just(Comparison("*")) | st.builds(Comparison, st.just("="), _texts)
CONDITIONS = st.one_of(
    _conditions(_names.map("attribute.{}".format), _comparisons),
    _conditions(st.sampled_from(["service", "component", "code", "environment", "debounceKey"]), _field_values),
    _conditions(st.just("traceId"), st.builds(Comparison, st.just("="), st.sampled_from(TRACES))),
    _conditions(st.just("level"), st.builds(Comparison, st.just("="), st.sampled_from([one.word for one in Level]))),
    _conditions(st.just("q"), st.builds(Comparison, st.just("="), QUERIES)),
)
"""Conditions of all kinds."""

_CRITERIA: dict[str, st.SearchStrategy[Any]] = {
    "levels": _some(st.sampled_from(Level)),
    "service": _some(_texts),
    "component": _some(_texts),
    "code": _some(_texts),
    "environment": _some(_texts),
    "trace_id": _some(st.sampled_from(TRACES)),
    "group_id": _some(st.sampled_from(["0" * 32, "f" * 32])),
    "debounce_key": _some(_texts),
    "attributes": st.dictionaries(_names, _some(_value_texts), min_size=1, max_size=2),
    "q": _some(QUERIES),
    "conditions": _some(CONDITIONS),
    "from_time": st.integers(990, 1_000),
    "to_time": st.integers(1_000, 1_010),
}


def _filters(names: list[str]) -> st.SearchStrategy[EntryFilter]:
    chosen = st.fixed_dictionaries({name: _CRITERIA[name] for name in names})
    return chosen.map(lambda criteria: make_filter(**criteria))


FILTERS = st.lists(st.sampled_from(sorted(_CRITERIA)), min_size=1, max_size=3, unique=True).flatmap(_filters)
"""Filters that ask for up to three things."""
