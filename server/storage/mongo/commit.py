"""One commit: units are inserted until each has its place, pages are folded, and every event gets its receipt.

No transaction: a unit is one document, and the unique indexes decide between processes. An insert that meets another
document learns from it what it has to be instead (a duplicate, a page, a new window) and is tried again as that.
Nothing is acknowledged that a journaled majority does not have.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from server.core.errors import StoreUnavailable
from server.core.model import Outcome, Receipt
from server.storage.mongo.collection import Entries
from server.storage.mongo.documents import PreparedEvent
from server.storage.mongo.folding import fold
from server.storage.mongo.identity import entry_id_of
from server.storage.mongo.inserting import CONFLICTS, insert
from server.storage.mongo.learning import learn_ids, learn_windows
from server.storage.mongo.requests import Requests
from server.storage.mongo.samples import sample_document, write_samples
from server.storage.mongo.totals import read_current
from server.storage.mongo.units import Unit
from server.storage.mongo.windows import Windows

_MAX_ROUNDS = 100
_PAUSE_SECONDS = 0.002


class Commit:
    """A batch on its way into the database; `clock` is the database's."""

    def __init__(self, entries: Entries, windows: Windows, requests: Requests, *, clock: Callable[[], int]) -> None:
        self._entries = entries
        self._windows = windows
        self._requests = requests
        self._clock = clock
        self._now = clock()
        self._receipts: dict[int, Receipt] = {}
        self._holders: dict[int, bytes] = {}
        self._samples: list[dict[str, Any]] = []
        self.pages: list[dict[str, Any]] = []
        """What was folded, to be settled later."""

    async def write(self, batch: Sequence[PreparedEvent]) -> list[Receipt]:
        """Write the batch; one receipt an event, in order."""
        batch = await self._requests.adopt(batch)
        units, same = self._units(batch)
        rounds = 0
        while units:
            rounds += 1
            if rounds > _MAX_ROUNDS:
                raise StoreUnavailable("Other writers were faster again and again; send once more.")
            units = await self._round(units)
        for place, first in same.items():
            self._holders[place] = self._holders.get(first) or _document_id(batch[first], self._receipts[first])
        await write_samples(self._entries.samples, self._samples)
        await self._answer_duplicates(batch)
        return [self._receipts[place] for place in range(len(batch))]

    def _units(self, batch: Sequence[PreparedEvent]) -> tuple[list[Unit], dict[int, int]]:
        """Plain events one by one, those of a window together; of what comes twice, the first alone."""
        firsts: dict[Hashable, int] = {}
        same: dict[int, int] = {}
        plain: list[Unit] = []
        grouped: dict[bytes, list[int]] = {}
        for place, event in enumerate(batch):
            occurrence = event.occurrence
            if occurrence is not None and (first := firsts.setdefault(occurrence, place)) != place:
                same[place] = first
            elif event.window is None:
                plain.append(Unit([event], [place]))
            else:
                grouped.setdefault(event.window.identity, []).append(place)
        return plain + [Unit([batch[place] for place in places], places) for places in grouped.values()], same

    async def _round(self, units: list[Unit]) -> list[Unit]:
        """Try to place units; those that have to be tried again, as something else."""
        # Never back: a window was found to be over.
        self._now = max(self._now, self._clock())
        documents = [self._document(unit) for unit in units]
        inserted = await insert(self._entries.durable, documents, [unit.document_id for unit in units])
        conflicts = inserted.conflicts
        # Units that are there already, and what they were prepared as.
        origins = {units[place].document_id: origin for place, origin in inserted.met.items()}
        refused = [unit for place, unit in enumerate(units) if place in conflicts]
        if refused:
            by_kind = {kind: [units[place] for place in conflicts if conflicts[place] == kind] for kind in CONFLICTS}
            # What is in a unit's way may be the unit itself, from an attempt whose reply was lost.
            own = await learn_windows(self._entries.durable, self._windows, by_kind["window"], self._now)
            origins |= {document_id: document_id for document_id in own}
            origins |= await learn_ids(self._entries.durable, by_kind["event_ids"], self._now, self._holders)
            refused = [unit for unit in refused if unit.document_id not in origins and unit.events]
        again = {id(unit) for unit in refused}
        placed = [
            (unit, document)
            for unit, document in zip(units, documents, strict=True)
            if unit.events and id(unit) not in again
        ]
        for unit, _ in placed:
            if origins and origins.get(unit.document_id, unit.origin) != unit.origin:
                # Another attempt of its request stored it.
                self._holders[unit.places[0]] = unit.entry
            elif unit.page is None:
                self._answer_stored(unit)
        if refused:
            await asyncio.sleep(_PAUSE_SECONDS)
        return refused + await self._fold([(unit, document) for unit, document in placed if unit.page is not None])

    def _document(self, unit: Unit) -> Any:
        known = None if unit.identity is None else self._windows.open_at(unit.identity, self._now)
        return unit.document(known, self._now)

    async def _fold(self, pages: list[tuple[Unit, dict[str, Any]]]) -> list[Unit]:
        """Add pages to their entries and answer them; the units whose entry is gone."""
        for unit, _ in pages:
            assert unit.page is not None
            unit.page.pages += 1
        counts = await fold(self._entries, [page for _, page in pages])
        homeless: list[Unit] = []
        for unit, page in pages:
            count = counts[page["entry"]]
            if count is None:
                await self._take_back(unit, page)
                homeless.append(unit)
                continue
            self.pages.append(page)
            before = count - unit.event_count
            self._add_samples(unit, before)
            self._answer(unit, Outcome.DEBOUNCED, unit.counts_from(before))
        return homeless

    async def _take_back(self, unit: Unit, page: Mapping[str, Any]) -> None:
        assert unit.identity is not None
        await self._entries.durable.delete_one({"_id": page["_id"], "organisation": page["organisation"]})
        self._windows.forget(unit.identity)

    def _answer_stored(self, unit: Unit) -> None:
        """The first event of the unit has its own entry; others of its window are in it."""
        counts = unit.counts_from(0)
        self._answer(unit, Outcome.DEBOUNCED, counts)
        first = self._receipts[unit.places[0]]
        self._receipts[unit.places[0]] = Receipt(Outcome.STORED, first.entry_id, counts[0])
        window = unit.events[0].window
        if window is not None:
            self._add_samples(unit, 0)
            self._windows.remember(window.identity, unit.entry, self._now + window.interval)

    def _add_samples(self, unit: Unit, before: int) -> None:
        organisation = unit.events[0].organisation
        self._samples += [sample_document(unit.entry, organisation, sample) for sample in unit.samples_from(before)]

    def _answer(self, unit: Unit, outcome: Outcome, counts: list[int]) -> None:
        entry_id = entry_id_of(unit.entry)
        for place, count in zip(unit.places, counts, strict=True):
            self._receipts[place] = Receipt(outcome, entry_id, count)

    async def _answer_duplicates(self, batch: Sequence[PreparedEvent]) -> None:
        """A duplicate is told what its entry had when the duplicate's turn came, within the batch too."""
        if not self._holders:
            return
        counts = await self._counts_before(batch)
        for place in range(len(batch)):
            holder = self._holders.get(place)
            if holder is None:
                receipt = self._receipts[place]
                counts[receipt.entry_id] = receipt.event_count
            else:
                entry_id = entry_id_of(holder)
                # An entry that retention has removed in the meantime had at least this event.
                self._receipts[place] = Receipt(Outcome.DUPLICATE, entry_id, counts.get(entry_id) or 1)

    async def _counts_before(self, batch: Sequence[PreparedEvent]) -> dict[str, int]:
        """What the duplicates' entries had before this batch, by their public names."""
        by_organisation: dict[int, set[bytes]] = {}
        for place, holder in self._holders.items():
            by_organisation.setdefault(batch[place].organisation, set()).add(holder)
        counts: dict[str, int] = {}
        for organisation, holders in by_organisation.items():
            found = await read_current(self._entries.current, organisation, holders)
            counts.update({entry_id_of(name): entry["totals"].event_count for name, entry in found.items()})
        for place, receipt in self._receipts.items():
            if receipt.entry_id in counts:
                counts[receipt.entry_id] -= batch[place].event_count
        return counts


def _document_id(event: PreparedEvent, receipt: Receipt) -> bytes:
    return event.document_id[:4] + bytes.fromhex(receipt.entry_id)
