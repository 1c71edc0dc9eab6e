"""Example programs: scripts run to their end, applications serve requests, and tests run in pytest."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio

from duro import Duro
from duro.webhooks import Webhook
from tests.support.timeouts import PROGRAM_TIMEOUT

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
MAX_LINES = 60
MAX_TEST_LINES = 30

# Programs that serve requests or wait for tasks. The tests of this folder start them in this process.
SERVICES = {"aiohttp_service.py", "celery_task.py", "fastapi_app.py"}
PROGRAMS = sorted(EXAMPLES.glob("*.py"))
TESTS = [path for path in PROGRAMS if path.name.startswith("test_")]
SCRIPTS = [path for path in PROGRAMS if path not in TESTS and path.name not in {*SERVICES, "conftest.py"}]
# Arguments for a shorter run.
ARGUMENTS = {"compare_recovery.py": ["2"]}


def name_of(path):
    return path.name


def run(*arguments, directory):
    return subprocess.run(
        [sys.executable, "-W", "error", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
        cwd=directory,
    )


def load(name):
    """Import an example under its own name, a new module each time."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", PROGRAMS, ids=name_of)
def test_example_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_each_test_is_short(path):
    functions = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    assert all(node.end_lineno - node.lineno < MAX_TEST_LINES for node in functions)


@pytest.mark.process
@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_script_runs_to_its_end(script, sandbox_environment, tmp_path):
    finished = run(script, *ARGUMENTS.get(script.name, []), directory=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout
    assert not finished.stderr


@pytest.mark.process
@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_example_of_tests_passes(path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    options = ("-p", "duro", "-p", "no:cacheprovider", "-c", os.devnull)
    finished = run("-m", "pytest", "-q", *options, path, directory=tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"^[2-9] passed", finished.stdout, re.MULTILINE), finished.stdout


def test_two_policies_are_compared_from_the_same_day(capsys):
    cancel, wait = load("compare_recovery").compare(8).values()
    assert len(cancel) == len(wait) == 90
    assert cancel[:35] == wait[:35]
    assert cancel[-1] < wait[-1]
    assert capsys.readouterr().out.count("won back") == 2


@pytest_asyncio.fixture
async def aiohttp_service(sandbox_environment, monkeypatch):
    """Serve the aiohttp example on loopback."""
    from aiohttp.test_utils import TestClient, TestServer

    monkeypatch.setenv("DURO_WEBHOOK_SECRET", "whsec_sandbox")
    async with TestClient(TestServer(load("aiohttp_service").make_application())) as browser:
        yield browser


@pytest.fixture
def order(sandbox):
    """Return the fields of an order: a customer and a plan that exist in the sandbox."""
    with Duro(**sandbox.options) as client:
        plan = client.plans.create(name="Pro", amount=500_000, interval="month")
        customer = client.customers.create(email="ada@example.com")
    return {"customer_id": customer.id, "plan_id": plan.id}


@pytest.mark.asyncio
class TestAiohttpService:
    async def test_second_click_does_not_charge_again(self, aiohttp_service, order, sandbox):
        ids = []
        for _ in range(2):
            response = await aiohttp_service.post("/orders/1/subscription", json=order)
            assert response.status == 200
            ids.append((await response.json())["id"])
        assert ids[0] == ids[1]
        assert len(sandbox.ledger) == 1

    async def test_lost_response_is_pending_until_the_next_request(self, aiohttp_service, order, sandbox):
        sandbox.faults.add("garbage", path="/v1/subscriptions", times=None)
        response = await aiohttp_service.post("/orders/1/subscription", json=order)
        assert (response.status, await response.json()) == (202, {"status": "pending"})
        sandbox.faults.clear()
        response = await aiohttp_service.post("/orders/1/subscription", json=order)
        assert response.status == 200
        assert len(sandbox.ledger) == 1

    async def test_error_of_the_api_has_its_code(self, aiohttp_service, order):
        response = await aiohttp_service.post("/orders/1/subscription", json={**order, "plan_id": "plan_unknown"})
        assert response.status == 502
        assert (await response.json())["error"] == "not_found"

    async def test_webhook_reaches_its_handler(self, aiohttp_service, capsys):
        wire = {
            "id": "evt_1",
            "type": "subscription_created",
            "createdAt": "2026-06-28T09:00:00Z",
            "data": {"subscriptionId": "sub_1"},
        }
        body = json.dumps(wire).encode()
        headers = Webhook("whsec_sandbox").sign(body)
        response = await aiohttp_service.post("/webhooks/duro", data=body, headers=headers)
        assert response.status == 200
        assert capsys.readouterr().out == "welcome sub_1\n"


@pytest.fixture
def celery_task(sandbox_environment):
    """Load the Celery example, with tasks that run in the calling thread."""
    module = load("celery_task")
    module.app.conf.update(task_always_eager=True)
    with contextlib.closing(module.client):
        yield module


class TestCeleryTask:
    def test_task_runs_again_until_its_outcome_is_known(self, celery_task, order, sandbox):
        celery_task.client = celery_task.client.with_options(retries=0)
        sandbox.faults.add("reset_before", path="/v1/subscriptions")
        sandbox.faults.add("reset_after", path="/v1/subscriptions", times=2)
        result = celery_task.subscribe.delay("order-1", **order)
        assert result.get().startswith("sub_")
        attempts = [entry for entry in sandbox.requests if entry.path == "/v1/subscriptions"]
        assert [entry.fault for entry in attempts] == ["reset_before", "reset_after", "reset_after", None]
        assert len(sandbox.ledger) == 1

    def test_rejected_request_is_not_repeated(self, celery_task, order, sandbox):
        result = celery_task.subscribe.delay("order-1", order["customer_id"], "plan_unknown")
        assert result.failed()
        assert len([entry for entry in sandbox.requests if entry.path == "/v1/subscriptions"]) == 1


class TestExport:
    PEOPLE = 250

    @pytest.fixture
    def exporting(self, sandbox_environment, tmp_path):
        """Return a function that exports the customers to a file."""
        with Duro(retries=0) as client:
            for number in range(self.PEOPLE):
                client.customers.create(email=f"person{number}@example.com", name=f"Person {number}")
            export = load("export_customers").export
            yield lambda path: export(client, path)

    def test_interrupted_export_continues(self, exporting, sandbox, tmp_path):
        whole, interrupted = tmp_path / "whole.csv", tmp_path / "interrupted.csv"
        exporting(whole)
        assert len(whole.read_text(encoding="utf-8").splitlines()) == self.PEOPLE + 1

        sandbox.faults.add("delay", path="/v1/customers", seconds=0, times=2)
        sandbox.faults.add("status", status=400, path="/v1/customers")
        with pytest.raises(Exception, match="400"):
            exporting(interrupted)
        with interrupted.open("a", encoding="utf-8") as file:
            file.write("half a row of the page that was not comp")
        before = sandbox.stats.requests
        exporting(interrupted)
        assert sandbox.stats.requests == before + 1
        assert interrupted.read_bytes() == whole.read_bytes()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["interrupted.csv", "whole.csv"]
