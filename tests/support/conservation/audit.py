"""The fault-free end of a run: what is missing is sent again, then everything is read and held against the books."""

from collections import defaultdict
from typing import Any

from server.core.instants import parse_rfc3339
from tests.support.conservation.ledger import Ledger
from tests.support.conservation.oracle import Event
from tests.support.conservation.ways import GrpcBatch, every_way
from tests.support.rest_client import rest_client
from tests.support.service import Service

_FIELDS = ("message", "level", "service", "component", "traceId", "attributes", "eventId", "debounceKey")


async def settle(service: Service, ledger: Ledger) -> None:
    """Send again what was not acknowledged and has an id, and a fresh event every way; all of it has to be taken."""
    for way in every_way(service):
        fresh = ledger.issue(1)
        ledger.answered(fresh, await way.send(fresh))
        await way.close()
    way = GrpcBatch(service, events=500)
    while events := ledger.again(way.events):
        ledger.answered(events, await way.send(events))
    await way.close()


async def audit(service: Service, ledger: Ledger) -> None:
    """What was acknowledged ⊆ stored ⊆ issued, payloads equal, no id twice, and every debounced event counted once."""
    async with rest_client(service) as client:
        entries = await client.entries()
    stored = {_number(entry): entry for entry in entries}
    assert len(stored) == len(entries), "An event was stored twice."
    assert not stored.keys() - ledger.issued.keys(), "Something is stored that nobody has sent."
    for number, entry in stored.items():
        _require_equal(ledger.issued[number], entry)
    _audit_plain(ledger, stored)
    _audit_debounced(ledger, stored)


def _audit_plain(ledger: Ledger, stored: dict[int, dict[str, Any]]) -> None:
    plain = {number for number, event in ledger.issued.items() if event.debounce_key is None}
    lost = plain & ledger.acknowledged.keys() - stored.keys()
    assert not lost, f"{len(lost)} of {len(ledger.acknowledged)} acknowledged events are lost: {sorted(lost)[:10]}"
    for number in plain & ledger.acknowledged.keys():
        entry_id = ledger.acknowledged[number].entry_id
        assert entry_id in (None, stored[number]["id"]), f"Event {number} was acknowledged as another entry."
        assert stored[number]["eventCount"] == 1


def _audit_debounced(ledger: Ledger, stored: dict[int, dict[str, Any]]) -> None:
    """A run is shorter than its windows: a key has one entry, which stands for all its events."""
    events: dict[str, set[int]] = defaultdict(set)
    for number, event in ledger.issued.items():
        if event.debounce_key is not None:
            events[event.debounce_key].add(number)
    for key, numbers in events.items():
        entries = [stored[number] for number in numbers & stored.keys()]
        acknowledged = numbers & ledger.acknowledged.keys()
        assert len(entries) == 1, f"{key} has {len(entries)} entries."
        count = entries[0]["eventCount"]
        assert len(acknowledged) <= count <= len(numbers), f"{key} counts {count} of {len(acknowledged)} acknowledged."
        ids = {ledger.acknowledged[number].entry_id for number in acknowledged}
        assert ids <= {None, entries[0]["id"]}


def _number(entry: dict[str, Any]) -> int:
    return int(entry["attributes"]["number"])


def _require_equal(event: Event, entry: dict[str, Any]) -> None:
    sent = {name: event.payload[name] for name in _FIELDS if name in event.payload}
    if event.debounce_key is not None:
        sent["debounceKey"] = event.debounce_key
    kept = {name: entry[name] for name in _FIELDS if name in entry}
    assert kept == sent, f"Event {event.number} was changed."
    assert "warnings" not in entry
    if "eventTime" in event.payload:
        assert parse_rfc3339(entry["eventTime"]) == parse_rfc3339(event.payload["eventTime"])
