"""``duro sandbox``: what it says, that it serves, and how it ends."""

from __future__ import annotations

import re
import signal
import socket
import sys

import httpx
import pytest

from duro import Duro
from duro.webhooks import Webhook
from tests.support.webhook_receiver import listening

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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals to send")
def test_endpoints_are_told_of_what_happens_and_added_once_to_a_database(started_duro, tmp_path):
    with listening() as one, listening() as other:
        arguments = ["--port", "0", "--database", tmp_path / "sandbox.db", "--endpoint", one.url]
        for more in ([], ["--endpoint", other.url, "--endpoint", other.url]):
            with started_duro("sandbox", *arguments, *more) as process:
                greeting = greeting_of(process)
                assert "whsec_sandbox" in greeting
                with Duro("sk_test_sandbox", base_url=address_in(greeting)) as duro:
                    plan = duro.plans.create(name="Pro", amount=100, interval="month", trial_days=7)
                    duro.subscriptions.create(customer_id=duro.customers.create().id, plan_id=plan.id)
                known = [each["url"] for each in httpx.get(f"{address_in(greeting)}/_sandbox/endpoints").json()]
                assert known == ([one.url, other.url] if more else [one.url])
                for receiver in (one, other) if more else (one,):
                    delivery = receiver.arrived.get(timeout=20)
                    assert Webhook("whsec_sandbox").check(delivery.body, delivery.headers) == 0
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=10)


def test_an_endpoint_that_cannot_be_used_is_one_line_and_exit_code_2(duro):
    finished = duro("sandbox", "--port", 0, "--endpoint", "http://shop.example/")
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: no such endpoint can be added: url: ")
