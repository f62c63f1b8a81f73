"""A reader of live tails, over REST and over gRPC, in words that both share."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, NamedTuple

import grpc.aio
import httpx
import msgspec
from tracking.v1 import query_service_pb2, query_service_pb2_grpc

from server.client.entry_json import entry_fields
from tests.support import grpc_door, rest_door
from tests.support.grpc_messages import filter_message
from tests.support.rest_door import API
from tests.support.results import Entry, Failure, Filters

_SECONDS = 10.0


class Told(NamedTuple):
    """One message. `value` is the entry, how many are lost (None: nobody knows), or the error of the end."""

    kind: str
    position: str
    value: Any = None


class Refused(Exception):
    """The tail was not opened."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure)


class TailReader:
    """What a tail tells, one message after the other. It waits for each, but not for ever."""

    def __init__(self, messages: AsyncIterator[Told]) -> None:
        self._messages = messages
        self.position = ""

    async def next(self) -> Told:
        """The next message, a heartbeat too."""
        async with asyncio.timeout(_SECONDS):
            told = await anext(self._messages)
        self.position = told.position or self.position
        return told

    async def news(self) -> Told:
        """The next message that is none."""
        while (told := await self.next()).kind == "heartbeat":
            pass
        return told

    async def entry(self) -> Entry:
        """The next entry; nothing else may come before it."""
        told = await self.news()
        assert told.kind == "entry", told
        entry: Entry = told.value
        return entry

    async def messages(self, number: int) -> list[str]:
        """What so many entries say."""
        return [(await self.entry())["message"] for _ in range(number)]


@asynccontextmanager
async def rest_tail(
    http: httpx.AsyncClient, key: str, filters: Filters | None = None, *, after: str = "", **parameters: str
) -> AsyncIterator[TailReader]:
    """A tail over REST. Raises Refused."""
    headers = {"Authorization": f"Bearer {key}"} | ({"Last-Event-ID": after} if after else {})
    path, asked = f"{API}/entries/tail", {**(filters or {}), **parameters}
    async with http.stream("GET", path, params=asked, headers=headers) as answer:
        if answer.status_code != 200:
            await answer.aread()
            raise Refused(rest_door.failure_of(answer))
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert (answer.headers["Cache-Control"], answer.headers["X-Accel-Buffering"]) == ("no-store", "no")
        async with aclosing(_events(answer)) as messages:
            yield TailReader(messages)


async def _events(answer: httpx.Response) -> AsyncGenerator[Told, None]:
    fields: dict[str, str] = {}
    position = ""
    async for line in answer.aiter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name or "comment"] = value.removeprefix(" ")
            continue
        position = fields.get("id", position)
        if "data" in fields:
            value = msgspec.json.decode(fields["data"])
            kind = fields["event"]
            yield Told(kind, position, value.get("count") if kind == "lost" else value)
        elif fields.get("comment") == "heartbeat":
            yield Told("heartbeat", position)
        else:
            assert fields == {"retry": "1000"}
        fields = {}


@asynccontextmanager
async def grpc_tail(
    channel: grpc.aio.Channel, key: str, filters: Filters | None = None, *, after: str = ""
) -> AsyncIterator[TailReader]:
    """A tail over gRPC. Raises Refused with its first message, where REST does as it is opened."""
    stub: Any = query_service_pb2_grpc.QueryServiceStub(channel)
    request = query_service_pb2.TailEntriesRequest(filter=filter_message(filters or {}), resume_token=after)
    call = stub.TailEntries(request, metadata=(("authorization", f"Bearer {key}"),))
    try:
        async with aclosing(_responses(call)) as messages:
            yield TailReader(messages)
    finally:
        call.cancel()


async def _responses(call: Any) -> AsyncGenerator[Told, None]:
    position = ""
    try:
        async for response in call:
            kind = response.WhichOneof("message")
            position = response.resume_token
            assert position
            message = getattr(response, kind)
            value = None
            if kind in ("entry", "repeat"):
                value = entry_fields(message)
            elif kind == "lost" and message.HasField("count"):
                value = message.count
            yield Told(kind, position, value)
    except grpc.aio.AioRpcError as error:
        failure = grpc_door.failure_of(error)
        if not position:
            raise Refused(failure) from error
        yield Told("end", position, {"code": failure.code})
