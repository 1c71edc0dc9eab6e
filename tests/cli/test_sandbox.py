"""``duro sandbox``: what it says, that it serves, and how it ends."""

from __future__ import annotations

import re
import signal
import socket
import sys

import pytest

from duro import Duro

pytestmark = pytest.mark.process


def greeting_of(process):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    return "".join(lines)


def address_in(greeting):
    return re.search(r"http://127\.0\.0\.1:\d+", greeting)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_ends_it_cleanly(started_duro, number):
    with started_duro("sandbox", "--port", "0") as process:
        greeting = greeting_of(process)
        address = address_in(greeting)
        for said in ("sk_test_sandbox", "cid_test_sandbox", "csec_test_sandbox", f"{address}/_sandbox/", "Ctrl-C"):
            assert said in greeting
        with Duro("sk_test_sandbox", base_url=address) as duro:
            assert duro.plans.list().collect() == []
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals to send")
def test_a_database_outlives_it(started_duro, tmp_path):
    database = tmp_path / "sandbox.db"
    for known in (0, 1):
        with started_duro("sandbox", "--port", "0", "--database", database) as process:
            greeting = greeting_of(process)
            assert str(database) in greeting
            with Duro("sk_test_sandbox", base_url=address_in(greeting)) as duro:
                assert len(duro.customers.list().collect()) == known
                duro.customers.create(email="ada@example.com")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)


def test_a_port_in_use_is_one_line_and_exit_code_1(duro):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finished = duro("sandbox", "--port", port)
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert f"port {port} of 127.0.0.1 is in use" in line


def test_a_database_that_is_none_is_one_line_and_exit_code_1(duro, tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, " * 100, encoding="utf-8")
    finished = duro("sandbox", "--port", 0, "--database", file)
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: ")
