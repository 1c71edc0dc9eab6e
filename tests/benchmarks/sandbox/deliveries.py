"""Speed of deliveries: the events of an advance, delivered to an endpoint on loopback in another process.

    python -m tests.benchmarks.sandbox.deliveries [--subscriptions 200] [--days 365] [--failing 0.35]

It prints the seconds of an advance with deliveries and of one without, the CPU milliseconds of a delivery, and the
number of raw httpx requests that take as long as the advance with deliveries.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from duro.sandbox import Sandbox

from .httpx_requests import measure_request
from .subscriptions import SEED, START, add_subscriptions, fail_charges

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class _Endpoint(asyncio.Protocol):
    received = 0

    def __init__(self) -> None:
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._data, 0, end + 2)
            end += 4 + (int(length[1]) if length else 0)
            if len(self._data) < end:
                return
            self._data = self._data[end:]
            _Endpoint.received += 1
            self._transport.write(RESPONSE)  # type: ignore[attr-defined]


def serve(pipe: Connection) -> None:
    """Serve an endpoint. Send its port, and the number of deliveries when the other side asks for it."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_Endpoint, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)
        pipe.send(_Endpoint.received)

    asyncio.run(run())


@contextmanager
def endpoint() -> Generator[tuple[str, Connection], None, None]:
    """Run an endpoint in another process, and yield its URL and its pipe."""
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=serve, args=(other,))
    process.start()
    yield f"http://127.0.0.1:{pipe.recv()}/webhooks", pipe
    process.join()


def measure(options: argparse.Namespace, url: str | None) -> tuple[float, float, int]:
    """Advance a sandbox, and return its seconds of CPU time and wall time, and its number of deliveries."""
    with Sandbox(clock="frozen", start=START, seed=SEED) as sandbox:
        backend = sandbox._backend
        add_subscriptions(backend, options.subscriptions)
        fail_charges(backend, options.failing)
        if url is not None:
            sandbox.endpoints.add(url)
        wall, cpu = time.perf_counter(), time.process_time()
        result = sandbox.clock.advance(days=options.days)
        return time.process_time() - cpu, time.perf_counter() - wall, result.deliveries


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscriptions", type=int, default=200)
    parser.add_argument("--days", type=float, default=365)
    parser.add_argument("--failing", type=float, default=0.35, help="share of the charges that fail")
    options = parser.parse_args()
    with endpoint() as (url, pipe):
        cpu, wall, _ = measure(options, None)
        print(f"advance          {cpu:7.2f} s CPU {wall:7.2f} s wall")
        all_cpu, all_wall, deliveries = measure(options, url)
        pipe.send(None)
        received = pipe.recv()
    print(f"with deliveries  {all_cpu:7.2f} s CPU {all_wall:7.2f} s wall, {deliveries:,} made, {received:,} received")
    of_each = [1000 * seconds / deliveries for seconds in (all_cpu - cpu, all_wall - wall)]
    print(f"each delivery    {of_each[0]:7.3f} ms CPU {of_each[1]:6.3f} ms wall")
    request = measure_request()
    print(f"with deliveries  {all_wall / request:,.0f} requests of {request * 1e6:,.0f} µs")


if __name__ == "__main__":
    main()
