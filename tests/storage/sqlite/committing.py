"""A process that commits numbered events and tells which are acknowledged, until it is killed.

Arguments: the database, the number of the first event, the seed. Each line says the events that a commit is about to
write, or has written: `try 10 25`, `acknowledged 10 25` (the second number is exclusive).
"""

import asyncio
import random
import sys
from pathlib import Path

from server.core.model import Submission
from server.storage.sqlite.store import SqliteStore
from tests.support.stores import SECOND, commit, submission

KEYS = 3


def numbered(number: int) -> Submission:
    """Event `number`: one in four is plain, the others share three windows of a second."""
    key = number % (KEYS + 1)
    return submission(
        f"{number}",
        event_id=f"{number}",
        at=number // 400 * 1_000_000,
        key=f"{key}" if key else None,
        interval=SECOND,
        attributes=b'{"filling":"' + b"x" * (number % 13 * 90) + b'"}',
    )


async def main(path: Path, first: int, seed: int) -> None:
    choose = random.Random(seed)
    store = SqliteStore(path)
    if not await store.list_organisations():
        await store.create_organisation("one")
    while True:
        behind = first + choose.choice([1, 2, 20, 100, 700])
        print("try", first, behind, flush=True)
        retries = [numbered(choose.randrange(first + 1)) for _ in range(3)]
        await commit(store, *map(numbered, range(first, behind)), *retries)
        print("acknowledged", first, behind, flush=True)
        if choose.random() < 0.1:
            await store.maintain()
        first = behind


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
