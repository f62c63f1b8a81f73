"""What was submitted is what is read, by its own organisation alone, and filters choose exactly."""

from contextlib import suppress
from typing import Any

import pytest

from server.core.errors import InvalidField
from server.core.model import Level, Notification, Outcome
from server.core.ports import Store
from server.core.query import EntryFilter, Page
from server.core.retention import expire_time
from tests.contract.stores.conftest import Stores
from tests.support.stores import START, commit, messages, read_all, read_entry, submission

EVERYTHING: dict[str, Any] = {
    "message": "päyment \0 failed",
    "level": Level.CRITICAL,
    "at": START - 5,
    "received": START + 7,
    "event_id": "id-1",
    "service": "shop",
    "component": "checkout",
    "code": "E42",
    "environment": "production",
    "release": "1.2.3",
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "span_id": "b7ad6b7169203331",
    "fingerprint": "payment",
    "attributes": b'{"order":25000233,"a.b":{"$c":[null,true,1.5]}}',
    "warnings": ("number_as_text",),
    "send_notification": False,
}


async def test_an_entry_is_what_was_submitted(store: Store[Any], stores: Stores) -> None:
    [receipt] = await commit(store, submission(**EVERYTHING))
    store = await stores.open()
    entry = await read_entry(store, receipt.entry_id)
    for name in EVERYTHING.keys() - {"at", "received", "send_notification"}:
        assert getattr(entry, name) == EVERYTHING[name], name
    assert (entry.organisation, entry.door, entry.event_count) == ("one", "rest", 1)
    assert entry.event_time == entry.first_event_time == entry.last_event_time == START - 5
    assert entry.receive_time == START + 7
    assert entry.expire_time == expire_time(Level.CRITICAL, START + 7)
    assert entry.notification == Notification(False, "not_sent", "not_requested")
    assert (entry.debounce_key, entry.window_end_time, entry.samples) == (None, None, ())
    assert await read_all(store) == [entry]


async def test_what_was_not_sent_is_absent(store: Store[Any]) -> None:
    [receipt] = await commit(store, submission("alone"))
    entry = await read_entry(store, receipt.entry_id)
    assert entry.notification == Notification(None, "not_sent", "no_channel")
    for name in ("service", "component", "code", "environment", "release", "trace_id", "span_id", "event_id"):
        assert getattr(entry, name) is None
    assert (entry.attributes, entry.warnings) == (b"", ())


async def test_a_megabyte_is_kept_to_the_byte(store: Store[Any]) -> None:
    message = "x" * 600_000 + "é" * 200_000
    [receipt] = await commit(store, submission(message, attributes=b'{"a":"' + b"y" * 100_000 + b'"}'))
    entry = await read_entry(store, receipt.entry_id)
    assert entry.message == message
    assert len(entry.attributes) == 100_008


async def test_receipts_come_in_the_order_of_the_events(store: Store[Any]) -> None:
    receipts = await commit(store, *(submission(f"{number}", at=START - number) for number in range(100)))
    assert {receipt.outcome for receipt in receipts} == {Outcome.STORED}
    for number, receipt in enumerate(receipts):
        assert (await read_entry(store, receipt.entry_id)).message == f"{number}"


async def test_an_empty_batch_is_nothing(store: Store[Any]) -> None:
    assert await commit(store) == []
    assert await read_all(store) == []


async def test_an_organisation_sees_its_own_entries_only(store: Store[Any]) -> None:
    mine, theirs = await commit(store, submission("mine"), submission("theirs", organisation=2))
    assert messages(await read_all(store)) == ["mine"]
    assert messages(await read_all(store, organisation=2)) == ["theirs"]
    assert await store.get_entry(1, theirs.entry_id) is None
    assert await store.get_entry(2, mine.entry_id) is None


@pytest.mark.parametrize(
    "entry_id", ["", "x", "0" * 16, "f" * 16, "F" * 16, "0" * 17, "é" * 16, "²" * 16, " " * 16, "0x" + "0" * 14]
)
async def test_an_id_that_is_no_entrys_finds_nothing(store: Store[Any], entry_id: str) -> None:
    await commit(store, submission())
    assert await store.get_entry(1, entry_id) is None


TEXT_FIELDS = ("service", "component", "code", "environment")


@pytest.mark.parametrize("name", TEXT_FIELDS)
async def test_a_text_filter_takes_any_of_its_values_and_nothing_near_them(store: Store[Any], name: str) -> None:
    values = ["a", "b", "ab", "é", "x" * 200, None, "A", "c"]
    fields: list[dict[str, Any]] = [{name: value} for value in values]
    await commit(store, *(submission(f"{field[name]}", **field) for field in fields))
    # The text is elsewhere in the entry, too.
    await commit(store, submission("a é", attributes=b'{"b":"a"}', release="a"))
    for wanted in (("a",), ("b", "c"), ("é",), ("x" * 200,), ("none such",)):
        filters: dict[str, Any] = {name: wanted}
        found = await read_all(store, EntryFilter(**filters))
        assert messages(found) == [value for value in reversed(values) if value in wanted]


async def test_filters_of_different_fields_must_all_hold(store: Store[Any]) -> None:
    for number, (level, service) in enumerate([(Level.INFO, "a"), (Level.ERROR, "a"), (Level.ERROR, "b")]):
        await commit(store, submission(f"{number}", level=level, service=service))
    levels = frozenset({Level.ERROR, Level.CRITICAL})
    assert messages(await read_all(store, EntryFilter(levels=levels))) == ["2", "1"]
    assert messages(await read_all(store, EntryFilter(levels=levels, service=("a",)))) == ["1"]


async def test_trace_group_window_and_attributes_are_found(store: Store[Any]) -> None:
    [receipt] = await commit(store, submission(**EVERYTHING, key="k"))
    await commit(store, submission("another"), submission("third", trace_id="1" * 32, attributes=b'{"order":1}'))
    entry = await read_entry(store, receipt.entry_id)
    for filters in (
        EntryFilter(trace_id=(EVERYTHING["trace_id"],)),
        EntryFilter(group_id=(entry.group_id,)),
        EntryFilter(debounce_key=("k",)),
        EntryFilter(attributes=(("order", ("25000233",)),)),
    ):
        assert await read_all(store, filters) == [entry]


async def test_a_rare_entry_is_found_behind_many_others(store: Store[Any]) -> None:
    await commit(store, submission("needle", service="rare"))
    for begin in range(1, 30_000, 3_000):
        await commit(store, *(submission("hay", at=START + n * 1_000_000) for n in range(begin, begin + 3_000)))
    await commit(store, submission("newest needle", service="rare", at=START + 10**14))
    assert messages(await read_all(store, EntryFilter(service=("rare",)), page_size=1)) == ["newest needle", "needle"]
    assert messages(await read_all(store, EntryFilter(attributes=(("a", ("b",)),)))) == []


@pytest.mark.parametrize(
    "key",
    [b"", b"\0", b"\xff" * 3, b"\xff" * 8, b"\xff" * 18, b"\xff" * 30, bytes(30), b"\x80" + bytes(7)],
    ids=bytes.hex,
)
async def test_a_key_that_somebody_made_up_shows_nothing_of_another_organisation(store: Store[Any], key: bytes) -> None:
    await commit(
        store, submission("mine"), submission("theirs", organisation=2), submission("w", organisation=2, key="k")
    )
    found: list[str] = []
    with suppress(InvalidField):
        found = messages((await store.find_entries(1, EntryFilter(), Page(50, key))).entries)
    assert set(found) <= {"mine"}


async def test_large_entries_make_short_pages_that_go_on(store: Store[Any]) -> None:
    for number in range(3):
        await commit(store, submission(f"{number}" * 9_000_000, at=START + number * 1_000_000))
    page = await store.find_entries(1, EntryFilter(), Page(1000))
    assert 0 < len(page.entries) < 3
    assert [message[0] for message in messages(await read_all(store))] == ["2", "1", "0"]


async def test_samples_of_large_repeats_harm_nobody(store: Store[Any]) -> None:
    large = "x" * 4_000_000
    [opener] = await commit(store, submission(large, key="k"))
    for number in range(9):
        await commit(store, submission(large, key="k"), submission(f"mate {number}", organisation=2))
    entry = await read_entry(store, opener.entry_id)
    assert entry.event_count == 10
    assert [sample.event_count for sample in entry.samples] == [2, 3, 10]
    assert len(await read_all(store, organisation=2)) == 9
