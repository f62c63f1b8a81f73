"""A gRPC client that keeps a number of calls in flight. Requests are made beforehand, answers are not decoded.

Prints one JSON line. It reads the server's CPU time itself, at the ends of the window that it measures.
"""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from itertools import cycle
from time import monotonic, process_time
from typing import Any

import grpc.aio
import msgspec
import psutil
import uvloop

from bench.events import BATCH_EVENTS, batch_calls, single_calls
from bench.measurement import Measurement, measured

_WARM_UP_SECONDS = 0.3

KINDS: dict[str, tuple[str, Callable[[], list[bytes]], int]] = {
    "log": ("Log", single_calls, 1),
    "batch": ("LogBatch", batch_calls, BATCH_EVENTS),
    "batch-storm": ("LogBatch", lambda: batch_calls(storm=True), BATCH_EVENTS),
}
"""What can be sent: the method, its requests, events in a request."""


def main() -> None:
    """Measure for the seconds that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--server-pid", type=int, required=True)
    print(msgspec.json.encode(uvloop.run(_measure(parser.parse_args()))).decode())


async def _measure(options: argparse.Namespace) -> Measurement:
    method, make_calls, events_each = KINDS[options.kind]
    metadata = (("authorization", f"Bearer {options.key}"),)
    async with grpc.aio.insecure_channel(options.address) as channel:
        log: Any = channel.unary_unary(f"/tracking.v1.TrackingService/{method}")
        calls = cycle(make_calls())

        async def keep_calling(until: float, latencies: list[float]) -> None:
            while (begin := monotonic()) < until:
                await log(next(calls), metadata=metadata)
                latencies.append(monotonic() - begin)

        async def call_for(seconds: float) -> list[float]:
            latencies: list[float] = []
            until = monotonic() + seconds
            await asyncio.gather(*(keep_calling(until, latencies) for _ in range(options.in_flight)))
            return latencies

        await call_for(_WARM_UP_SECONDS)
        clocks = _clocks(options.server_pid)
        begin = next(clocks)
        latencies = await call_for(options.seconds)
        end = next(clocks)
    seconds, cpu, client_cpu = (after - before for before, after in zip(begin, end, strict=True))
    return measured(latencies, seconds=seconds, cpu_seconds=cpu, events_each=events_each, client_cpu_seconds=client_cpu)


def _clocks(server_pid: int) -> Iterator[tuple[float, float, float]]:
    server = psutil.Process(server_pid)
    while True:
        spent = server.cpu_times()
        yield monotonic(), spent.user + spent.system, process_time()


if __name__ == "__main__":
    main()
