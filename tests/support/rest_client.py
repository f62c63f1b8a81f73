"""A client of the REST door that keeps one connection, as a well-behaved program does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from tests.support.raw_http import Answer, RawConnection, request
from tests.support.service import BOOTSTRAP_KEY, Service

API = "/api/v1/tracking"
JSON = "application/json"
NDJSON = "application/x-ndjson"
_LARGEST_PAGE = 1_000


class RestClient:
    """Asks one question at a time; an answer that says so closes the connection, and the next question opens another.

    A connection that ends without an answer is ConnectionError, EOFError or TimeoutError.
    """

    def __init__(self, port: int, key: str = BOOTSTRAP_KEY, *, timeout_seconds: float = 20.0) -> None:
        self._port = port
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._connection: RawConnection | None = None

    async def ask(
        self, method: str, path: str, body: bytes | None = None, fields: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and wait for its answer."""
        if self._connection is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._connection = RawConnection(reader, writer, timeout_seconds=self._timeout_seconds)
        headers = {"Authorization": f"Bearer {self._key}", **(fields or {})}
        try:
            answer = await self._connection.ask(request(method, path, headers, body))
        except BaseException:
            self.hang_up()
            raise
        if answer.fields.get("connection") == "close":
            await self.close()
        return answer

    async def post(self, path: str, value: Any, content_type: str = JSON, **fields: str) -> Answer:
        """POST to the API: JSON of a value, or bytes as they are."""
        body = value if isinstance(value, bytes) else msgspec.json.encode(value)
        return await self.ask("POST", f"{API}{path}", body, {"Content-Type": content_type, **fields})

    async def get(self, path: str) -> Answer:
        """GET from the API."""
        return await self.ask("GET", f"{API}{path}")

    async def entries(self, query: str = "") -> list[dict[str, Any]]:
        """All entries of a query, newest first, page by page."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            answer = await self.get(f"/entries?pageSize={_LARGEST_PAGE}{query}{token}")
            assert answer.status == 200, answer.body
            found += answer.json["entries"]
            if "nextPageToken" not in answer.json:
                return found
            token = f"&pageToken={answer.json['nextPageToken']}"

    async def metric(self, name: str) -> float:
        """The sum of all samples of a metric, whose name may go on with labels."""
        lines = (await self.ask("GET", "/metrics")).body.decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def hang_up(self) -> None:
        """Forget the connection in the middle of whatever is under way."""
        if self._connection is not None:
            self._connection.hang_up()
            self._connection = None

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()


@asynccontextmanager
async def rest_client(service: Service, key: str = BOOTSTRAP_KEY) -> AsyncIterator[RestClient]:
    """A client of a service that runs."""
    client = RestClient(service.http_port, key)
    try:
        yield client
    finally:
        client.hang_up()
