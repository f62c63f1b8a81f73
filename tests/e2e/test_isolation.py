"""Promise 13: what one organisation sends in vain costs another one nothing."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from time import monotonic
from typing import Any

import pytest

from tests.support.fixtures import IN_SESSION
from tests.support.rest_client import NDJSON, RestClient, rest_client
from tests.support.service import Service, environment

pytestmark = IN_SESSION

_RATE = 50
_FLOODERS = 32
_EVENTS = 100
_ORIGIN = "https://shop.example"
_SOON_SECONDS = 1.0


@pytest.mark.parametrize("kind", ["server", "browser"])
async def test_a_flood_of_one_organisation_does_not_starve_another(service: Service, kind: str) -> None:
    flood_key = await _limited_key(service, kind)
    quiet_key = _other_organisation(service)
    answers: Counter[int] = Counter()
    flood = [asyncio.create_task(_flood(service, flood_key, answers)) for _ in range(_FLOODERS)]
    try:
        async with rest_client(service, quiet_key) as client:
            slowest = 0.0
            for number in range(_EVENTS):
                begin = monotonic()
                answer = await client.post("/log", {"message": f"Event {number}"})
                slowest = max(slowest, monotonic() - begin)
                assert answer.status == 200, answer.body
            assert slowest < _SOON_SECONDS
            assert len(await client.entries()) == _EVENTS
    finally:
        for task in flood:
            task.cancel()
        await asyncio.gather(*flood, return_exceptions=True)
    assert answers.keys() == {200, 429}
    assert answers[429] > answers[200]


async def test_ids_and_windows_of_two_organisations_never_meet(service: Service) -> None:
    event = {"message": "same", "eventId": "same", "useDebounce": {"key": "same", "maxInterval": "1h"}}
    async with rest_client(service) as one, rest_client(service, _other_organisation(service)) as other:
        for client in (one, other):
            answer = await client.post("/log", event)
            assert answer.fields["tracking-outcome"] == "stored"
            (entry,) = await client.entries()
            foreign = other if client is one else one
            assert (await foreign.get(f"/entries/{entry['id']}")).status == 404


async def _limited_key(service: Service, kind: str) -> str:
    async with rest_client(service) as client:
        origins = [_ORIGIN] if kind == "browser" else []
        answer = await client.post("/keys", {"kind": kind, "rate": _RATE, "origins": origins})
    assert answer.status == 201, answer.body
    return str(answer.json["key"])


def _other_organisation(service: Service) -> str:
    """A key of a new organisation, made beside the running service."""
    _run(service, "organisation", "create", "other")
    made = _run(service, "key", "create", "--organisation", "other", "--scope", "ingest", "--scope", "read", "--json")
    return str(json.loads(made)["key"])


def _run(service: Service, *words: str) -> str:
    settings: dict[str, Any] = {"database_url": service.settings["database_url"]}
    done = subprocess.run(
        [sys.executable, "-m", "server", *words],
        cwd=service.folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def _flood(service: Service, key: str, answers: Counter[int]) -> None:
    client = RestClient(service.http_port, key)
    lines = b"\n".join([b'{"message": "flood"}'] * 20)
    try:
        while True:
            single = await client.post("/log", {"message": "flood"}, Origin=_ORIGIN)
            batch = await client.post("/log/batch", lines, NDJSON, Origin=_ORIGIN)
            answers.update((single.status, batch.status))
    finally:
        client.hang_up()
