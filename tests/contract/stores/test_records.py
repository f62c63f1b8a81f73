"""What only OTLP brings, and events that stand for many: kept, filtered and counted by every store alike."""

from typing import Any

import pytest

from server.core.model import Outcome, Receipt, RecordDetails
from server.core.ports import Store
from server.core.query import make_filter
from tests.contract.stores.conftest import Stores
from tests.support.stores import SECOND, START, Clock, commit, messages, read_all, read_entry, submission

FULL = RecordDetails(
    body=b'{"order":{"id":25000233},"k\\u0000":[1,null]}',
    severity_number=17,
    severity_text="ERR\u00d6R",
    event_name="order.failed",
    flags=1,
    dropped_attributes_count=4_294_967_295,
    resource=b'{"attributes":{"service.name":"shop","$x":{"":9223372036854775807}},"schemaUrl":"s"}',
    scope=b'{"name":"lib","version":"1.2"}',
)
PARTS = [
    RecordDetails(**{name: getattr(FULL, name)})
    for name in ("body", "severity_number", "severity_text", "event_name", "flags", "resource", "scope")
]


@pytest.mark.parametrize("record", [FULL, *PARTS])
async def test_a_record_is_kept_as_it_is(store: Store[Any], stores: Stores, record: RecordDetails) -> None:
    receipts = await commit(store, submission("", record=record), submission(key="k", record=record))
    store = await stores.open()
    for receipt in receipts:
        assert (await read_entry(store, receipt.entry_id)).record == record


async def test_a_record_without_anything_is_none(store: Store[Any]) -> None:
    for receipt in await commit(store, submission("", record=RecordDetails()), submission("m")):
        assert (await read_entry(store, receipt.entry_id)).record is None


def test_a_record_weighs_what_it_has(store: Store[Any]) -> None:
    large = RecordDetails(body=b'"' + b"x" * 50_000 + b'"', resource=b'{"schemaUrl":"' + b"y" * 50_000 + b'"}')
    for key in (None, "k"):
        bare, heavy = (store.prepare(submission(key=key, record=record)).size for record in (None, large))
        assert heavy > bare + 100_000


async def test_filters_look_at_body_and_resource_too(store: Store[Any]) -> None:
    await commit(
        store,
        submission("attributes", attributes=b'{"order":{"id":25000233}}'),
        submission("record", record=FULL),
        submission("list", record=RecordDetails(body=b'[{"order":{"id":25000233}}]')),
        submission("scalar", record=RecordDetails(body=b"25000233")),
        submission("scope", record=RecordDetails(scope=b'{"attributes":{"order":{"id":25000233}}}')),
        submission("other", attributes=b'{"order":{"id":1}}', record=RecordDetails(body=b'{"order":{"id":2}}')),
    )
    by_id = make_filter(attributes={"order.id": ["25000233"]})
    assert sorted(messages(await read_all(store, by_id))) == ["attributes", "list", "record"]
    both = make_filter(attributes={"order.id": ["25000233"], "service.name": ["shop"]})
    assert messages(await read_all(store, both)) == ["record"]


async def test_an_event_that_stands_for_many_counts_as_many_everywhere(store: Store[Any], clock: Clock) -> None:
    times: dict[str, Any] = {"first_event_time": START - 9, "last_event_time": START + 9}
    receipts = await commit(
        store,
        submission("alone", event_count=7, **times),
        submission("opens", key="k", event_count=5, **times),
        submission("repeats", key="k", at=START + 50, event_count=5),
    )
    receipts += await commit(
        store,
        submission("one more", key="k", at=START - 50),
        submission("many", key="k", event_count=1_000_000_000, at=START),
        submission("id", key="k", event_id="a", event_count=2),
        submission("id", key="k", event_id="a", event_count=2),
    )
    assert [receipt.event_count for receipt in receipts] == [7, 5, 10, 11, 1_000_000_011, 1_000_000_013, 1_000_000_013]
    assert receipts[-1].outcome == Outcome.DUPLICATE
    alone, window = await read_entry(store, receipts[0].entry_id), await read_entry(store, receipts[1].entry_id)
    assert (alone.event_count, alone.first_event_time, alone.last_event_time) == (7, START - 9, START + 9)
    assert alone.event_time == START
    assert (window.event_count, window.first_event_time, window.last_event_time) == (
        1_000_000_013,
        START - 50,
        START + 50,
    )
    # The events that reach 10, and 100 and 1,000 at once; the opener reached 2 and 3 itself.
    assert [(sample.event_count, sample.message) for sample in window.samples] == [
        (10, "repeats"),
        (1_000_000_011, "many"),
    ]


async def test_a_window_that_ends_begins_with_the_next_number(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission(key="k", event_count=3))
    clock.now += 10 * SECOND
    [receipt] = await commit(store, submission(key="k", event_count=4))
    assert receipt == Receipt(Outcome.STORED, receipt.entry_id, 4)
    assert [entry.event_count for entry in await read_all(store)] in ([3, 4], [4, 3])
