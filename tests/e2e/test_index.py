"""The indexer beside the real service: it follows, it comes back when it is killed, and it ends with the service."""

from functools import partial
from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from server.storage.sqlite.index.file import index_path, throw_away
from server.storage.sqlite.index.keeping import read_status
from tests.support.service import BOOTSTRAP_KEY, Service, serving
from tests.support.waiting import eventually, until

LOG = "/api/v1/tracking/log"
ENTRIES = "/api/v1/tracking/entries"


def client(service: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{service.http_port}", headers={"Authorization": f"Bearer {BOOTSTRAP_KEY}"}
    )


async def metric(http: httpx.AsyncClient, name: str) -> float:
    text = (await http.get("/metrics")).text
    return next(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    )


async def messages(http: httpx.AsyncClient, text: str) -> list[str]:
    answer = (await http.get(ENTRIES, params={"q": text, "pageSize": 100})).json()
    return [entry["message"] for entry in answer["entries"]]


def indexer_of(service: Service) -> psutil.Process | None:
    return next(
        (child for child in service.process.children() if "server.storage.sqlite.index" in child.cmdline()), None
    )


async def test_it_follows_and_comes_back(tmp_path: Path) -> None:
    async with serving(tmp_path) as service, client(service) as http:
        for number in range(30):
            await http.post(f"{LOG}/batch", json=[{"message": f"batch{number} of{n}"} for n in range(100)])
            # Indexed or not: whoever wrote finds it at once.
            assert len(await messages(http, f"batch{number}")) == 100
        await until(lambda: read_status(service.database).is_up_to_date)
        assert len(await messages(http, "of7")) == 30
        first = indexer_of(service)
        assert first is not None
        first.kill()
        await http.post(LOG, json={"message": "after its death"})
        assert await messages(http, "death") == ["after its death"]
        await until(lambda: read_status(service.database).is_up_to_date)
        await eventually(lambda: _is(http, "tracking_index_pending_entries", 0.0))
        assert await metric(http, "tracking_index_restarts_total") == 1.0
        throw_away(index_path(service.database))
        assert len(await messages(http, "of8")) == 30
        await until(lambda: read_status(service.database).is_up_to_date)
        assert len(await messages(http, "of9")) == 30


async def test_it_ends_with_its_service(tmp_path: Path) -> None:
    async with serving(tmp_path) as service:
        for end in (service.kill, service.stop):
            async with client(service) as http:
                await http.post(LOG, json={"message": "m"})
            await until(lambda: indexer_of(service) is not None)
            indexer = indexer_of(service)
            assert indexer is not None
            await end()
            await until(partial(_has_ended, indexer))
            await service.start()


def _has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def _is(http: httpx.AsyncClient, name: str, value: float) -> bool:
    return await metric(http, name) == value
