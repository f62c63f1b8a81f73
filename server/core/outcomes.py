"""What became of every event, counted: received = stored + debounced + duplicate + rejected + shed."""

Counts = dict[tuple[str, str, str, str], int]
"""Events by door, level, outcome and reason; level and reason are empty where there is none."""


class Outcomes:
    """Counts every event exactly once, from the start of the process on. For one thread."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Counts = {}

    def count(self, door: str, level: str, outcome: str, reason: str = "", n: int = 1) -> None:
        """Add n events. `level` is the word, empty where it is not known; `reason` says why not stored."""
        # Called for every event, and cheap because of it: positional, no objects but the key.
        key = (door, level, outcome, reason)
        counts = self._counts
        counts[key] = counts.get(key, 0) + n

    def snapshot(self) -> Counts:
        """The counts as they are now."""
        return self._counts.copy()
