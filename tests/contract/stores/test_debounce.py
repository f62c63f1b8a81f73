"""Debounce is exact: one opener a window, every repeat counted, the window where the store's clock put it."""

from typing import Any

import pytest

from server.core.model import Level, Notification, Outcome, Receipt
from server.core.ports import Store
from tests.contract.stores.conftest import Stores
from tests.support.stores import HOUR, MINUTE, SECOND, START, Clock, commit, read_all, read_entry, submission

STORED, DEBOUNCED = Outcome.STORED, Outcome.DEBOUNCED


def outcomes(receipts: list[Receipt]) -> list[Outcome]:
    return [receipt.outcome for receipt in receipts]


async def test_repeats_add_to_the_entry_that_opened_the_window(store: Store[Any]) -> None:
    receipts = await commit(store, *(submission(f"{n}", key="k") for n in range(3)))
    receipts += await commit(store, submission("3", key="k"))
    assert outcomes(receipts) == [STORED, DEBOUNCED, DEBOUNCED, DEBOUNCED]
    assert [receipt.event_count for receipt in receipts] == [1, 2, 3, 4]
    assert {receipt.entry_id for receipt in receipts} == {receipts[0].entry_id}
    [entry] = await read_all(store)
    assert (entry.message, entry.event_count, entry.debounce_key) == ("0", 4, "k")
    assert entry.window_end_time == START + 10 * SECOND


async def test_a_window_ends_to_the_nanosecond_and_never_slides(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission(key="k"))
    for later in (5 * SECOND, 10 * SECOND - 1):
        clock.now = START + later
        assert outcomes(await commit(store, submission(key="k"))) == [DEBOUNCED]
    clock.now = START + 10 * SECOND
    assert outcomes(await commit(store, submission(key="k"), submission(key="k"))) == [STORED, DEBOUNCED]
    assert [entry.event_count for entry in await read_all(store)] == [2, 3]


async def test_client_times_never_move_a_window(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission(key="k", at=START + HOUR))
    assert outcomes(await commit(store, submission(key="k", at=START - HOUR, received=START + HOUR))) == [DEBOUNCED]
    clock.now += 10 * SECOND
    assert outcomes(await commit(store, submission(key="k", at=START))) == [STORED]


async def test_the_openers_interval_holds_until_the_window_ends(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission(key="k", interval=20 * SECOND))
    await commit(store, submission(key="k", interval=SECOND))
    clock.now += 19 * SECOND
    assert outcomes(await commit(store, submission(key="k", interval=HOUR))) == [DEBOUNCED]
    clock.now += SECOND
    [receipt] = await commit(store, submission(key="k", interval=HOUR))
    assert receipt.outcome == STORED
    assert (await read_entry(store, receipt.entry_id)).window_end_time == clock.now + HOUR


async def test_a_clock_that_goes_back_stays_in_the_open_window(store: Store[Any], clock: Clock) -> None:
    await commit(store, submission(key="k"))
    clock.now -= HOUR
    assert outcomes(await commit(store, submission(key="k"))) == [DEBOUNCED]
    clock.now = START + 10 * SECOND
    assert outcomes(await commit(store, submission(key="k"))) == [STORED]


async def test_level_organisation_and_key_make_windows_of_their_own(store: Store[Any]) -> None:
    others: list[dict[str, Any]] = [{"level": Level.CRITICAL}, {"organisation": 2}, {"key": "K"}, {"key": "k "}]
    receipts = await commit(store, submission(key="k"), *(submission(**({"key": "k"} | other)) for other in others))
    assert outcomes(receipts) == [STORED] * 5
    assert len({receipt.entry_id for receipt in receipts}) == 5
    receipts = await commit(store, submission(key="k"), *(submission(**({"key": "k"} | other)) for other in others))
    assert outcomes(receipts) == [DEBOUNCED] * 5


async def test_an_event_without_debounce_is_no_part_of_a_window(store: Store[Any]) -> None:
    receipts = await commit(store, submission("same", key="k"), submission("same"), submission("same", key="k"))
    assert outcomes(receipts) == [STORED, STORED, DEBOUNCED]
    assert [entry.event_count for entry in await read_all(store)] == [1, 2]


async def test_first_and_last_event_time_reach_over_all_repeats(store: Store[Any]) -> None:
    await commit(store, submission(key="k"))
    await commit(store, submission(key="k", at=START + 7), submission(key="k", at=START - 9))
    await commit(store, submission(key="k", at=START + 3))
    [entry] = await read_all(store)
    assert (entry.event_time, entry.first_event_time, entry.last_event_time) == (START, START - 9, START + 7)


async def test_an_entry_lives_on_from_its_last_occurrence(store: Store[Any]) -> None:
    [receipt] = await commit(store, submission(key="k"))
    before = await read_entry(store, receipt.entry_id)
    await commit(store, submission(key="k", at=START - HOUR, received=START + 5 * SECOND))
    await commit(store, submission(key="k", received=START + SECOND))
    after = await read_entry(store, receipt.entry_id)
    assert after.expire_time == before.expire_time + 5 * SECOND
    assert after.receive_time == START


async def test_samples_are_the_repeats_numbered_2_3_10_100_and_1000(store: Store[Any], stores: Stores) -> None:
    async def repeat(numbers: range) -> None:
        await commit(
            store,
            *(
                submission(
                    f"{n}",
                    key="k",
                    at=START + n,
                    event_id=f"id-{n}",
                    attributes=b'{"n":%d}' % n,
                    trace_id=f"{n:032x}",
                    span_id=f"{n:016x}",
                )
                for n in numbers
            ),
        )

    await repeat(range(1, 3))
    await repeat(range(3, 50))
    store = await stores.open()
    await repeat(range(50, 1200))
    [entry] = await read_all(store)
    assert entry.event_count == 1199
    assert [sample.event_count for sample in entry.samples] == [2, 3, 10, 100, 1000]
    for sample in entry.samples:
        n = sample.event_count
        assert (sample.message, sample.event_id, sample.event_time) == (f"{n}", f"id-{n}", START + n)
        assert (sample.attributes, sample.trace_id, sample.span_id) == (b'{"n":%d}' % n, f"{n:032x}", f"{n:016x}")


async def test_a_pre_aggregated_event_counts_what_it_stands_for(store: Store[Any]) -> None:
    alone = submission("alone", event_count=7, first_event_time=START - 5, last_event_time=START + 5)
    opener = submission("0", key="k", event_count=5, first_event_time=START - 5, last_event_time=START + 5)
    more = submission("1", key="k", event_count=4, first_event_time=START - 9, last_event_time=START + 1)
    reaching = submission("2", key="k", event_count=200, first_event_time=START, last_event_time=START + 9)
    receipts = await commit(store, alone, opener, more, submission("one", key="k"), reaching)
    assert [receipt.event_count for receipt in receipts] == [7, 5, 9, 10, 210]
    entry, single = await read_all(store)
    assert (single.event_count, single.first_event_time, single.last_event_time) == (7, START - 5, START + 5)
    assert (entry.event_count, entry.first_event_time, entry.last_event_time) == (210, START - 9, START + 9)
    assert [(sample.event_count, sample.message) for sample in entry.samples] == [(10, "one"), (210, "2")]


@pytest.mark.parametrize(
    ("requests", "together"),
    [
        ((None, None), None),
        ((None, True), True),
        ((None, False), False),
        ((False, None), False),
        ((False, True, False), True),
        ((True, False, None), True),
    ],
)
async def test_one_event_that_asks_for_a_notification_is_enough(
    store: Store[Any], requests: tuple[bool | None, ...], together: bool | None
) -> None:
    for requested in requests:
        await commit(store, submission(key="k", send_notification=requested))
    await commit(store, *(submission(key="at once", send_notification=requested) for requested in requests))
    reason = "not_requested" if together is False else "no_channel"
    assert [entry.notification for entry in await read_all(store)] == [Notification(together, "not_sent", reason)] * 2


async def test_a_window_goes_on_after_a_restart(store: Store[Any], stores: Stores, clock: Clock) -> None:
    # One has repeats already, the other has none.
    await commit(store, submission(key="a", send_notification=True), submission(key="b", at=START - 4))
    await commit(store, submission(key="a", at=START + 5))
    clock.now += 10 * SECOND - 1
    store = await stores.open()
    receipts = await commit(store, submission(key="a", at=START - 1), submission(key="b"))
    assert outcomes(receipts) == [DEBOUNCED, DEBOUNCED]
    assert [receipt.event_count for receipt in receipts] == [3, 2]
    a, b = await read_all(store)
    assert (a.first_event_time, a.last_event_time, a.notification.requested) == (START - 1, START + 5, True)
    assert (b.event_count, b.first_event_time, b.last_event_time) == (2, START - 4, START)
    clock.now += 1
    assert outcomes(await commit(store, submission(key="a"), submission(key="b"))) == [STORED, STORED]


async def test_housekeeping_ends_no_open_window(store: Store[Any], clock: Clock) -> None:
    await commit(store, *(submission(key=f"{n}", interval=(n % 2 + 1) * MINUTE) for n in range(3000)))
    clock.now += MINUTE
    for _ in range(20):
        await store.maintain()
    receipts = await commit(store, *(submission(key=f"{n}") for n in range(3000)))
    assert outcomes(receipts) == [STORED, DEBOUNCED] * 1500


async def test_many_windows_are_kept_apart(store: Store[Any], stores: Stores) -> None:
    first = await commit(store, *(submission(f"{n}", key=f"{n}") for n in range(2000)))
    store = await stores.open()
    second = await commit(store, *(submission(f"{n}", key=f"{n}") for n in reversed(range(2000))))
    assert outcomes(second) == [DEBOUNCED] * 2000
    assert [receipt.entry_id for receipt in second] == [receipt.entry_id for receipt in reversed(first)]
    assert {entry.event_count for entry in await read_all(store)} == {2}
