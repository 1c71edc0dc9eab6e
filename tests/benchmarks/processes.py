"""Processes of the benchmarks: the server on one core, and each client on another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from .server import CONNECTIONS_PATH

ROOT = Path(__file__).parents[2]


class CandidateError(Exception):
    """A process of a candidate failed, with the last line that it printed."""


def find_cores():
    """Return the core of the server and that of the clients, or ``None`` where processes cannot have different ones."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (cores[-1], cores[0]) if len(cores) > 1 else None


CORES = find_cores()


def start(module, *arguments, is_server=False, **options):
    """Start a module of the benchmarks as a program, on its core."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )
    if CORES is not None:
        os.sched_setaffinity(process.pid, {CORES[0 if is_server else 1]})
    return process


class Server:
    """Running server.

    Args:
        port: Port on the loopback address.
    """

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def count_connections(self):
        """Return the number of connections that were opened since the start."""
        with urllib.request.urlopen(self.url + CONNECTIONS_PATH, timeout=10) as response:  # noqa: S310
            return int(response.read())


@contextmanager
def running_server(delay=0.0):
    """Start a server that delays each response by a number of seconds."""
    with start("server", delay, is_server=True) as process:
        try:
            yield Server(process.stdout.readline().strip())
        finally:
            process.terminate()


class Worker:
    """Process that runs one candidate.

    Args:
        candidate: Module and function of the candidate, such as ``awaited:open_httpx``.
        url: Address of the server.
        clock: ``wall`` or ``cpu``, the time that is measured.
    """

    def __init__(self, candidate, url, clock="wall"):
        self._process = start("worker", candidate, url, clock, stderr=subprocess.PIPE)

    def wait_until_ready(self):
        """Wait until the candidate can be measured."""
        self._read_line()

    def measure(self, calls, in_flight):
        """Return the seconds of one of several calls."""
        self._process.stdin.write(f"{json.dumps([calls, in_flight])}\n")
        self._process.stdin.flush()
        return float(self._read_line())

    def close(self):
        """End the process."""
        self._process.communicate(timeout=60)

    def _read_line(self):
        if line := self._process.stdout.readline():
            return line
        errors = self._process.communicate()[1].splitlines()
        raise CandidateError(errors[-1] if errors else "the process ended")


def run(module, *arguments):
    """Run a module of the benchmarks as a program on the core of the clients, and return the number that it prints."""
    with start(module, *arguments, stderr=subprocess.PIPE) as process:
        output, errors = process.communicate()
    if process.returncode:
        raise CandidateError(errors.splitlines()[-1])
    return float(output)
