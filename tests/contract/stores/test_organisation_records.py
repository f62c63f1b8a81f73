"""What a store keeps of an organisation beside its keys: settings, the audit list, and how many events came."""

from typing import Any

import pytest

from server.core.audit import AuditRecord
from server.core.errors import InvalidField
from server.core.ports import Store
from server.core.query import Page
from tests.contract.stores.conftest import Stores


def record(number: int, organisation: int = 1) -> AuditRecord:
    details = {"id": "key_1", "number": number, "nested": {"before": ["a", None], "dotted.name": True}}
    return AuditRecord(
        organisation_id=organisation, time=1000 + number, actor="cli", action="key.create", details=details
    )


async def test_settings_are_kept_one_by_one(store: Store[Any], stores: Stores) -> None:
    assert await store.read_settings(None) == {}
    assert await store.read_settings(1) == {}
    await store.change_settings(1, {"a": 1, "b": 2})
    await store.change_settings(1, {"b": 3, "c": 2**40})
    await store.change_settings(2, {"a": 9})
    store = await stores.open()
    assert await store.read_settings(1) == {1: {"a": 1, "b": 3, "c": 2**40}}
    assert await store.read_settings(None) == {1: {"a": 1, "b": 3, "c": 2**40}, 2: {"a": 9}}


async def test_records_are_listed_newest_first_page_by_page(store: Store[Any], stores: Stores) -> None:
    for number in range(5):
        await store.record_audit(record(number))
        await store.record_audit(record(number, organisation=2))
    store = await stores.open()
    first = await store.list_audit(1, Page(2))
    assert first.records == [record(4), record(3)]
    await store.record_audit(record(9))
    second = await store.list_audit(1, Page(2, first.next_key))
    assert second.records == [record(2), record(1)]
    third = await store.list_audit(1, Page(2, second.next_key))
    assert (third.records, third.next_key) == ([record(0)], None)
    assert (await store.list_audit(2, Page(5))).next_key is None
    with pytest.raises(InvalidField):
        await store.list_audit(1, Page(2, b"no key"))


async def test_records_of_one_instant_are_all_there(store: Store[Any]) -> None:
    for _ in range(3):
        await store.record_audit(record(0))
    assert (await store.list_audit(1, Page(10))).records == [record(0)] * 3


async def test_what_came_is_added_up_by_minute(store: Store[Any], stores: Stores) -> None:
    minute = 29_833_333
    await store.add_received({(1, minute): 5, (1, minute + 1): 7, (2, minute): 100})
    await store.add_received({(1, minute + 1): 2})
    store = await stores.open()
    assert await store.read_received(1, minute) == {minute: 5, minute + 1: 9}
    assert await store.read_received(1, minute + 1) == {minute + 1: 9}
    assert await store.read_received(2, minute) == {minute: 100}
