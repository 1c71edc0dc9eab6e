"""``duro sandbox``: start message, serving, stopping and errors."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from duro import Duro, InternalServerError
from duro.sandbox import Sandbox
from duro.webhooks import Webhook
from tests.support.timeouts import TIMEOUT
from tests.support.webhook_receiver import listening

pytestmark = pytest.mark.process

MOMENT = "2026-01-31T09:00:00Z"


def read_start_message(process):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    return "".join(lines)


def address_in(start_message):
    return re.search(r"https?://127\.0\.0\.1:\d+", start_message)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_serves_until_a_signal_stops_it(start_duro, signal_number):
    with start_duro("sandbox", "--port", "0") as process:
        start_message = read_start_message(process)
        address = address_in(start_message)
        for text in ("sk_test_sandbox", "cid_test_sandbox", "csec_test_sandbox", f"{address}/_sandbox/", "Ctrl-C"):
            assert text in start_message
        assert "  clock           runs with real time, now " in start_message
        assert "SSL_CERT_FILE" not in start_message
        assert "curl" not in start_message
        with Duro("sk_test_sandbox", base_url=address) as client:
            assert client.plans.list().collect() == []
        process.send_signal(signal_number)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
def test_tls_prints_how_to_trust_the_sandbox(start_duro, run_duro):
    with start_duro("sandbox", "--port", "0", "--tls") as process:
        start_message = read_start_message(process)
        address = address_in(start_message)
        assert address.startswith("https://")
        ca_file = re.search(r"CA file +(\S+)", start_message)[1]
        assert f"export SSL_CERT_FILE={ca_file}\n" in start_message
        assert f"ssl_context=ssl.create_default_context(cafile={ca_file!r})\n" in start_message
        context = ssl.create_default_context(cafile=ca_file)
        with Duro("sk_test_sandbox", base_url=address, ssl_context=context) as client:
            client.plans.create(name="Pro", amount=100, interval="month")
        variables = {"DURO_BASE_URL": address, "DURO_SECRET_KEY": "sk_test_sandbox"}
        finished = run_duro("request", "GET", "/v1/plans", **variables, SSL_CERT_FILE=ca_file)
        assert (finished.returncode, finished.stderr) == (0, "")
        assert [plan["name"] for plan in json.loads(finished.stdout)["items"]] == ["Pro"]
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, "")
    assert not Path(ca_file).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
def test_strict_prints_violations_and_makes_the_exit_status_1(start_duro, tmp_path):
    database = tmp_path / "sandbox.db"
    with Sandbox(database=database) as sandbox:
        # A fault of the sandbox: the ledger of each paid invoice is wrong.
        sandbox._backend.transact(
            lambda db: db.execute(
                "CREATE TRIGGER fault AFTER INSERT ON transactions"
                " BEGIN UPDATE transactions SET amount = 1 WHERE id = new.id; END"
            )
        )
    with start_duro("sandbox", "--port", "0", "--strict", "--quiet", "--database", str(database)) as process:
        address = address_in(read_start_message(process))
        with Duro("sk_test_sandbox", base_url=address, retries=0) as client:
            plan = client.plans.create(name="Pro", amount=100, interval="month")
            customer = client.customers.create()
            with pytest.raises(InternalServerError, match="ledger_matches_invoices"):
                client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1
    assert errors.count("ledger_matches_invoices: charges of invoice inv_") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
@pytest.mark.parametrize("quiet", [False, True])
def test_each_request_is_printed_on_a_line_unless_quiet(start_duro, quiet):
    with start_duro("sandbox", "--port", "0", *(["--quiet"] if quiet else [])) as process:
        with Duro("sk_test_sandbox", base_url=address_in(read_start_message(process))) as client:
            client.customers.create(idempotency_key="order-17")
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=TIMEOUT)
    assert errors == ""
    line = r"\d\d:\d\d:\d\d  201  POST    /v1/customers  \d+\.\d ms  key order-17"
    assert bool(re.fullmatch(line, output.strip())) != quiet
    assert ("order-17" in output) != quiet


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
def test_start_on_all_addresses_as_json_has_an_address_that_can_be_used(start_duro):
    with start_duro("sandbox", "--host", "0.0.0.0", "--port", "0", "--json") as process:
        start = json.loads(process.stdout.readline())
        assert httpx.get(f"{start['url']}/_sandbox/stats").status_code == 200
        assert start["networkUrl"] is None or httpx.get(f"{start['networkUrl']}/_sandbox/stats").status_code == 200
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=TIMEOUT)
    [warning] = errors.splitlines()
    assert "not a loopback address" in json.loads(warning)["warning"]["message"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
def test_database_outlives_the_sandbox(start_duro, tmp_path):
    database = tmp_path / "sandbox.db"
    for known in (0, 1):
        with start_duro("sandbox", "--port", "0", "--database", database) as process:
            start_message = read_start_message(process)
            assert str(database) in start_message
            with Duro("sk_test_sandbox", base_url=address_in(start_message)) as client:
                assert len(client.customers.list().collect()) == known
                client.customers.create(email="ada@example.com")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=TIMEOUT)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
def test_allowed_hosts_may_use_the_sandbox(start_duro):
    with start_duro("sandbox", "--port", "0", "--allow-host", "billing", "--allow-host", "duro.internal") as process:
        url = f"{address_in(read_start_message(process))}/_sandbox/stats"
        for host, status in {"billing": 200, "duro.internal": 200, "other": 403}.items():
            assert httpx.get(url, headers={"Host": host}).status_code == status
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=TIMEOUT)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
@pytest.mark.parametrize("options", [[], ["--tls"]], ids=["plain", "tls"])
def test_frozen_clock_and_its_start_are_printed_with_a_command_that_moves_it(start_duro, options):
    arguments = ["--clock", "frozen", "--start", "2026-01-31T10:00+01:00", *options]
    with start_duro("sandbox", "--port", "0", *arguments) as process:
        start_message = read_start_message(process)
        assert "  clock           frozen, now 2026-01-31 09:00:00 UTC\n" in start_message
        words = shlex.split(next(line for line in start_message.splitlines() if line.startswith("  curl ")))
        *authority, url, data_option, body = words[1:]
        assert (words[0], authority[:1], data_option) == ("curl", ["--cacert"] if options else [], "-d")
        with httpx.Client(verify=ssl.create_default_context(cafile=authority[-1] if authority else None)) as client:
            assert client.get(url).json()["now"] == "2026-01-31T09:00:00.000Z"
            assert client.post(url, content=body).json()["now"] == "2026-02-01T09:00:00.000Z"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
@pytest.mark.parametrize("clock", ["real", "frozen"])
def test_json_at_the_start_has_the_clock_and_its_time(start_duro, clock):
    arguments = ["--clock", clock, "--start", MOMENT]
    with start_duro("sandbox", "--port", "0", "--json", *arguments) as process:
        start = json.loads(process.stdout.readline())
        assert start["clock"] == clock
        assert (start["now"] == "2026-01-31T09:00:00.000Z") == (clock == "frozen")
        assert start["now"].startswith("2026-01-31T09:")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=TIMEOUT)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
def test_the_same_seed_has_the_same_ids(start_duro):
    def create_plan(seed):
        with start_duro("sandbox", "--port", "0", "--json", "--clock", "frozen", "--start", MOMENT, *seed) as process:
            start = json.loads(process.stdout.readline())
            with Duro(start["secretKey"], base_url=start["url"]) as client:
                plan = client.plans.create(name="Pro", amount=500_000, interval="month", idempotency_key="once")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=TIMEOUT)
        return plan

    plans = [create_plan(seed) for seed in (["--seed", "7"], ["--seed", "7"], ["--seed", "8"])]
    assert plans[0] == plans[1]
    assert plans[0].id != plans[2].id


def test_invalid_allowed_host_is_one_line_and_exit_code_1(run_duro):
    finished = run_duro("sandbox", "--port", 0, "--allow-host", "http://billing")
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert "allowed_hosts must contain host names" in line


def test_port_in_use_is_one_line_and_exit_code_1(run_duro):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finished = run_duro("sandbox", "--port", port)
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert f"port {port} of 127.0.0.1 is in use" in line


def test_invalid_database_is_one_line_and_exit_code_1(run_duro, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("not a database " * 100, encoding="utf-8")
    finished = run_duro("sandbox", "--port", 0, "--database", file)
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
def test_endpoints_get_events_and_are_added_once_to_a_database(start_duro, tmp_path):
    with listening() as one, listening() as other:
        arguments = ["--port", "0", "--database", tmp_path / "sandbox.db", "--endpoint", one.url]
        for more in ([], ["--endpoint", other.url, "--endpoint", other.url]):
            with start_duro("sandbox", *arguments, *more) as process:
                start_message = read_start_message(process)
                assert "whsec_sandbox" in start_message
                with Duro("sk_test_sandbox", base_url=address_in(start_message)) as client:
                    plan = client.plans.create(name="Pro", amount=100, interval="month", trial_days=7)
                    client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)
                known = [each["url"] for each in httpx.get(f"{address_in(start_message)}/_sandbox/endpoints").json()]
                assert known == ([one.url, other.url] if more else [one.url])
                for receiver in (one, other) if more else (one,):
                    delivery = receiver.arrived.get(timeout=TIMEOUT)
                    assert Webhook("whsec_sandbox").check(delivery.body, delivery.headers) == 0
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=TIMEOUT)


def test_unusable_endpoint_is_one_line_and_exit_code_2(run_duro):
    finished = run_duro("sandbox", "--port", 0, "--endpoint", "http://shop.example/")
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: invalid endpoint: url: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send these signals")
def test_fixtures_are_counted_at_the_start_and_exist(start_duro, tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text("plans: {pro: {name: Pro, amount: 100, interval: month}}\ncustomers: {ada: {}, bob: {}}")
    with start_duro("sandbox", "--port", "0", "--fixtures", str(path)) as process:
        start_message = read_start_message(process)
        address = address_in(start_message)
        assert f"  fixtures        1 plan, 2 customers, see {address}/_sandbox/fixtures\n" in start_message
        ids = httpx.get(f"{address}/_sandbox/fixtures").json()
        assert {section: list(keys) for section, keys in ids.items()} == {
            "plans": ["pro"],
            "customers": ["ada", "bob"],
            "subscriptions": [],
            "endpoints": [],
        }
        process.send_signal(signal.SIGTERM)


def test_a_mistake_in_fixtures_is_an_error_without_a_traceback(run_duro, tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text("plans: {pro: {}}")
    finished = run_duro("sandbox", "--port", "0", "--fixtures", str(path))
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"duro: fixtures in '{path}' are not valid, and nothing was created: plans.pro.")
