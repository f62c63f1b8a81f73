"""What the workers of a service leave for one another."""

import asyncio
from pathlib import Path

from server.bootstrap.board import Board, Place
from server.core.observations import Observations
from server.core.outcomes import Outcomes
from server.core.snapshots import Gauges, Snapshot, take_snapshot, without_gauges
from tests.support.waiting import until

GAUGES = Gauges(queue_bytes=3, queue_capacity_bytes=10, store_up=True)


def snapshot(events: int) -> Snapshot:
    outcomes = Outcomes()
    outcomes.count("rest", "info", "stored", n=events)
    return take_snapshot(outcomes, Observations(), GAUGES)


def total_of(board: Board) -> Snapshot:
    """The sum as another worker tells it, which has counted nothing."""
    return Place(board, 100).total(without_gauges(snapshot(0)))


def events(total: Snapshot) -> int:
    return sum(count for _, count in total.events)


def test_whoever_is_asked_tells_the_sum_with_its_own_as_it_is_now(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.post(0, snapshot(1))
    board.post(1, snapshot(2))
    total = Place(board, 1).total(snapshot(5))
    assert (events(total), len(total.processes), total.worker_restarts) == (6, 2, 0)


def test_what_a_worker_counted_outlives_it(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.post(0, snapshot(1))
    board.bury(0, restarts=1)
    board.bury(1, restarts=2)
    board.post(2, snapshot(2))
    total = total_of(board)
    assert (events(total), len(total.processes), total.worker_restarts) == (3, 1, 2)


async def test_a_worker_leaves_its_counters_by_itself_and_at_its_end(tmp_path: Path) -> None:
    board = Board(tmp_path)
    counted = 1

    async with Place(board, 0).kept(lambda: snapshot(counted)):
        await until(lambda: events(total_of(board)) == 1)
        counted = 2
        await until(lambda: events(total_of(board)) == 2)
        counted = 3
    assert events(total_of(board)) == 3


async def test_a_board_that_cannot_be_written_to_keeps_nobody_from_serving(tmp_path: Path) -> None:
    place = Place(Board(tmp_path / "gone"), 0)
    async with place.kept(lambda: snapshot(1)):
        await asyncio.sleep(0)
    assert events(place.total(snapshot(1))) == 1
