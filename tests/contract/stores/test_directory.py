"""Organisations and keys."""

from typing import Any

import msgspec
import pytest

from server.core.errors import InvalidField
from server.core.model import ApiKey, Debounce
from server.core.ports import Store
from tests.contract.stores.conftest import Stores

KEY = ApiKey(
    id="key-1",
    organisation_id=1,
    organisation="one",
    kind="browser",
    scopes=frozenset({"ingest", "read"}),
    origins=("https://shop.example", "https://*.shop.example:8443"),
    name="the shop’s page",
    rate=50,
    create_time=1_790_000_000_123_456_789,
)
CHANGEABLE = {"name", "scopes", "origins", "rate", "otlp_debounce", "otlp_component", "revoke_time"}
DIGEST = b"\x00" * 31 + b"\x01"


async def test_organisations_have_names_and_numbers_oldest_first(store: Store[Any], stores: Stores) -> None:
    assert await store.create_organisation("a name, žluťoučký") == 3
    store = await stores.open()
    assert list((await store.list_organisations()).items()) == [("one", 1), ("two", 2), ("a name, žluťoučký", 3)]


async def test_a_name_is_given_once(store: Store[Any]) -> None:
    with pytest.raises(InvalidField, match="one") as caught:
        await store.create_organisation("one")
    assert caught.value.field == "name"
    assert await store.list_organisations() == {"one": 1, "two": 2}


@pytest.mark.parametrize(
    "key",
    [
        KEY,
        ApiKey(id="k", organisation_id=2, organisation="two", kind="server", scopes=frozenset({"admin"})),
        msgspec.structs.replace(KEY, rate=0, revoke_time=5, last_use_time=-7, name=None, origins=("*",)),
    ],
    ids=["browser", "server", "revoked"],
)
async def test_a_key_is_found_by_its_digest_as_it_was_made(store: Store[Any], stores: Stores, key: ApiKey) -> None:
    await store.create_key(key, DIGEST)
    assert await store.find_key(DIGEST) == key
    store = await stores.open()
    assert await store.find_key(DIGEST) == key
    assert await store.find_key(b"\x00" * 32) is None


async def test_keys_are_listed_oldest_first_by_organisation_or_all(store: Store[Any]) -> None:
    keys = [
        msgspec.structs.replace(KEY, id=f"{n}", create_time=100 - n, organisation_id=organisation, organisation=name)
        for n, (organisation, name) in enumerate([(1, "one"), (2, "two"), (1, "one")])
    ]
    for key in keys:
        await store.create_key(key, key.id.encode() * 32)
    assert await store.list_keys(1) == [keys[2], keys[0]]
    assert await store.list_keys(2) == [keys[1]]
    assert await store.list_keys(None) == keys[::-1]


async def test_what_may_change_of_a_key_changes_and_nothing_else(store: Store[Any]) -> None:
    other = msgspec.structs.replace(KEY, id="other")
    await store.create_key(KEY, DIGEST)
    await store.create_key(other, b"o" * 32)
    await store.record_use({KEY.id: 9})
    changed = msgspec.structs.replace(
        KEY,
        name=None,
        scopes=frozenset({"ingest"}),
        origins=("*",),
        rate=None,
        otlp_debounce=Debounce("k", 1500),
        otlp_component="bridge",
        revoke_time=10**18,
    )
    await store.change_key(changed, CHANGEABLE)
    assert await store.find_key(DIGEST) == msgspec.structs.replace(changed, last_use_time=9)
    assert await store.find_key(b"o" * 32) == other


async def test_only_the_named_fields_change(store: Store[Any]) -> None:
    await store.create_key(KEY, DIGEST)
    other = msgspec.structs.replace(
        KEY, name="other", scopes=frozenset({"ingest"}), rate=99, otlp_debounce=Debounce(), otlp_component="c"
    )
    # Two at once, each from the key as it had found it.
    await store.change_key(other, {"rate"})
    await store.change_key(msgspec.structs.replace(KEY, otlp_debounce=Debounce()), {"otlp_debounce"})
    assert await store.find_key(DIGEST) == msgspec.structs.replace(KEY, rate=99, otlp_debounce=Debounce())
    await store.change_key(KEY, {"otlp_debounce", "rate"})
    assert await store.find_key(DIGEST) == KEY


async def test_what_a_new_key_says_of_otlp_is_kept(store: Store[Any]) -> None:
    key = msgspec.structs.replace(KEY, otlp_debounce=Debounce(None, 60_000), otlp_component="bridge")
    await store.create_key(key, DIGEST)
    assert await store.find_key(DIGEST) == key
    assert await store.list_keys(None) == [key]


async def test_the_last_use_never_moves_back(store: Store[Any]) -> None:
    await store.create_key(KEY, DIGEST)
    for instant, last in ((5, 5), (3, 5), (8, 8)):
        await store.record_use({KEY.id: instant, "no such key": 1})
        found = await store.find_key(DIGEST)
        assert found is not None
        assert found.last_use_time == last


async def test_a_store_that_is_well_says_so(store: Store[Any]) -> None:
    await store.check()
    await store.maintain()
    await store.check()
