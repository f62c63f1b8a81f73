"""A gRPC client that keeps a number of calls in flight. Requests are made beforehand, answers are not decoded.

Prints one JSON line. It reads the server's CPU time itself, at the ends of the window that it measures.
"""

import argparse
import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from itertools import cycle
from time import monotonic, process_time
from typing import Any

import grpc.aio
import msgspec
import psutil
import uvloop

from bench.events import BATCH_EVENTS, batch_calls, single_calls, stream_calls
from bench.measurement import Measurement, measured

_WARM_UP_SECONDS = 0.3
_SERVICE = "/tracking.v1.TrackingService"

KINDS: dict[str, tuple[str, Callable[[], list[bytes]], int]] = {
    "log": ("Log", single_calls, 1),
    "batch": ("LogBatch", batch_calls, BATCH_EVENTS),
    "stream": ("LogStream", stream_calls, 1),
    "batch-storm": ("LogBatch", lambda: batch_calls(storm=True), BATCH_EVENTS),
}
"""What can be sent: the method, its requests, events in a request."""


def main() -> None:
    """Measure for the seconds that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--address", action="append", required=True, help="of a server; calls go round all of them")
    parser.add_argument("--key", required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--server-pid", type=int, action="append", required=True)
    print(msgspec.json.encode(uvloop.run(_measure(parser.parse_args()))).decode())


async def _measure(options: argparse.Namespace) -> Measurement:
    method, make_calls, events_each = KINDS[options.kind]
    metadata = (("authorization", f"Bearer {options.key}"),)
    async with AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(grpc.aio.insecure_channel(each)) for each in options.address]
        calls = cycle(make_calls())

        async def keep_calling(channel: Any, until: float, latencies: list[float]) -> None:
            if method == "LogStream":
                await _keep_streaming(channel, calls, metadata, until, latencies)
                return
            log = channel.unary_unary(f"{_SERVICE}/{method}")
            while (begin := monotonic()) < until:
                await log(next(calls), metadata=metadata)
                latencies.append(monotonic() - begin)

        async def call_for(seconds: float) -> list[float]:
            latencies: list[float] = []
            until = monotonic() + seconds
            places = range(options.in_flight)
            await asyncio.gather(*(keep_calling(channels[place % len(channels)], until, latencies) for place in places))
            return latencies

        await call_for(_WARM_UP_SECONDS)
        clocks = _clocks(options.server_pid)
        begin = next(clocks)
        latencies = await call_for(options.seconds)
        end = next(clocks)
    seconds, cpu, client_cpu = (after - before for before, after in zip(begin, end, strict=True))
    return measured(latencies, seconds=seconds, cpu_seconds=cpu, events_each=events_each, client_cpu_seconds=client_cpu)


async def _keep_streaming(
    channel: Any, calls: Iterator[bytes], metadata: Any, until: float, latencies: list[float]
) -> None:
    """One call of `LogStream`: sent as fast as flow control lets, each answer taken as it comes."""
    stream = channel.stream_stream(f"{_SERVICE}/LogStream")(metadata=metadata)
    sent: deque[float] = deque()

    async def send() -> None:
        while (now := monotonic()) < until:
            sent.append(now)
            await stream.write(next(calls))
        await stream.done_writing()

    sending = asyncio.create_task(send())
    latencies += [monotonic() - sent.popleft() async for _ in stream]
    await sending


def _clocks(server_pids: list[int]) -> Iterator[tuple[float, float, float]]:
    servers = [psutil.Process(pid) for pid in server_pids]
    while True:
        spent = [server.cpu_times() for server in servers]
        yield monotonic(), sum(one.user + one.system for one in spent), process_time()


if __name__ == "__main__":
    main()
