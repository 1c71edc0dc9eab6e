"""Kinds of work, which measure their candidates in alternating rounds."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec

from attrs import frozen

from .processes import CandidateError, Worker, run, running_server
from .rounds import Rounds, alternate


@frozen
class Candidate:
    """Client or function that is measured.

    Attributes:
        source: Function that opens it, or statement or argument of its program.
        packages: Packages that it needs, beside those of the SDK.
    """

    source: str
    packages: tuple[str, ...] = ()

    @property
    def is_installed(self):
        return all(find_spec(package) for package in self.packages)


class Work:
    """Work that several candidates do.

    Attributes:
        name: Name, which the results and the goals use.
        unit: Unit of the figures: ``seconds``, ``bytes`` or ``connections``.
        candidates: Installed candidates by name.
        all_candidates: Candidates by name, also those whose packages are not installed.
    """

    unit = "seconds"

    def __init__(self, name, candidates):
        self.name = name
        self.all_candidates = candidates
        self.candidates = {key: candidate for key, candidate in candidates.items() if candidate.is_installed}

    def measure(self, rounds, *, clock="wall", calls_divisor=1):
        """Measure all candidates in alternating rounds.

        Args:
            rounds: Number of rounds that count.
            clock: ``wall``, or ``cpu`` for the processor time of the client, which is used for calls only.
            calls_divisor: Number that divides the calls of a round.

        Returns:
            The figures of each candidate, and the message of each one that failed.
        """
        raise NotImplementedError


class Calls(Work):
    """Calls of clients or functions, each in a process that stays open for all rounds."""

    def __init__(self, name, candidates, *, calls, in_flight=1, delay=0.0):
        super().__init__(name, candidates)
        self._calls = calls
        self._in_flight = in_flight
        self._delay = delay

    def measure(self, rounds, *, clock="wall", calls_divisor=1):
        with running_server(self._delay) as server, ExitStack() as closing:
            workers, failures = {}, {}
            for name, candidate in self.candidates.items():
                workers[name] = Worker(candidate.source, server.url, clock)
                closing.callback(workers[name].close)
            for name, worker in list(workers.items()):
                try:
                    worker.wait_until_ready()
                except CandidateError as error:
                    failures[name] = str(error)
                    del workers[name]
            calls = self._calls // calls_divisor
            measurements = {name: Rounds(worker.measure, calls, self._in_flight) for name, worker in workers.items()}
            figures, later_failures = alternate(measurements, rounds)
            return figures, failures | later_failures


class Programs(Work):
    """Programs that print a number, each of which starts anew in each round. A number of bytes takes one round."""

    def __init__(self, name, candidates, *, module, unit="seconds"):
        super().__init__(name, candidates)
        self.unit = unit
        self._module = module

    def measure(self, rounds, *, clock="wall", calls_divisor=1):
        with running_server() as server:
            measurements = {
                name: partial(run, self._module, candidate.source, server.url)
                for name, candidate in self.candidates.items()
            }
            return alternate(measurements, rounds) if self.unit == "seconds" else measure_once(measurements)


class Connections(Work):
    """Connections that a new client opens for a number of calls, counted by the server in one round."""

    unit = "connections"

    def __init__(self, name, candidates, *, calls, in_flight):
        super().__init__(name, candidates)
        self._calls = calls
        self._in_flight = in_flight

    def measure(self, rounds, *, clock="wall", calls_divisor=1):
        with running_server() as server:
            measurements = {
                name: partial(self._count, candidate, server) for name, candidate in self.candidates.items()
            }
            return measure_once(measurements)

    def _count(self, candidate, server):
        before = server.count_connections()
        worker = Worker(candidate.source, server.url)
        try:
            worker.wait_until_ready()
            worker.measure(self._calls, self._in_flight)
        finally:
            worker.close()
        return server.count_connections() - before


def measure_once(measurements):
    """Measure candidates once, because their figures hardly differ between rounds."""
    return alternate(measurements, 1, uncounted=0)
