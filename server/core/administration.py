"""Organisations and their keys: what an administrator may do, through REST or the command line."""

from collections.abc import Callable
from time import time_ns
from typing import Any

import msgspec

from server.core.audit import COMMAND_LINE, SERVER, Audit
from server.core.errors import InvalidField, NotFound, TrackingError
from server.core.key_requests import KeyChanges, NewKey, check_combination
from server.core.keys import ALL_SCOPES, digest_of, generate_key_id, generate_secret
from server.core.model import ApiKey
from server.core.ports import Directory

MAX_ORGANISATION_NAME_LENGTH = 100
DEFAULT_ORGANISATION = "default"
"""The organisation that a first start and a bootstrap key create."""


class Organisation(msgspec.Struct, frozen=True):
    """An organisation: its number in the store, and its name."""

    id: int
    name: str


class Administration:
    """Creates organisations; creates, changes and revokes keys. `clock` gives nanoseconds since 1970.

    Every method may raise StoreUnavailable. `by` is who does it, for the audit list: the id of a key, or `cli`.
    """

    def __init__(self, directory: Directory, audit: Audit, *, clock: Callable[[], int] = time_ns) -> None:
        self._directory = directory
        self._audit = audit
        self._clock = clock

    async def create_organisation(self, name: Any, by: str = COMMAND_LINE) -> Organisation:
        """A new organisation. Raises InvalidField for a name that cannot be, or is taken."""
        checked = check_organisation_name(name)
        organisation = Organisation(await self._directory.create_organisation(checked), checked)
        await self._audit.record(organisation.id, by, "organisation.create", {"name": checked})
        return organisation

    async def list_organisations(self) -> list[Organisation]:
        """All of them, oldest first."""
        found = await self._directory.list_organisations()
        return [Organisation(number, name) for name, number in found.items()]

    async def find_organisation(self, name: str) -> Organisation:
        """The organisation of this name. Raises NotFound."""
        number = (await self._directory.list_organisations()).get(name)
        if number is None:
            raise NotFound(f"There is no organisation named {name!r}.", field="organisation")
        return Organisation(number, name)

    async def create_key(self, organisation: Organisation, new: NewKey, by: str = COMMAND_LINE) -> tuple[ApiKey, str]:
        """A new key and its secret, which is nowhere else and cannot be shown again. Raises InvalidField."""
        check_combination(new.kind, scopes=new.scopes, origins=new.origins)
        secret = generate_secret(new.kind)
        return await self._keep(organisation, new, secret, by), secret

    async def list_keys(self, organisation_id: int | None) -> list[ApiKey]:
        """Keys of an organisation (None: of all), oldest first, revoked ones too."""
        return await self._directory.list_keys(organisation_id)

    async def get_key(self, key_id: str, organisation_id: int | None) -> ApiKey:
        """One key of an organisation (None: of any). Raises NotFound, for foreign ids too."""
        for key in await self._directory.list_keys(organisation_id):
            if key.id == key_id:
                return key
        raise NotFound("There is no API key with this id.", field="id")

    async def change_key(
        self, key_id: str, changes: KeyChanges, organisation_id: int | None, by: str = COMMAND_LINE
    ) -> ApiKey:
        """The key as it is after the changes. Raises NotFound, and InvalidField for a revoked key."""
        key = await self.get_key(key_id, organisation_id)
        if key.revoke_time is not None:
            raise InvalidField("This API key is revoked: create another one.", message="Key revoked", field="id")
        values = changes.changed
        changed: ApiKey = msgspec.structs.replace(key, **values)
        check_combination(changed.kind, scopes=changed.scopes, origins=changed.origins)
        if values:
            await self._directory.change_key(changed, values.keys())
            await self._audit.record(key.organisation_id, by, "key.change", {"id": key_id, "fields": sorted(values)})
        return changed

    async def revoke_key(self, key_id: str, organisation_id: int | None, by: str = COMMAND_LINE) -> ApiKey:
        """The key, revoked for ever; the time of a first revocation stays. Raises NotFound."""
        key = await self.get_key(key_id, organisation_id)
        if key.revoke_time is None:
            key = msgspec.structs.replace(key, revoke_time=self._clock())
            await self._directory.change_key(key, {"revoke_time"})
            await self._audit.record(key.organisation_id, by, "key.revoke", {"id": key_id})
        return key

    async def ensure_bootstrap_key(self, secret: str) -> ApiKey:
        """The key with this secret, made with all scopes in organisation `default` where there is none yet.

        Another secret is another key: the earlier one stays. A revoked key stays revoked.
        """
        digest = digest_of(secret)
        known = await self._directory.find_key(digest)
        if known is not None:
            return known
        organisation = await self._ensure_default()
        try:
            return await self._keep(organisation, NewKey(name="bootstrap", scopes=ALL_SCOPES), secret, SERVER)
        except TrackingError:
            # Another process that starts at the same time may have been first.
            known = await self._directory.find_key(digest)
            if known is None:
                raise
            return known

    async def ensure_first_key(self) -> str | None:
        """On a store without keys: the secret of a new key with all scopes in organisation `default`; else None.

        A store in which somebody has created another organisation is not a new one.
        """
        if await self._directory.list_keys(None):
            return None
        if set(await self._directory.list_organisations()) - {DEFAULT_ORGANISATION}:
            return None
        organisation = await self._ensure_default()
        _, secret = await self.create_key(organisation, NewKey(name="first start", scopes=ALL_SCOPES), SERVER)
        return secret

    async def _ensure_default(self) -> Organisation:
        try:
            return await self.find_organisation(DEFAULT_ORGANISATION)
        except NotFound:
            pass
        try:
            return await self.create_organisation(DEFAULT_ORGANISATION, SERVER)
        except InvalidField:
            return await self.find_organisation(DEFAULT_ORGANISATION)

    async def _keep(self, organisation: Organisation, new: NewKey, secret: str, by: str) -> ApiKey:
        key = ApiKey(
            id=generate_key_id(),
            organisation_id=organisation.id,
            organisation=organisation.name,
            kind=new.kind,
            scopes=new.scopes,
            origins=new.origins,
            name=new.name,
            rate=new.rate,
            otlp_debounce=new.otlp_debounce,
            otlp_component=new.otlp_component,
            create_time=self._clock(),
        )
        await self._directory.create_key(key, digest_of(secret))
        details = {"id": key.id, "kind": key.kind, "scopes": sorted(key.scopes), "name": key.name}
        await self._audit.record(
            organisation.id, by, "key.create", {name: value for name, value in details.items() if value is not None}
        )
        return key


def check_organisation_name(value: Any) -> str:
    """1 to 100 visible characters, without white space at either end. Raises InvalidField."""
    fits = isinstance(value, str) and 0 < len(value) <= MAX_ORGANISATION_NAME_LENGTH
    if not fits or not value.isprintable() or value != value.strip():
        raise InvalidField(
            f"The name of an organisation is 1 to {MAX_ORGANISATION_NAME_LENGTH} visible characters,"
            " without spaces around it.",
            message="Invalid name",
            field="name",
        )
    return str(value)
