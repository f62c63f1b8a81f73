"""What a store must answer, told as simply as can be: lists, dictionaries, and no file."""

from server.core.model import LogEvent, Outcome, Receipt, Request, Submission
from tests.support.stores import HOUR

_SAMPLE_NUMBERS = (2, 3, 10, 100, 1000)


REPEATED = Receipt(Outcome.DUPLICATE, "", 0)
"""For an event of a repeated request, whatever entry a store names."""


class ReferenceEntry:
    """An entry and what was added to it."""

    def __init__(self, number: int, submission: Submission, window_end: int | None) -> None:
        event = submission.event
        self.number = number
        self.opener = submission
        self.window_end = window_end
        self.count = event.event_count
        self.first, self.last = _times(submission)
        self.last_received = submission.receive_time
        self.requests = [event.send_notification]
        self.samples: list[tuple[int, LogEvent]] = []

    def add(self, submission: Submission) -> None:
        event = submission.event
        before = self.count
        self.count += event.event_count
        if any(before < number <= self.count for number in _SAMPLE_NUMBERS):
            self.samples.append((self.count, event))
        first, last = _times(submission)
        self.first, self.last = min(self.first, first), max(self.last, last)
        self.last_received = max(self.last_received, submission.receive_time)
        self.requests.append(event.send_notification)

    @property
    def requested(self) -> bool | None:
        said = [request for request in self.requests if request is not None]
        return any(said) if said else None


class ReferenceStore:
    """Entries are named by the number of their arrival."""

    def __init__(self) -> None:
        self.entries: list[ReferenceEntry] = []
        self._windows: dict[bytes, ReferenceEntry] = {}
        self._ids: dict[bytes, tuple[ReferenceEntry, int]] = {}
        self._requests: dict[bytes, Request] = {}

    def commit(self, batch: list[Submission], now: int) -> list[Receipt]:
        return [self._commit(submission, now) for submission in batch]

    def _commit(self, submission: Submission, now: int) -> Receipt:
        request = submission.request
        if request is not None and self._requests.setdefault(request.id_hash, request) is not request:
            return REPEATED
        known = self._ids.get(submission.id_hash) if submission.id_hash is not None else None
        if known is not None and now < known[1] + 24 * HOUR:
            return Receipt(Outcome.DUPLICATE, str(known[0].number), known[0].count)
        entry, outcome = self._place(submission, now)
        if submission.id_hash is not None:
            self._ids[submission.id_hash] = entry, now
        return Receipt(outcome, str(entry.number), entry.count)

    def _place(self, submission: Submission, now: int) -> tuple[ReferenceEntry, Outcome]:
        window = submission.window
        if window is not None:
            opened = self._windows.get(window.identity)
            if opened is not None and opened.window_end is not None and now < opened.window_end:
                opened.add(submission)
                return opened, Outcome.DEBOUNCED
        entry = ReferenceEntry(len(self.entries), submission, None if window is None else now + window.interval)
        self.entries.append(entry)
        if window is not None:
            self._windows[window.identity] = entry
        return entry, Outcome.STORED


def _times(submission: Submission) -> tuple[int, int]:
    event = submission.event
    return (
        submission.event_time if event.first_event_time is None else event.first_event_time,
        submission.event_time if event.last_event_time is None else event.last_event_time,
    )
