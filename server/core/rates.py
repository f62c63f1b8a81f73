"""How many events a second a key may send: a token bucket per key that holds one second's rate."""

from collections.abc import Callable
from math import ceil

import msgspec

from server.core.errors import RateLimited, too_many_events

_FILL_SECONDS = 1.0
"""Any bucket is full again after this time, so it need not be remembered longer."""
_FEWEST_BEFORE_SWEEP = 1024
_ROUNDING = 1e-6
"""Events by which a bucket may miss its mark: whoever waited as long as told is not refused by a float's last digit."""


class RateState(msgspec.Struct, frozen=True):
    """What a key may still send: the `X-RateLimit-*` headers.

    `limit` and `remaining` are events, `reset_seconds` whole seconds until the bucket is full.
    """

    limit: int
    remaining: int
    reset_seconds: int


class _Bucket(msgspec.Struct):
    tokens: float
    time: float


class RateLimiter:
    """The buckets of one process. `clock` is monotonic, in seconds; rates are events a second, at least 1."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._sweep_at = _FEWEST_BEFORE_SWEEP

    def take(self, key_id: str, rate: int, events: int = 1) -> RateState:
        """Take events out of a key's bucket, all or none.

        Raises RateLimited with the delay if it does not hold them now, TooLarge (TOO_MANY_EVENTS) if it never can.
        """
        return self._take(key_id, rate, taken=events, needed=events)

    def take_rest(self, key_id: str, rate: int, events: int) -> RateState:
        """Take what a batch costs beyond the one unit that its request has paid already.

        Raises as `take`: a batch larger than the bucket is TooLarge, and the delay is what the whole batch needs
        when it is sent again. The first unit is not given back: the request itself was answered.
        """
        return self._take(key_id, rate, taken=max(events - 1, 0), needed=events)

    def state(self, key_id: str, rate: int) -> RateState:
        """What a key's bucket holds now: for the headers of an answer, whatever it says."""
        return _state_of(self._tokens(key_id, rate, self._clock()), rate)

    def _take(self, key_id: str, rate: int, *, taken: int, needed: int) -> RateState:
        if needed > rate:
            raise too_many_events(
                f"This API key may send {rate} events a second, and no more than that in one request."
            )
        now = self._clock()
        tokens = self._tokens(key_id, rate, now)
        if taken > tokens + _ROUNDING:
            raise RateLimited(retry_after_seconds=(needed - tokens) / rate)
        tokens = max(tokens - taken, 0.0)
        self._keep(key_id, tokens, now)
        return _state_of(tokens, rate)

    def _tokens(self, key_id: str, rate: int, now: float) -> float:
        bucket = self._buckets.get(key_id)
        if bucket is None:
            return rate
        return min(rate, bucket.tokens + (now - bucket.time) * rate)

    def _keep(self, key_id: str, tokens: float, now: float) -> None:
        bucket = self._buckets.get(key_id)
        if bucket is not None:
            bucket.tokens, bucket.time = tokens, now
            return
        if len(self._buckets) >= self._sweep_at:
            self._forget_full(now)
        self._buckets[key_id] = _Bucket(tokens, now)

    def _forget_full(self, now: float) -> None:
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.time < _FILL_SECONDS}
        self._sweep_at = max(_FEWEST_BEFORE_SWEEP, 2 * len(self._buckets))


def _state_of(tokens: float, rate: int) -> RateState:
    return RateState(rate, int(tokens), ceil((rate - tokens) / rate))
