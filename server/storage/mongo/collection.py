"""The collection `entries`, seen twice: durably, and as the primary has it just now; and the samples beside it."""

from typing import Any

from pymongo import WriteConcern
from pymongo.read_concern import ReadConcern

from server.storage.mongo.schema import ENTRIES, SAMPLES


class Entries:
    """`durable` writes to a journaled majority and reads what a majority has.

    `current` is the primary's own state: for sums that can be made again from what is durable.
    """

    def __init__(self, database: Any) -> None:
        self.durable = database[ENTRIES]
        self.samples = database[SAMPLES]
        self.current = database[ENTRIES].with_options(
            write_concern=WriteConcern(w=1), read_concern=ReadConcern("local")
        )
