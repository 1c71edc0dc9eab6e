"""Ctrl-C, and readers that close the pipe."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from tests.support.timeouts import TIMEOUT

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals"),
]


@pytest.fixture
def silent_server():
    """Server that accepts requests and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIMEOUT)
        yield server


@pytest.mark.parametrize(("method", "message"), [("GET", "interrupted"), ("POST", "Outcome unknown")])
def test_interrupted_call_exits_with_130_and_one_line(start_duro, silent_server, method, message):
    address = f"http://127.0.0.1:{silent_server.getsockname()[1]}"
    arguments = ("request", method, "/v1/plans", "--secret-key", "sk_test_example", "--base-url", address)
    with start_duro(*arguments) as process:
        connection, _ = silent_server.accept()
        with connection:
            connection.recv(65536)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, output) == (130, "")
    (line,) = errors.splitlines()
    assert message in line


def test_interrupted_quickstart_exits_with_130(start_duro):
    with start_duro("quickstart", "--callers", "20000") as process:
        # The charge is shown after the last write. An interrupted write would report its outcome instead.
        assert any("succeeded" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (130, "duro: interrupted\n")


def test_closed_pipe_exits_without_traceback(sandbox_environment, plain_environment):
    command = [sys.executable, "-m", "duro", "request", "GET", "/v1/plans"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (1, "")
