"""Requests that count once, as `core.ingest` hands their events over."""

from hashlib import blake2b

import msgspec

from server.core.model import Request, Submission


def request(*submissions: Submission, name: str = "r", size: int | None = None) -> list[Submission]:
    """One arrival of a request of this name with these events; each call is another arrival."""
    organisation = submissions[0].organisation_id
    id_hash = blake2b(f"{organisation}/{name}".encode(), digest_size=16, person=b"request").digest()
    arrival = Request(id_hash=id_hash, size=len(submissions) if size is None else size)
    return [
        msgspec.structs.replace(one, request=arrival, position=position) for position, one in enumerate(submissions)
    ]
