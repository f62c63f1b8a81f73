"""What an organisation may choose, and what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.errors import InvalidField
from server.core.model import Level
from server.core.organisation_settings import (
    MAX_PERIOD_MILLISECONDS,
    MIN_PERIOD_MILLISECONDS,
    OrganisationSettings,
    periods_of,
    read_settings_changes,
    settings_json,
)
from server.core.retention import SHIPPED_PERIODS, Age, end_of, survey_of

_WHOLE_SECONDS = st.integers(MIN_PERIOD_MILLISECONDS // 1000, MAX_PERIOD_MILLISECONDS // 1000).map(lambda n: 1000 * n)
_CHANGES = st.fixed_dictionaries(
    {}, optional={f"retention_{level.word}": _WHOLE_SECONDS for level in Level} | {"debounce_window": st.just(90_000)}
)


@given(changes=_CHANGES)
def test_settings_that_are_told_are_read_as_the_same(changes: dict[str, int]) -> None:
    settings = OrganisationSettings().changed(changes)
    read = OrganisationSettings(read_settings_changes(settings_json(settings)))
    assert settings_json(read) == settings_json(settings)
    assert all(read.period(level) == settings.period(level) for level in Level)


@given(first=_CHANGES, second=_CHANGES)
def test_a_later_change_wins_and_leaves_the_rest(first: dict[str, int], second: dict[str, int]) -> None:
    settings = OrganisationSettings().changed(first).changed(second)
    assert settings.chosen == {**first, **second}


@pytest.mark.parametrize("value", ["0d", "", "14", "d", "1w", "-1d", 0, -1, 1e9, float("inf"), float("nan"), [], {}])
def test_a_period_that_cannot_be_is_refused(value: object) -> None:
    with pytest.raises(InvalidField) as caught:
        read_settings_changes({"retention": {"warning": value}})
    assert caught.value.field == "retention.warning"


def test_numbers_are_minutes_as_everywhere() -> None:
    assert read_settings_changes({"retention": {"info": 1440}}) == {"retention_info": MIN_PERIOD_MILLISECONDS}
    assert read_settings_changes({"retention": {"info": "2880"}}) == {"retention_info": 2 * MIN_PERIOD_MILLISECONDS}


def test_the_shortest_period_is_that_of_all_organisations() -> None:
    assert periods_of({}).shortest == SHIPPED_PERIODS[Level.INFO]
    chosen = {7: {"retention_critical": 2 * MIN_PERIOD_MILLISECONDS}, 8: {"retention_info": MAX_PERIOD_MILLISECONDS}}
    assert periods_of(chosen).shortest == 2 * MIN_PERIOD_MILLISECONDS * 1_000_000


def test_a_setting_of_a_later_version_is_left_alone() -> None:
    assert settings_json(OrganisationSettings({"tomorrow": 1})) == settings_json(OrganisationSettings())


@given(
    ages=st.lists(
        st.builds(Age, st.binary(min_size=1), st.just(1), st.sampled_from(Level), *[st.integers(0, 2**62)] * 3)
    )
)
def test_a_survey_parts_what_is_over_from_what_is_not(ages: list[Age]) -> None:
    periods, now = periods_of({}), 2**61
    survey = survey_of(ages, None, periods, now)
    assert survey.expired == [age for age in ages if end_of(age, periods) <= now]
    assert survey.due == min((end_of(age, periods) for age in ages if end_of(age, periods) > now), default=None)
    assert survey.entries == len(ages)


def test_an_open_window_is_over_no_earlier_than_it_ends() -> None:
    periods = periods_of({})
    ends = SHIPPED_PERIODS[Level.INFO]
    age = Age(b"key", 1, Level.INFO, 0, ends + 5, 1)
    assert survey_of([age], None, periods, ends + 4).due == ends + 5
    assert survey_of([age], None, periods, ends + 5).expired == [age]
