"""The floor of REST: a bare Sanic handler that reads the JSON and says success. Prints its port."""

import asyncio
import socket

import uvloop
from sanic import HTTPResponse, Request, Sanic
from sanic.response import json


async def _log(request: Request) -> HTTPResponse:
    _ = request.json
    return json({"success": True})


async def _serve() -> None:
    app = Sanic("floor", configure_logging=False)
    app.config.ACCESS_LOG = False
    app.config.AUTO_EXTEND = False
    app.add_route(_log, "/api/v1/tracking/log", methods=["POST"])
    listening = socket.create_server(("127.0.0.1", 0))
    # As the service has it: with Sanic's own 100, some of 128 clients would have to knock twice.
    server = await app.create_server(sock=listening, backlog=4096, return_asyncio_server=True)
    assert server is not None
    await server.startup()  # type: ignore[no-untyped-call]  # so is Sanic
    print(listening.getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve())
