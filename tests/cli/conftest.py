from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from duro.cli import main


@pytest.fixture
def plain_environment(monkeypatch):
    """What a terminal says of itself would change what the command draws."""
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")


@pytest.fixture
def duro(plain_environment):
    """Run the command to its end, in a process of its own."""

    def run(*arguments, given=None, **variables):
        return subprocess.run(
            [sys.executable, "-m", "duro", *map(str, arguments)],
            input=given,
            env={**os.environ, **variables},
            capture_output=True,
            encoding="utf-8",
            timeout=45,
            check=False,
        )

    return run


@pytest.fixture
def duro_here(plain_environment, capsys):
    """Run the command to its end in this process, which is faster."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ending:
            main(arguments)
        shown = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, ending.value.code, shown.out, shown.err)

    return run


# Whoever starts the tests in the background makes them, and all they start, deaf to Ctrl-C.
LISTENING_TO_CTRL_C = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from duro.cli import main
main(sys.argv[1:])
"""


@pytest.fixture
def started_duro(plain_environment):
    """Start the command, and go on while it runs."""

    @contextmanager
    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", LISTENING_TO_CTRL_C, *map(str, arguments)],
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
