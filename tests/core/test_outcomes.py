"""Outcomes: every event is counted once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from server.core.model import Door, Outcome
from server.core.outcomes import Outcomes

_EVENTS = st.lists(
    st.tuples(
        st.sampled_from(list(Door)),
        st.sampled_from(["", "info", "error"]),
        st.sampled_from(list(Outcome)),
        st.sampled_from(["", "rate_limited"]),
        st.integers(1, 500),
    )
)


@given(_EVENTS)
def test_counts_add_up_to_the_unit(events: list[tuple[Door, str, Outcome, str, int]]) -> None:
    outcomes, expected = Outcomes(), Counter[tuple[str, str, str, str]]()
    for door, level, outcome, reason, n in events:
        outcomes.count(door, level, outcome, reason, n)
        expected[door.value, level, outcome.value, reason] += n
    assert outcomes.snapshot() == expected


def test_an_outcome_without_reason_counts_one_event() -> None:
    outcomes = Outcomes()
    outcomes.count(Door.REST, "error", Outcome.STORED)
    assert outcomes.snapshot() == {("rest", "error", "stored", ""): 1}


def test_a_snapshot_stays_as_it_was() -> None:
    outcomes = Outcomes()
    before = outcomes.snapshot()
    outcomes.count(Door.GRPC, "info", Outcome.SHED, "overloaded", 3)
    assert before == {}
    assert sum(outcomes.snapshot().values()) == 3
