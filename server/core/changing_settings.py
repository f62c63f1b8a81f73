"""The settings of an organisation are read, changed, and tried before they are changed."""

from collections.abc import Callable, Mapping
from time import time_ns
from typing import TYPE_CHECKING

import msgspec

from server.core.audit import Audit
from server.core.known_settings import KnownSettings
from server.core.model import ApiKey, Level
from server.core.organisation_settings import OrganisationSettings, periods_of, settings_json
from server.core.purge import tally_expired
from server.core.retention import Tally

if TYPE_CHECKING:
    from server.core.ports import Directory, Expiry

_PREVIEW_SECONDS = 20.0


class Preview(msgspec.Struct, frozen=True):
    """What a change would be and delete, by level; not `complete` where there was no time to look at everything."""

    settings: OrganisationSettings
    levels: Mapping[Level, Tally]
    complete: bool


class ChangingSettings:
    """Works on the caller's organisation. `clock` gives nanoseconds since 1970. May raise StoreUnavailable."""

    def __init__(
        self,
        directory: "Directory",
        store: "Expiry",
        known: KnownSettings,
        audit: Audit,
        *,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        self._directory = directory
        self._store = store
        self._known = known
        self._audit = audit
        self._clock = clock

    async def get(self, caller: ApiKey) -> OrganisationSettings:
        """The settings as they are now."""
        return await self._known.learn(self._directory, caller.organisation_id)

    async def change(self, caller: ApiKey, changes: Mapping[str, int]) -> OrganisationSettings:
        """Keep the changes; the settings with them. Other processes know them within seconds."""
        before = await self.get(caller)
        if changes:
            await self._directory.change_settings(caller.organisation_id, changes)
        after = await self.get(caller)
        if changes:
            details = {"before": settings_json(before), "after": settings_json(after)}
            await self._audit.record(caller.organisation_id, caller.id, "settings.change", details)
        return after

    async def preview(self, caller: ApiKey, changes: Mapping[str, int]) -> Preview:
        """What the changes would delete as soon as they were made. Nothing is changed."""
        organisation_id = caller.organisation_id
        settings = (await self.get(caller)).changed(changes)
        levels, complete = await tally_expired(
            self._store,
            periods_of({organisation_id: settings.chosen}),
            now=self._clock(),
            organisation_id=organisation_id,
            seconds=_PREVIEW_SECONDS,
        )
        return Preview(settings, levels, complete)
