"""A client of the REST door."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec

from tests.support.results import BatchLogged, Entry, Event, Failure, Filters, Logged, Page

API = "/api/v1/tracking"
_ERROR_MEMBERS = {"code", "message", "description"}


class RestDoor:
    """REST with one key. `lines`: batches go as NDJSON instead of an array."""

    name = "rest"

    def __init__(self, client: httpx.AsyncClient, key: str, *, lines: bool = False) -> None:
        self._client = client
        self._key = key
        self._lines = lines

    async def log(self, event: Event) -> Logged | Failure:
        """See `DoorClient`."""
        answer = await self.request("POST", "/log", json=event)
        if answer.status_code != 200:
            return failure_of(answer)
        assert answer.content == b'{"success": true}'
        headers = answer.headers
        return Logged(headers["Tracking-Outcome"], headers["Tracking-Entry-Id"], int(headers["Tracking-Event-Count"]))

    async def log_batch(self, events: Sequence[Event]) -> BatchLogged | Failure:
        """See `DoorClient`."""
        if self._lines:
            body, media_type = b"\n".join(map(msgspec.json.encode, events)), "application/x-ndjson"
        else:
            body, media_type = msgspec.json.encode(events), "application/json"
        answer = await self.request("POST", "/log/batch", content=body, headers={"Content-Type": media_type})
        return failure_of(answer) if answer.status_code != 200 else batch_of(answer.json())

    async def entries(
        self, filters: Filters | None = None, *, page_size: int = 0, page_token: str = ""
    ) -> Page | Failure:
        """See `DoorClient`."""
        parameters: dict[str, Any] = dict(filters or {})
        if page_size:
            parameters["pageSize"] = str(page_size)
        if page_token:
            parameters["pageToken"] = page_token
        answer = await self.request("GET", "/entries", params=parameters)
        if answer.status_code != 200:
            return failure_of(answer)
        page = answer.json()
        assert page.keys() <= {"entries", "nextPageToken"}
        return Page(page["entries"], page.get("nextPageToken", ""))

    async def entry(self, entry_id: str) -> Entry | Failure:
        """See `DoorClient`."""
        answer = await self.request("GET", f"/entries/{entry_id}")
        if answer.status_code != 200:
            return failure_of(answer)
        entry: Entry = answer.json()
        return entry

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        """Any request with this door's key; the path begins behind `/api/v1/tracking`."""
        fields = {"Authorization": f"Bearer {self._key}", **(headers or {})}
        return await self._client.request(method, API + path, headers=fields, **content)


def failure_of(answer: httpx.Response) -> Failure:
    """An error's answer, looked at for what every one of them must have."""
    body = answer.json()
    assert body.keys() == {"success", "error"}
    assert body["success"] is False
    retry = answer.status_code in (429, 503)
    if retry:
        assert int(answer.headers["Retry-After"]) >= 1
    else:
        assert "Retry-After" not in answer.headers
    return _error(body["error"], retry=retry)


def batch_of(body: dict[str, Any]) -> BatchLogged:
    """A batch's answer, looked at for what every one of them must have."""
    outcomes = {outcome: body[outcome] for outcome in ("stored", "debounced", "duplicate", "rejected")}
    assert body.keys() == {"success", *outcomes, "errors"}
    errors = {item["index"]: _error(item["error"], retry=False) for item in body["errors"]}
    assert len(errors) == len(body["errors"]) == body["rejected"]
    assert body["success"] is (not errors)
    return BatchLogged(outcomes, errors)


def _error(error: dict[str, str], *, retry: bool) -> Failure:
    assert error.keys() - {"field"} == _ERROR_MEMBERS
    assert all(error.values())
    return Failure(error["code"], error.get("field"), retry)
