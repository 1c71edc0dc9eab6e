"""Ctrl-C, and readers that leave."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals to send"),
]


@pytest.fixture
def silence():
    """A server that takes requests and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


@pytest.mark.parametrize(("method", "complaint"), [("GET", "interrupted"), ("POST", "Outcome unknown")])
def test_an_interrupted_call_ends_with_130_and_one_line(started_duro, silence, method, complaint):
    address = f"http://127.0.0.1:{silence.getsockname()[1]}"
    arguments = ("request", method, "/v1/plans", "--secret-key", "sk_test_example", "--base-url", address)
    with started_duro(*arguments) as process:
        connection, _ = silence.accept()
        with connection:
            connection.recv(65536)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=10)
    assert (process.returncode, output) == (130, "")
    (line,) = errors.splitlines()
    assert complaint in line


def test_an_interrupted_quickstart_ends_with_130(started_duro):
    with started_duro("quickstart", "--callers", "20000") as process:
        assert process.stderr.readline().startswith("Playing")
        assert process.stderr.readline().startswith("20,000 coroutines")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (130, "", "duro: interrupted\n")


def test_a_reader_that_leaves_is_no_traceback(sandbox_environment, plain_environment):
    command = [sys.executable, "-m", "duro", "request", "GET", "/v1/plans"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (1, "")
