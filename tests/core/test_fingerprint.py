"""The fingerprint: which events are one group."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core import fingerprint
from server.core.fingerprint import group_id, title
from server.core.normaliser import mask

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def group(
    message: str = "m", *, service: str | None = None, component: str | None = None, own: str | None = None
) -> str:
    return group_id(service=service, component=component, message=message, fingerprint=own)


def test_a_group_is_32_lower_case_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{32}", group("Payment 7 failed", service="checkout"))


def test_a_group_keeps_its_id_over_releases() -> None:
    assert group("Payment 7 failed", service="checkout") == "295c02a792137c48891c861566d905a1"


def test_messages_that_differ_in_values_are_one_group() -> None:
    assert group("order 1 of a@b.example") == group("order 25000233 of john@shop.example")
    assert group("order failed") != group("order refunded")


def test_sources_keep_equal_messages_apart() -> None:
    assert len({group(), group(service="a"), group(service="b"), group(component="c")}) == 4


def test_the_component_counts_only_without_a_service() -> None:
    assert group(service="a", component="b") == group(service="a", component="c")
    assert group(component="b") != group(component="c")


@pytest.mark.parametrize("service", [None, "", "unknown_service", "unknown_service:java"])
def test_an_unknown_service_is_none(service: str | None) -> None:
    assert group(service=service, component="c") == group(component="c")


def test_a_service_may_be_called_nearly_unknown() -> None:
    assert group(service="unknown_services") != group()


def test_the_clients_own_fingerprint_replaces_the_message_alone() -> None:
    assert group("one", own="f") == group("other", own="f")
    assert group(own="f1") != group(own="f2")
    assert group(own="f", service="a") != group(own="f", service="b")
    assert group("f") != group(own="f")


@given(st.lists(st.tuples(_TEXTS.filter(bool), _TEXTS.filter(bool)), min_size=2, max_size=2, unique=True))
def test_no_two_fingerprints_share_a_group(pairs: list[tuple[str, str]]) -> None:
    (service, own), (other_service, other_own) = pairs
    assert group(service=service, own=own) != group(service=other_service, own=other_own)


@given(_TEXTS, st.text(st.characters(exclude_categories=["Cs"])))
def test_a_remembered_group_is_the_computed_one(service: str, message: str) -> None:
    computed = fingerprint._message_group(service, mask(message))
    assert group(message, service=service) == computed
    assert group(message, service=service) == computed


def test_a_storm_of_numbers_is_computed_once() -> None:
    fingerprint._remembered_group.cache_clear()
    for number in range(10_000, 20_000):
        group(f"storm of order {number}")
    assert fingerprint._remembered_group.cache_info().misses == 1


def test_long_messages_are_grouped_and_not_remembered() -> None:
    before = fingerprint._remembered_group.cache_info().currsize
    assert group("a" * 100_000 + "7") == group("a" * 100_000 + "8")
    assert fingerprint._remembered_group.cache_info().currsize == before


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Payment failed", "Payment failed"),
        ("\n\n  Payment failed  \r\n  at line 3", "Payment failed"),
        ("x" * 200, "x" * 200),
        ("x" * 1_000_000, "x" * 199 + "…"),
        ("", ""),
    ],
    ids=["line", "lines", "longest", "too long", "nothing"],
)
def test_a_title_is_the_first_line_and_short(message: str, expected: str) -> None:
    assert title(message) == expected
