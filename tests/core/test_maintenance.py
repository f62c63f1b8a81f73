"""What housekeeping could not write is written later: nothing that was counted is lost with the store's absence."""

from collections.abc import Mapping
from typing import Any

from server.core.admission import Admission
from server.core.errors import StoreUnavailable, TrackingError
from server.core.maintenance import Maintenance
from server.core.model import ApiKey
from server.core.trouble import StoreTrouble
from server.core.usage import Received

KEY = ApiKey(id="k", organisation_id=1, organisation="o", kind="server", scopes=frozenset({"ingest"}))


class AwayStore:
    """A store that is away, and then is not."""

    def __init__(self) -> None:
        self.is_away = True
        self.uses: list[str] = []
        self.received: dict[tuple[int, int], int] = {}

    async def record_use(self, last_use_times: Mapping[str, int]) -> None:
        self._require()
        self.uses += last_use_times

    async def add_received(self, events: Mapping[tuple[int, int], int]) -> None:
        self._require()
        self.received.update(events)

    def _require(self) -> None:
        if self.is_away:
            raise StoreUnavailable


async def test_uses_and_counts_wait_until_the_store_is_back() -> None:
    store: Any = AwayStore()
    admission, received = Admission(store, server_rate=0, browser_rate=0), Received()
    broken: list[TrackingError] = []
    maintenance = Maintenance(store, admission, StoreTrouble(), received, on_broken=broken.append)
    admission.authorise(KEY, "ingest")
    received.give_back({(1, 5): 3})
    await maintenance._attempt(maintenance._record_use())
    store.is_away = False
    received.give_back({(1, 5): 4})
    await maintenance._attempt(maintenance._record_use())
    await maintenance._attempt(maintenance._record_use())
    assert (store.uses, store.received, broken) == (["k"], {(1, 5): 7}, [])
