"""How long searches take: `python -m bench.search FILE COUNT`, on a file that `bench.entries` has filled.

The index is brought up to date first. Each kind of question is asked with other words every time; the time is from
the question to the page, in the store, with the file in the system's cache as far as it fits.
"""

import asyncio
import random
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from bench.entries import DAYS, END, PHRASE, RARE_SERVICE, SELDOM_TOGETHER, rare_word, trace_of
from server.core.model import NANOSECONDS_PER_SECOND
from server.core.query import EntryFilter, Page, parse_query
from server.storage.sqlite.index.indexer import Indexer
from server.storage.sqlite.store import SqliteStore

_ASKED = 40
_PAGE = 50
_DAY = 24 * 3600 * NANOSECONDS_PER_SECOND

Question = Callable[[random.Random], str]


def questions(count: int, groups: list[str], services: list[str]) -> dict[str, Question]:
    """The kinds of questions, for a log of so many entries."""
    return {
        "newest page": lambda _: "",
        "level": lambda choose: f"level:{choose.choice(['critical', 'error', 'success'])}",
        "service": lambda choose: f"service:{choose.choice(services)}",
        "rare service": lambda _: f"service:{RARE_SERVICE}",
        "trace": lambda choose: f"trace:{trace_of(choose.randrange(count))}",
        "group": lambda choose: f"group:{choose.choice(groups)}",
        "rare word": lambda choose: rare_word(choose.randrange(max(1, count // 100_000))),
        "no such word": lambda choose: f"nowhere{choose.randrange(10**6)}x",
        "attribute": lambda choose: f"customer:c-{int(choose.random() ** 3 * 200_000)}",
        "unique attribute": lambda choose: f"orderId:{25_000_000 + choose.randrange(count)}",
        "rare pair of common words": lambda _: " ".join(SELDOM_TOGETHER),
        "level, service and attribute": lambda choose: (
            f"level:critical service:{choose.choice(services)} http.status_code:503"
        ),
        "phrase": lambda _: f'"{PHRASE}"',
        "prefix": lambda choose: f"{rare_word(choose.randrange(10))[:5]}*",
        "common prefix": lambda choose: f"{choose.choice(['ba', 'co', 'payme'])}*",
        "comparison": lambda choose: f"level:error durationMs:>{choose.randrange(29_000, 29_900)}",
        "negation": lambda choose: f"level:critical -environment:production -service:{choose.choice(services)}",
    }


async def ask(store: SqliteStore, filters: EntryFilter, page: int = 1) -> tuple[float, int]:
    """Seconds until a page is there, and entries on it; earlier pages are not counted."""
    before = None
    for _ in range(page - 1):
        found = await store.find_entries(1, filters, Page(_PAGE, before))
        before = found.next_key
        if before is None:
            break
    begin = perf_counter()
    entries = 0
    while True:
        answer = await store.find_entries(1, filters, Page(_PAGE - entries, before))
        entries += len(answer.entries)
        before = answer.next_key
        if before is None or entries == _PAGE:
            return perf_counter() - begin, entries


async def measure(path: Path, count: int) -> list[tuple[str, list[tuple[float, int]]]]:
    """Of each kind of question, the times and entries of its pages."""
    store, choose = SqliteStore(path), random.Random(7)
    try:
        page = await store.find_entries(1, EntryFilter(), Page(1000))
        groups = [entry.group_id for entry in page.entries]
        services = sorted({entry.service or "" for entry in page.entries})
        rows = []
        for name, question in questions(count, groups, services).items():
            filters = [parse_query(text, 0) if text else EntryFilter() for text in _asked(question, choose)]
            rows.append((name, [await ask(store, one) for one in filters]))
        rows.append(
            ("page 20 of a level", [await ask(store, parse_query("level:error", 0), page=20) for _ in range(5)])
        )
        begin = END - DAYS * _DAY // 2
        day = EntryFilter(from_time=begin, to_time=begin + _DAY, q=(SELDOM_TOGETHER[0],))
        rows.append(("a word within a day", [await ask(store, day) for _ in range(_ASKED)]))
        return rows
    finally:
        await store.close()


def _asked(question: Question, choose: random.Random) -> list[str]:
    return [question(choose) for _ in range(_ASKED)]


def main() -> None:
    path = Path(sys.argv[1])
    count = int(sys.argv[2])
    with Indexer(path) as indexer:
        indexer.run_to_end()
    print(f"| {count:,} entries | p50 ms | p95 ms | longest | on the page |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, asked in asyncio.run(measure(path, count)):
        ordered = sorted(1000 * seconds for seconds, _ in asked)
        p50, p95 = ordered[len(ordered) // 2], ordered[int(0.95 * (len(ordered) - 1))]
        found = sum(entries for _, entries in asked) / len(asked)
        print(f"| {name} | {p50:.1f} | {p95:.1f} | {ordered[-1]:.1f} | {found:.0f} |")


if __name__ == "__main__":
    main()
