"""A store that fails for a while: the operator reads one line when it begins and one when it is over."""

import logging
from collections.abc import Callable
from math import inf
from time import monotonic

from server.core.errors import TrackingError

logger = logging.getLogger("tracking.store")

_CALM_SECONDS = 1.0
"""How long nothing may fail before the trouble is over: a disk that is nearly full still takes small commits."""


class StoreTrouble:
    """Told of every commit. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._last_failure = -inf
        self._reason = ""
        self.store_up = True
        """Whether the last use of the store, as far as this was told of it, worked."""

    def failed(self, error: TrackingError) -> None:
        """A commit failed for a reason that may pass."""
        self.store_up = False
        self._last_failure, self._reason = self._clock(), error.description
        if self._since is None:
            self._since = self._last_failure
            logger.error("Events cannot be stored and are answered 503: %s", error.description)

    def recent(self) -> str | None:
        """Why a commit failed just now, None where none did."""
        return self._reason if self._clock() - self._last_failure < _CALM_SECONDS else None

    def worked(self) -> None:
        """A commit succeeded."""
        self.store_up = True
        if self._since is not None and self.recent() is None:
            logger.warning("Events are stored again, after %.0f s of trouble.", self._clock() - self._since)
            self._since = None
