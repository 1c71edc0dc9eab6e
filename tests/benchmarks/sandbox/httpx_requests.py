"""Unit of the speed goals of the sandbox: one request of a raw httpx client to a server of fixed responses.

A figure in this unit does not depend on the speed of the machine. The goals were measured where a request took 568 µs:
5 s are 8,803 requests.
"""

from __future__ import annotations

import statistics

from tests.benchmarks.processes import Worker, running_server
from tests.benchmarks.suite import AWAITED

CALLS = 500
ROUNDS = 3


def measure_request() -> float:
    """Return the seconds of one awaited request, the median of several rounds."""
    with running_server() as server:
        worker = Worker(AWAITED["httpx"].source, server.url)
        try:
            worker.wait_until_ready()
            worker.measure(CALLS, 1)  # not counted
            return statistics.median(worker.measure(CALLS, 1) for _ in range(ROUNDS))
        finally:
            worker.close()
