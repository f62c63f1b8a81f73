"""The settings of organisations as this process knows them: at hand wherever an event or an entry needs them."""

from server.core.organisation_settings import OrganisationSettings
from server.core.ports import Directory

_MOST_ORGANISATIONS = 100_000
_SHIPPED = OrganisationSettings()


class KnownSettings:
    """Read anew with every key that is looked up, so that a change is seen everywhere within seconds."""

    def __init__(self) -> None:
        self._known: dict[int, OrganisationSettings] = {}

    def of(self, organisation_id: int) -> OrganisationSettings:
        """The settings of an organisation, as they were read last."""
        return self._known.get(organisation_id, _SHIPPED)

    async def learn(self, directory: Directory, organisation_id: int) -> OrganisationSettings:
        """Read them now. Raises StoreUnavailable."""
        chosen = await directory.read_settings(organisation_id)
        if len(self._known) >= _MOST_ORGANISATIONS:
            self._known.clear()
        settings = self._known[organisation_id] = OrganisationSettings(chosen.get(organisation_id, {}))
        return settings
