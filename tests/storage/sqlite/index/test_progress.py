"""How far the index is behind, and whom that lets wait."""

import pytest

from server.storage.sqlite.index.progress import CALM_ENTRIES, LONGEST_WAIT_SECONDS, Progress
from tests.support.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> Progress:
    return Progress(clock)


def test_what_is_not_indexed_is_counted_and_grows_older(progress: Progress, clock: Clock) -> None:
    progress.committed(3)
    clock.seconds += 1
    progress.observe(0, 2, is_complete=True)
    progress.committed(4)
    clock.seconds += 1
    assert (progress.gauges().lag_seconds, progress.gauges().pending_entries) == (2.0, 3)
    progress.observe(2, 5, is_complete=True)
    assert (progress.gauges().lag_seconds, progress.gauges().pending_entries) == (1.0, 4)
    progress.observe(4, 5, is_complete=True)
    assert progress.gauges().pending_entries == 4
    progress.observe(5, 5, is_complete=True)
    assert (progress.gauges().lag_seconds, progress.gauges().pending_entries) == (0.0, 0)


@pytest.mark.parametrize(
    ("watermark", "last", "is_complete", "has_work"),
    [(0, 0, False, False), (0, 0, True, False), (7, 7, True, False), (7, 7, False, True), (6, 7, True, True)],
)
def test_there_is_work_until_everything_is_indexed(
    progress: Progress, watermark: int, last: int, is_complete: bool, has_work: bool
) -> None:
    progress.observe(watermark, last, is_complete=is_complete)
    assert progress.has_work is has_work


def test_bulk_waits_for_an_index_that_is_far_behind(progress: Progress) -> None:
    progress.observe(1, 1, is_complete=True)
    progress.committed(CALM_ENTRIES)
    assert progress.pressure_seconds(4_000) == 0.0
    progress.committed(CALM_ENTRIES)
    progress.observe(2, 9, is_complete=True)
    some = progress.pressure_seconds(1_000)
    progress.committed(10 * CALM_ENTRIES)
    full = progress.pressure_seconds(1_000)
    assert 0.0 < some < full
    assert progress.pressure_seconds(1) < 0.001
    assert progress.pressure_seconds(10**6) == LONGEST_WAIT_SECONDS
    progress.observe(9, 9, is_complete=True)
    assert progress.pressure_seconds(4_000) == 0.0


def test_nobody_waits_for_an_index_that_stands_still(progress: Progress, clock: Clock) -> None:
    progress.observe(1, 1, is_complete=True)
    progress.committed(100 * CALM_ENTRIES)
    progress.observe(1, 9, is_complete=True)
    assert progress.pressure_seconds(1_000) > 0.0
    clock.seconds += 11
    assert progress.pressure_seconds(1_000) == 0.0
