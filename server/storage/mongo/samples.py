"""Samples of repeats: documents of their own, so that an entry stays as large as its first event."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo.errors import BulkWriteError, PyMongoError

from server.core.model import Sample
from server.core.stored import sample_of
from server.storage.mongo.errors import DUPLICATE_KEY, brief
from server.storage.mongo.fields import event_of

logger = logging.getLogger("tracking.mongo")

_COUNT_BYTES = 8


def sample_document(entry: bytes, organisation_id: int, sample: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a sample: an entry has one a count."""
    count = int(sample["event_count"])
    return {
        "_id": entry + count.to_bytes(_COUNT_BYTES, "big"),
        "organisation": organisation_id,
        "entry": entry,
        **sample,
    }


async def write_samples(samples: Any, documents: Sequence[Mapping[str, Any]]) -> None:
    """Keep samples. What they are of is counted durably already, so that they fail alone: with a line in the log."""
    if not documents:
        return
    try:
        await samples.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
            logger.warning("Samples of repeats could not be kept: %s", brief(error))
    except PyMongoError as error:
        logger.warning("Samples of repeats could not be kept: %s", brief(error))


async def read_samples(samples: Any, organisation_id: int, entries: Iterable[bytes]) -> dict[bytes, list[Sample]]:
    """The samples of these entries, each entry's in the order of their counts."""
    found: dict[bytes, list[Sample]] = {}
    wanted = {"organisation": organisation_id, "entry": {"$in": list(entries)}}
    async for document in samples.find(wanted).sort("_id", 1):
        found.setdefault(document["entry"], []).append(sample_of(event_of(document), document["event_count"]))
    return found
