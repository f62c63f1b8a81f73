"""Who is asking, and may they: key, scope, origin and rate, in that order, for every door."""

from collections.abc import Callable, Iterable
from time import monotonic, time_ns

from server.core.errors import NotAuthenticated, TrackingError
from server.core.keys import digest_of, require_origin, require_scope
from server.core.known_settings import KnownSettings
from server.core.model import ApiKey, Scope
from server.core.ports import Directory
from server.core.rates import RateLimiter, RateState

_CACHE_SECONDS = 5.0
"""How long a key is believed without asking the store: a revocation is seen within this time."""
_CACHE_SIZE = 10_000


class Admission:
    """Authenticates and authorises callers, remembers when keys were used, and meters their rate.

    `server_rate` and `browser_rate` are the events a second of keys that have no rate of their own; 0 = unlimited.
    `settings`, if given, learns those of an organisation whenever one of its keys is looked up.
    """

    def __init__(
        self,
        directory: Directory,
        *,
        server_rate: int,
        browser_rate: int,
        settings: KnownSettings | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._rates = {"server": server_rate, "browser": browser_rate}
        self._limiter = RateLimiter(clock)
        self._clock = clock
        self._known: dict[str, tuple[ApiKey, float]] = {}
        self._uses: dict[str, int] = {}

    async def authenticate(self, secret: str | None) -> ApiKey:
        """The caller's key. Raises NotAuthenticated, StoreUnavailable."""
        if secret is None:
            raise NotAuthenticated
        known = self._known.get(secret)
        return known[0] if known is not None and known[1] > self._clock() else await self._find(secret)

    def authorise(self, key: ApiKey, scope: Scope, origin: str | None = None) -> None:
        """Return if the key may do this from this origin. Raises NotAuthorised."""
        if scope not in key.scopes:
            require_scope(key, scope)
        if key.kind == "browser":
            require_origin(key, origin)
        self._uses[key.id] = 1

    def forget(self, key_id: str) -> None:
        """Ask the store again from now on: the key was changed or revoked through this process."""
        self._known = {secret: known for secret, known in self._known.items() if known[0].id != key_id}

    def charge(self, key: ApiKey) -> None:
        """Take one unit of the key's rate: a request's first event. Raises RateLimited."""
        if rate := self._rate_of(key):
            self._limiter.take(key.id, rate)

    def charge_rest(self, key: ApiKey, events: int) -> None:
        """Take what a batch costs beyond its first unit. Raises RateLimited, TooLarge, for all its events."""
        if rate := self._rate_of(key):
            try:
                self._limiter.take_rest(key.id, rate, events)
            except TrackingError as error:
                error.events = max(events, 1)
                raise

    def rate_state(self, key: ApiKey) -> RateState | None:
        """What the key may still send; None for an unlimited one."""
        rate = self._rate_of(key)
        return self._limiter.state(key.id, rate) if rate else None

    def take_uses(self) -> dict[str, int]:
        """The keys used since the last call, by id, with the time of this call."""
        now = time_ns()
        uses, self._uses = dict.fromkeys(self._uses, now), {}
        return uses

    def give_back_uses(self, uses: Iterable[str]) -> None:
        """They could not be written: the next call takes them again."""
        self._uses.update(dict.fromkeys(uses, 1))

    def _rate_of(self, key: ApiKey) -> int:
        return key.rate if key.rate is not None else self._rates[key.kind]

    async def _find(self, secret: str) -> ApiKey:
        digest = digest_of(secret)
        key = await self._directory.find_key(digest)
        if key is None or key.revoke_time is not None:
            self._known.pop(secret, None)
            raise NotAuthenticated
        if self._settings is not None:
            await self._settings.learn(self._directory, key.organisation_id)
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        self._known[secret] = key, self._clock() + _CACHE_SECONDS
        return key
