"""Comparisons of the report, with their goals."""

from __future__ import annotations

from attrs import frozen

MIB = 2**20


@frozen
class Comparison:
    """Figure of a candidate, with its ratio to that of a peer.

    Attributes:
        work: Name of the work.
        candidate: Candidate that is compared.
        peer: Candidate that it is compared with. Without one, the goal is a bound of the figure.
        goal: Largest ratio or figure that holds the goal, ``None`` without a goal.
        is_throughput: Whether the ratio is that of calls per second, and the goal its smallest value.
    """

    work: str
    candidate: str
    peer: str | None = None
    goal: float | None = None
    is_throughput: bool = False

    def ratio(self, measurement):
        """Return the ratio, or ``None`` without a peer or if one of the two was not measured."""
        own, peer = measurement.median(self.candidate), measurement.median(self.peer)
        if own is None or peer is None:
            return None
        return peer / own if self.is_throughput else own / peer

    def is_held(self, measurement):
        """Return whether the goal holds, or ``None`` without a goal or a figure."""
        value = measurement.median(self.candidate) if self.peer is None else self.ratio(measurement)
        if self.goal is None or value is None:
            return None
        return value >= self.goal if self.is_throughput else value <= self.goal


COMPARISONS = [
    Comparison("awaited, 1 in flight", "duro", "httpx", 0.60),
    Comparison("awaited, 100 in flight", "duro", "httpx", 0.27),
    Comparison("awaited, 500 in flight", "duro", "httpx", 0.27),
    Comparison("awaited, 1 in flight", "duro, aiohttp", "httpx", 0.48),
    Comparison("awaited, 100 in flight", "duro, aiohttp", "httpx", 0.12),
    Comparison("awaited, 500 in flight", "duro, aiohttp", "httpx", 0.14),
    Comparison("awaited, 100 in flight", "duro, aiohttp", "aiohttp", 1.6),
    Comparison("awaited, 100 in flight", "duro, aiohttp", "stripe", 0.12),
    Comparison("awaited, 100 in flight", "duro, aiohttp", "openai, aiohttp", 0.28),
    Comparison("latency of 20 ms, 500 in flight", "duro, aiohttp", "aiohttp", 0.95, is_throughput=True),
    Comparison("blocking, 1 thread", "duro", "httpx", 0.85),
    Comparison("blocking, 16 threads", "duro", "httpx", 0.95),
    Comparison("blocking, 1 thread", "duro, aiohttp and speed", "httpx", 0.65),
    Comparison("blocking, 16 threads", "duro, aiohttp and speed", "httpx", 0.75),
    Comparison("awaited, 1 in flight", "duro, OAuth", "duro", 1.05),
    Comparison("awaited, 100 in flight", "duro, OAuth", "duro", 1.05),
    Comparison("page of 100 plans", "duro", "json.loads", 3.0),
    Comparison("import and first client", "duro", "httpx", 0.9),
    Comparison("1,000 pages of 100 items", "Python objects", goal=5 * MIB),
    Comparison("1,000 pages of 100 items", "resident memory", goal=5 * MIB),
    Comparison("10,000 calls, 100 in flight", "duro", goal=100),
    Comparison("10,000 calls, 100 in flight", "duro, aiohttp", goal=100),
]
