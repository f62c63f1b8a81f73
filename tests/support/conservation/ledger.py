"""What was issued, and what the service has answered: the truth that the store is held against."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.conservation.oracle import Event, Oracle


@dataclass(frozen=True)
class Acknowledgement:
    """The service's word for one event; a door that does not name the entry leaves it out."""

    outcome: str
    entry_id: str | None = None


class NotAcknowledged(Exception):
    """The service did not take the events, as far as the client can know."""


class Refused(NotAcknowledged):
    """It said so, and that they may be sent again."""


class NotReached(NotAcknowledged):
    """Nobody listens, or not any more."""


class CutOff(NotAcknowledged):
    """The connection ended before the answer."""


class Ledger:
    """The books of one run. All numbers count events."""

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.issued: dict[int, Event] = {}
        self.acknowledged: dict[int, Acknowledgement] = {}
        self.refused = 0
        self.cut_off = 0
        self._again: deque[Event] = deque()

    def issue(self, events: int) -> list[Event]:
        """New events."""
        first = len(self.issued)
        new = [self.oracle.event(number) for number in range(first, first + events)]
        self.issued.update((event.number, event) for event in new)
        return new

    def again(self, events: int) -> list[Event]:
        """Events that were not acknowledged yet, to be sent once more under their ids; at most this many."""
        return [self._again.popleft() for _ in range(min(events, len(self._again)))]

    def answered(self, events: Sequence[Event], answers: Sequence[Acknowledgement]) -> None:
        """The service acknowledged these; a second acknowledgement has to agree with the first."""
        for event, answer in zip(events, answers, strict=True):
            known = self.acknowledged.get(event.number)
            if known is None or known.entry_id is None:
                self.acknowledged[event.number] = answer
            if known is not None:
                assert answer.outcome == "duplicate", f"Event {event.number} was counted twice."
                assert None in (known.entry_id, answer.entry_id) or known.entry_id == answer.entry_id

    def failed(self, events: Sequence[Event], failure: NotAcknowledged) -> None:
        """The service did not acknowledge these: those with an id are to be sent again, the others stay doubtful."""
        if isinstance(failure, Refused):
            self.refused += len(events)
        elif isinstance(failure, CutOff):
            self.cut_off += len(events)
        self._again.extend(event for event in events if event.has_id and event.number not in self.acknowledged)
