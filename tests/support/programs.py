"""Python programs that tests run in processes of their own."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import textwrap
import threading
from contextlib import suppress
from importlib.util import find_spec

import pytest

from tests.support.timeouts import TIMEOUT


class Program:
    """A Python program in a subprocess, which ends with the test at the latest."""

    def __init__(self, source, *arguments, options=()):
        self.process = subprocess.Popen(
            [sys.executable, *options, "-c", textwrap.dedent(source), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
            # Unbuffered, print writes a line and its newline separately, and the output of two processes mixes.
            env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=lambda: self._errors.extend(self.process.stderr), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_lines(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def read_line(self, seconds=TIMEOUT):
        """Return the next line of the standard output."""
        line = self._lines.get(timeout=seconds)
        assert line is not None, f"the program ended\n{self.errors}"
        return line

    def read_lines(self):
        """Return all further lines of the standard output, until the program ends."""
        return list(iter(lambda: self._lines.get(timeout=TIMEOUT), None))

    def read_lines_so_far(self):
        """Return the lines that the program has printed, without waiting."""
        return [self._lines.get_nowait() for _ in range(self._lines.qsize())]

    def write_line(self, line=""):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Wait until the program ends."""
        self.process.wait(TIMEOUT)
        for reader in self._readers:
            reader.join(TIMEOUT)

    @property
    def status(self):
        return self.process.returncode

    @property
    def errors(self):
        return "".join(self._errors)

    @property
    def unexpected_errors(self):
        """Lines of the standard error, without the warning about a client that was not closed."""
        return [line for line in self._errors if "ResourceWarning" not in line and line.strip()]

    @property
    def lost_outcomes(self):
        """Warnings about writes whose outcome did not reach their caller."""
        return [line for line in self._errors if line.startswith(("Outcome unknown: ", "Response lost: "))]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if any(reader.is_alive() for reader in self._readers) and hasattr(os, "killpg"):
            # A forked child still has the pipes open, so the process group still exists.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        for reader in self._readers:
            reader.join(TIMEOUT)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(OSError):
                pipe.close()


@pytest.fixture
def run_program():
    """Start a program: ``run_program(source, *arguments)``."""
    started: list[Program] = []

    def start(source, *arguments, options=()):
        started.append(Program(source, *arguments, options=options))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(params=["default loop", "uvloop"])
def select_loop(request):
    """Return the first lines of a program, which select the event loop of its portal."""
    if request.param == "default loop":
        return "import sys; sys.modules['uvloop'] = None\n"
    if os.name == "nt" or find_spec("uvloop") is None:
        pytest.skip("uvloop is not installed")
    return ""
