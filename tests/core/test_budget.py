"""The byte budget holds whatever is asked of it, in any order."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.budget import ByteBudget
from server.core.errors import Overloaded

CAPACITY = 100


def test_what_is_larger_than_the_budget_is_admitted_only_while_nothing_else_is_held() -> None:
    budget = ByteBudget(CAPACITY)
    budget.reserve(CAPACITY + 1)
    with pytest.raises(Overloaded):
        budget.reserve(1)
    budget.release(CAPACITY + 1)
    budget.reserve(1)
    with pytest.raises(Overloaded):
        budget.reserve(CAPACITY)


def test_a_lease_may_outgrow_the_budget_only_while_nothing_else_is_held() -> None:
    budget = ByteBudget(CAPACITY)
    with budget.lease() as lease:
        lease.grow(CAPACITY)
        lease.grow(CAPACITY)
        with pytest.raises(Overloaded), budget.lease() as other:
            other.grow(1)
    assert budget.used == 0


def test_a_lease_gives_everything_back_however_it_ends() -> None:
    budget = ByteBudget(CAPACITY)
    for size in (7, CAPACITY, 0):
        with suppress(ZeroDivisionError), budget.lease() as lease:
            lease.grow(size)
            raise ZeroDivisionError
        assert budget.used == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 150)), max_size=40))
def test_leases_share_the_budget_and_never_lose_a_byte(growths: list[tuple[int, int]]) -> None:
    budget = ByteBudget(CAPACITY)
    leases = [budget.lease() for _ in range(4)]
    for index, size in growths:
        held = [lease.held for lease in leases]
        try:
            leases[index].grow(size)
        except Overloaded:
            assert [lease.held for lease in leases] == held
            assert sum(held) + size > CAPACITY
        assert budget.used == sum(lease.held for lease in leases)
        holders = [lease for lease in leases if lease.held]
        assert budget.used <= CAPACITY or len(holders) == 1
    for lease in leases:
        with lease:
            pass
    assert budget.used == 0
