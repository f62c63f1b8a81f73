"""The counters of several processes add up to those of one."""

from hypothesis import given
from hypothesis import strategies as st

from server.core.observations import Observations
from server.core.outcomes import Outcomes
from server.core.snapshots import Gauges, Snapshot, add_snapshots, take_snapshot, without_gauges

_GAUGES = Gauges(queue_bytes=3, queue_capacity_bytes=10, store_up=True)
_HAPPENED = st.lists(
    st.tuples(st.sampled_from(("rest", "grpc")), st.sampled_from(("stored", "shed")), st.integers(0, 20_000)),
    max_size=20,
)


class Process:
    """Counts what happens to it."""

    def __init__(self) -> None:
        self.outcomes, self.observations = Outcomes(), Observations()

    def meets(self, door: str, outcome: str, milliseconds: int) -> None:
        """An event, its commit, and its request."""
        self.outcomes.count(door, "info", outcome)
        self.observations.committed(events=milliseconds, seconds=milliseconds / 1024)
        self.observations.answered(door, "log", outcome, milliseconds / 1024)

    def snapshot(self) -> Snapshot:
        """What it has counted."""
        return take_snapshot(self.outcomes, self.observations, _GAUGES)


@given(happened=_HAPPENED, processes=st.integers(1, 4))
def test_the_sum_over_processes_is_what_one_would_have_counted(
    happened: list[tuple[str, str, int]], processes: int
) -> None:
    one, several = Process(), [Process() for _ in range(processes)]
    for number, each in enumerate(happened):
        one.meets(*each)
        several[number % processes].meets(*each)
    alone, total = one.snapshot(), add_snapshots(process.snapshot() for process in several)
    assert dict(total.events) == dict(alone.events)
    assert dict(total.requests) == dict(alone.requests)
    assert (total.commit_seconds, total.commit_events) == (alone.commit_seconds, alone.commit_events)
    assert total.processes == [_GAUGES] * processes


def test_what_a_process_that_is_gone_has_counted_stays_but_not_its_queue() -> None:
    process = Process()
    process.meets("rest", "stored", 5)
    gone = without_gauges(process.snapshot())
    assert gone.events == process.snapshot().events
    assert add_snapshots([gone, process.snapshot()]).processes == [_GAUGES]
