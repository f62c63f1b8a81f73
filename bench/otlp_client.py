"""An OTLP client that keeps a number of requests in flight. Prints one JSON line.

It speaks to whatever receives OTLP: the service, or a Collector. Requests are made while they are sent, as no two may
be alike; compressed ones beforehand. It reads the receiver's CPU time itself, at the ends of the window that it
measures.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from time import monotonic, process_time
from typing import Any

import grpc.aio
import msgspec
import psutil
import uvloop

from bench.measurement import Measurement, measured
from bench.otlp_events import BODIES
from bench.stage import KEY

_WARM_UP_SECONDS = 0.3
_COMPRESSED_BODIES_A_SECOND = 150
_EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
_MEDIA_TYPES = {"json": "application/json"}
_HEAD_END = b"\r\n\r\n"

Send = Callable[[bytes], Any]


def main() -> None:
    """Measure for the seconds that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--protocol", choices=("grpc", "http"), required=True)
    parser.add_argument("--encoding", choices=BODIES, default="protobuf")
    parser.add_argument("--address", required=True, help="HOST:PORT")
    parser.add_argument("--records", type=int, required=True, help="in a request")
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--server-pid", type=int, required=True)
    print(msgspec.json.encode(uvloop.run(_measure(parser.parse_args()))).decode())


async def _measure(options: argparse.Namespace) -> Measurement:
    bodies = _bodies(options)
    connect = _grpc if options.protocol == "grpc" else _http
    server = psutil.Process(options.server_pid)

    async def keep_sending(until: float, latencies: list[float]) -> None:
        async with connect(options) as send:
            while (begin := monotonic()) < until:
                body = next(bodies, None)
                if body is None:
                    raise RuntimeError("more was sent than was made beforehand")
                await send(body)
                latencies.append(monotonic() - begin)

    async def send_for(seconds: float) -> list[float]:
        latencies: list[float] = []
        until = monotonic() + seconds
        await asyncio.gather(*(keep_sending(until, latencies) for _ in range(options.in_flight)))
        return latencies

    await send_for(_WARM_UP_SECONDS)
    begin, spent, own = monotonic(), _cpu_seconds(server), process_time()
    latencies = await send_for(options.seconds)
    return measured(
        latencies,
        seconds=monotonic() - begin,
        cpu_seconds=_cpu_seconds(server) - spent,
        events_each=options.records,
        client_cpu_seconds=process_time() - own,
    )


def _bodies(options: argparse.Namespace) -> Iterator[bytes]:
    bodies = BODIES[options.encoding](options.records)
    if options.encoding != "gzip":
        return bodies
    wanted = int(
        (options.seconds + 2 * _WARM_UP_SECONDS) * _COMPRESSED_BODIES_A_SECOND * max(1, 1000 / options.records)
    )
    return iter([next(bodies) for _ in range(wanted)])


@asynccontextmanager
async def _grpc(options: argparse.Namespace) -> AsyncIterator[Send]:
    async with grpc.aio.insecure_channel(options.address) as channel:
        export: Any = channel.unary_unary(_EXPORT)
        metadata = (("authorization", f"Bearer {KEY}"),)
        yield lambda body: export(body, metadata=metadata)


@asynccontextmanager
async def _http(options: argparse.Namespace) -> AsyncIterator[Send]:
    host, _, port = options.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    coding = "Content-Encoding: gzip\r\n" if options.encoding == "gzip" else ""
    media_type = _MEDIA_TYPES.get(options.encoding, "application/x-protobuf")
    head = (
        f"POST /v1/logs HTTP/1.1\r\nHost: {options.address}\r\nAuthorization: Bearer {KEY}\r\n"
        f"Content-Type: {media_type}\r\n{coding}Content-Length: "
    ).encode()

    async def send(body: bytes) -> None:
        writer.writelines((head, str(len(body)).encode(), _HEAD_END, body))
        await writer.drain()
        answer = await reader.readuntil(_HEAD_END)
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(answer.decode())
        await reader.readexactly(_content_length(answer))

    try:
        yield send
    finally:
        writer.close()


def _content_length(head: bytes) -> int:
    fields = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    return next((int(value) for name, _, value in fields if name == b"content-length"), 0)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    spent: float = times.user + times.system
    return spent


if __name__ == "__main__":
    main()
