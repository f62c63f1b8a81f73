"""Organisations and keys, on a real file."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from server.core.administration import Administration, Organisation
from server.core.audit import Audit
from server.core.errors import InvalidField, NotFound
from server.core.key_requests import KeyChanges, NewKey
from server.core.keys import ALL_SCOPES, digest_of
from server.core.model import Scope
from server.storage.sqlite.store import SqliteDirectory

BOOTSTRAP = "bootstrap-" + "k" * 32
INGEST: frozenset[Scope] = frozenset({"ingest"})


@pytest.fixture
async def directory(tmp_path: Path) -> AsyncIterator[SqliteDirectory]:
    opened = SqliteDirectory(tmp_path / "tracking.db")
    yield opened
    await opened.close()


@pytest.fixture
def administration(directory: SqliteDirectory) -> Administration:
    times = count(1_000)
    clock = times.__next__
    return Administration(directory, Audit(directory, clock=clock), clock=clock)


@pytest.fixture
async def shop(administration: Administration) -> Organisation:
    return await administration.create_organisation("shop")


async def test_an_organisation_is_found_by_the_name_it_was_created_with(administration: Administration) -> None:
    created = await administration.create_organisation("Müller & Söhne")
    assert await administration.find_organisation("Müller & Söhne") == created
    assert await administration.list_organisations() == [created]


@pytest.mark.parametrize("name", ["", " ", " shop", "shop ", "a\nb", "x" * 101, "\x1b[31m", 5, None])
async def test_a_name_unseen_or_too_long_is_refused(administration: Administration, name: object) -> None:
    with pytest.raises(InvalidField) as caught:
        await administration.create_organisation(name)
    assert caught.value.field == "name"
    assert await administration.list_organisations() == []


async def test_a_taken_name_is_refused(administration: Administration, shop: Organisation) -> None:
    with pytest.raises(InvalidField) as caught:
        await administration.create_organisation(shop.name)
    assert caught.value.field == "name"


async def test_an_unknown_organisation_is_not_found(administration: Administration) -> None:
    with pytest.raises(NotFound):
        await administration.find_organisation("nobody")


async def test_a_key_is_found_by_its_secret_alone(
    administration: Administration, directory: SqliteDirectory, shop: Organisation
) -> None:
    new = NewKey(name="web", kind="browser", scopes=INGEST, origins=("https://a.example", "*"), rate=5)
    key, secret = await administration.create_key(shop, new)
    assert secret.startswith("trkb_")
    assert await directory.find_key(digest_of(secret)) == key
    assert await administration.list_keys(shop.id) == [key]
    assert (key.organisation, key.name, key.kind, key.origins, key.rate) == ("shop", "web", "browser", new.origins, 5)


async def test_the_file_holds_no_secret(administration: Administration, shop: Organisation, tmp_path: Path) -> None:
    _, secret = await administration.create_key(shop, NewKey())
    await administration.ensure_bootstrap_key(BOOTSTRAP)
    kept = await asyncio.to_thread(content_of, tmp_path)
    assert b"bootstrap" in kept
    assert secret.encode() not in kept
    assert BOOTSTRAP.encode() not in kept


async def test_a_combination_that_cannot_be_is_refused_whoever_built_it(
    administration: Administration, shop: Organisation
) -> None:
    with pytest.raises(InvalidField):
        await administration.create_key(shop, NewKey(kind="browser", scopes=ALL_SCOPES, origins=("*",)))
    assert await administration.list_keys(None) == []


async def test_a_change_replaces_what_it_names_and_nothing_else(
    administration: Administration, shop: Organisation
) -> None:
    key, _ = await administration.create_key(shop, NewKey(name="old", rate=5))
    changed = await administration.change_key(key.id, KeyChanges(name="new", scopes=ALL_SCOPES), shop.id)
    assert (changed.name, changed.scopes, changed.rate) == ("new", ALL_SCOPES, 5)
    assert await administration.get_key(key.id, shop.id) == changed
    unnamed = await administration.change_key(key.id, KeyChanges(name="", rate=0), shop.id)
    assert (unnamed.name, unnamed.scopes, unnamed.rate) == (None, ALL_SCOPES, 0)


async def test_a_change_cannot_make_of_a_key_what_could_not_be_created(
    administration: Administration, shop: Organisation
) -> None:
    server, _ = await administration.create_key(shop, NewKey())
    browser, _ = await administration.create_key(shop, NewKey(kind="browser", origins=("*",)))
    for key, changes, field in (
        (server, KeyChanges(origins=("*",)), "origins"),
        (browser, KeyChanges(origins=()), "origins"),
        (browser, KeyChanges(scopes=ALL_SCOPES), "scopes"),
    ):
        with pytest.raises(InvalidField) as caught:
            await administration.change_key(key.id, changes, shop.id)
        assert caught.value.field == field
    assert await administration.list_keys(shop.id) == [server, browser]


async def test_a_revoked_key_stays_as_it_is(administration: Administration, shop: Organisation) -> None:
    key, _ = await administration.create_key(shop, NewKey())
    revoked = await administration.revoke_key(key.id, shop.id)
    assert revoked.revoke_time is not None
    assert await administration.revoke_key(key.id, None) == revoked
    with pytest.raises(InvalidField):
        await administration.change_key(key.id, KeyChanges(name="alive"), shop.id)
    assert await administration.list_keys(shop.id) == [revoked]


async def test_a_change_that_was_decided_before_a_revocation_does_not_undo_it(
    administration: Administration, directory: SqliteDirectory, shop: Organisation
) -> None:
    key, _ = await administration.create_key(shop, NewKey())
    revoked = await administration.revoke_key(key.id, shop.id)
    await directory.change_key(key, {"name", "revoke_time"})
    assert (await administration.get_key(key.id, shop.id)).revoke_time == revoked.revoke_time


async def test_keys_of_another_organisation_do_not_exist(administration: Administration, shop: Organisation) -> None:
    key, _ = await administration.create_key(shop, NewKey())
    other = await administration.create_organisation("other")
    for attempt in (
        administration.get_key(key.id, other.id),
        administration.change_key(key.id, KeyChanges(name="mine"), other.id),
        administration.revoke_key(key.id, other.id),
        administration.revoke_key("key_unknown", None),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await administration.list_keys(None) == [key]


async def test_a_bootstrap_key_may_do_everything_in_organisation_default(administration: Administration) -> None:
    key = await administration.ensure_bootstrap_key(BOOTSTRAP)
    assert (key.organisation, key.kind, key.scopes) == ("default", "server", ALL_SCOPES)


async def test_a_bootstrap_key_is_made_once(administration: Administration) -> None:
    first = await administration.ensure_bootstrap_key(BOOTSTRAP)
    assert await administration.ensure_bootstrap_key(BOOTSTRAP) == first
    assert await administration.list_keys(None) == [first]


async def test_another_bootstrap_key_is_added_and_the_old_one_stays(administration: Administration) -> None:
    first = await administration.ensure_bootstrap_key(BOOTSTRAP)
    second = await administration.ensure_bootstrap_key(BOOTSTRAP + "2")
    assert await administration.list_keys(None) == [first, second]
    assert [organisation.name for organisation in await administration.list_organisations()] == ["default"]


async def test_a_revoked_bootstrap_key_stays_revoked(administration: Administration) -> None:
    key = await administration.ensure_bootstrap_key(BOOTSTRAP)
    revoked = await administration.revoke_key(key.id, None)
    assert await administration.ensure_bootstrap_key(BOOTSTRAP) == revoked


async def test_two_that_start_at_once_make_one_bootstrap_key(administration: Administration, tmp_path: Path) -> None:
    second = SqliteDirectory(tmp_path / "tracking.db")
    try:
        made = await asyncio.gather(
            *(
                one.ensure_bootstrap_key(BOOTSTRAP)
                for one in (administration, Administration(second, Audit(second)))
                for _ in range(4)
            )
        )
    finally:
        await second.close()
    assert len({key.id for key in made}) == 1
    assert len(await administration.list_keys(None)) == 1


async def test_a_first_start_makes_one_key_and_a_second_none(
    administration: Administration, directory: SqliteDirectory
) -> None:
    secret = await administration.ensure_first_key()
    assert secret is not None
    key = await directory.find_key(digest_of(secret))
    assert key is not None
    assert (key.organisation, key.scopes) == ("default", ALL_SCOPES)
    assert await administration.ensure_first_key() is None


async def test_a_first_start_that_was_cut_short_is_made_up_for(administration: Administration) -> None:
    await administration.create_organisation("default")
    assert await administration.ensure_first_key() is not None


async def test_a_store_that_somebody_has_set_up_gets_no_key_by_itself(
    administration: Administration, shop: Organisation
) -> None:
    assert await administration.ensure_first_key() is None
    await administration.create_key(shop, NewKey())
    assert await administration.ensure_first_key() is None


def content_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())
