from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
from rich.console import Console

from duro.cli import app, main
from tests.support.timeouts import PROGRAM_TIMEOUT


@pytest.fixture
def plain_environment(monkeypatch):
    """Remove variables that describe the terminal, because they change the output."""
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")


@pytest.fixture
def run_duro(plain_environment):
    """Run the command in a process of its own, and return the finished process."""

    def run(*arguments, stdin=None, **variables):
        return subprocess.run(
            [sys.executable, "-m", "duro", *map(str, arguments)],
            input=stdin,
            env={**os.environ, **variables},
            capture_output=True,
            encoding="utf-8",
            timeout=PROGRAM_TIMEOUT,
            check=False,
        )

    return run


@pytest.fixture
def run_in_process(plain_environment, capsys):
    """Run the command in this process, which is faster, and return a finished process."""

    def run(*arguments):
        # The application keeps its console, whose width is that of the first test.
        app._app.console = Console()
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        output = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, caught.value.code, output.out, output.err)

    return run


# A shell that starts the tests in the background makes them and their children ignore SIGINT.
PROGRAM_WITH_SIGINT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from rich.console import Console

from duro.cli import app, main
main(sys.argv[1:])
"""


@pytest.fixture
def start_duro(plain_environment):
    """Start the command, and return its process while it runs."""

    @contextmanager
    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM_WITH_SIGINT, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    return start
