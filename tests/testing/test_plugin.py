"""The pytest plugin, in pytest runs of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from duro.sandbox import Sandbox
from tests.support.timeouts import PROGRAM_TIMEOUT

pytestmark = pytest.mark.process

# Coverage measures a subprocess if it finds its own variables.
COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
# pytest-asyncio warns without it.
LOOP_SCOPE = ("-o", "asyncio_default_fixture_loop_scope=function")

# Tests of a program, and the number that pass.
PLAIN = """
from duro import AsyncDuro, Duro
import asyncio

def test_client_uses_the_sandbox(duro_client, duro_sandbox):
    assert isinstance(duro_client, Duro)
    duro_client.customers.create(email="ada@example.com")
    assert [request.path for request in duro_sandbox.requests] == ["/v1/oauth/token", "/v1/customers"]

def test_each_test_has_a_new_sandbox(duro_sandbox):
    assert duro_sandbox.requests == ()

def test_program_uses_the_sandbox(duro_sandbox):
    with Duro() as client:
        client.plans.list().collect()
    assert duro_sandbox.stats.requests == 2

def test_asynchronous_client_in_a_loop_of_the_test(async_duro_client):
    async def main():
        async with async_duro_client as client:
            return await client.plans.list().collect()

    assert asyncio.run(main()) == []
"""
ANYIO = """
import pytest
from duro import AsyncDuro

pytestmark = pytest.mark.anyio

@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param

@pytest.fixture
async def plan(async_duro_client):
    yield await async_duro_client.plans.create(name="Pro", amount=1, interval="month")
    await async_duro_client.plans.list().collect()

async def test_client(async_duro_client, duro_sandbox, plan):
    assert [each async for each in async_duro_client.plans.list()] == [plan]
    assert duro_sandbox.stats.token_exchanges == 1
"""
ASYNCIO = """
import pytest, pytest_asyncio

@pytest_asyncio.fixture
async def plan(async_duro_client):
    yield await async_duro_client.plans.create(name="Pro", amount=1, interval="month")
    await async_duro_client.plans.list().collect()

@pytest.mark.asyncio
async def test_client(async_duro_client, plan):
    assert [each async for each in async_duro_client.plans.list()] == [plan]

@pytest.mark.asyncio(loop_scope="session")
async def test_client_in_the_loop_of_the_session(async_duro_client):
    await async_duro_client.customers.create()

@pytest.mark.asyncio(loop_scope="module")
class TestLoopOfTheModule:
    async def test_client(self, async_duro_client):
        await async_duro_client.customers.create()
"""
FAULTS = """
import pytest
from duro import OutcomeUnknownError

@pytest.fixture
def plan(duro_client):
    return duro_client.plans.create(name="Pro", amount=1, interval="month")

@pytest.mark.duro_faults("reset_after")
def test_fault_is_applied_to_the_test_and_not_to_its_fixtures(duro_client, duro_sandbox, plan):
    with pytest.raises(OutcomeUnknownError):
        duro_client.with_options(retries=0).customers.create()
    assert duro_client.customers.list().collect()

@pytest.mark.duro_faults("status", status=404, path="/v1/plans")
class TestMarkedClass:
    @pytest.mark.duro_faults("status", status=403, path="/v1/plans")
    def test_mark_of_the_class_comes_first(self, duro_client, duro_sandbox):
        assert [fault.effect.status for fault in duro_sandbox.faults] == [404, 403]
"""


def run_pytest(directory: Path, source: str, *options: str, plugins: tuple[str, ...] = ()) -> str:
    """Run tests with warnings as errors and only the given plugins, and return the output."""
    (directory / "test_program.py").write_text(source)
    plugin_options = [word for plugin in ("duro", *plugins) for word in ("-p", plugin)]
    options = ("-c", os.devnull, f"--rootdir={directory}", "-p", "no:cacheprovider", *plugin_options, *options)
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(directory)],
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "", "PYTHONWARNINGS": "error", **COVERAGE},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )
    return finished.stdout + finished.stderr


def check_passed(number: int, directory: Path, source: str, *options: str, plugins: tuple[str, ...] = ()) -> None:
    """Check that all tests pass, and that nothing is left open at the end of the run."""
    output = run_pytest(directory, source, *options, plugins=plugins)
    assert f" {number} passed in " in output and "ExceptionGroup" not in output, output  # noqa: PT018 - one message


def test_the_package_registers_the_plugin() -> None:
    (entry,) = (each for each in entry_points(group="pytest11") if each.name == "duro")
    assert entry.value == "duro.testing.plugin"


def test_plain_tests_need_no_other_plugin(tmp_path: Path) -> None:
    check_passed(4, tmp_path, PLAIN)


def test_tests_of_anyio_run_on_both_backends(tmp_path: Path) -> None:
    check_passed(2, tmp_path, ANYIO, plugins=("anyio",))


def test_tests_of_pytest_asyncio_run_in_loops_of_each_scope(tmp_path: Path) -> None:
    check_passed(3, tmp_path, ASYNCIO, *LOOP_SCOPE, plugins=("asyncio",))


def test_tests_of_the_automatic_mode_run(tmp_path: Path) -> None:
    source = "async def test_client(async_duro_client):\n    await async_duro_client.customers.create()\n"
    check_passed(1, tmp_path, source, "--asyncio-mode=auto", *LOOP_SCOPE, plugins=("asyncio",))


def test_workers_of_xdist_have_sandboxes_of_their_own(tmp_path: Path) -> None:
    check_passed(4, tmp_path, PLAIN, "-n", "2", plugins=("xdist",))


def test_a_sandbox_for_each_test_takes_less_than_20_milliseconds() -> None:
    def run() -> float:
        start = time.process_time()
        with Sandbox():
            pass
        return time.process_time() - start

    # Processor time of the fastest, because other programs run at the same time.
    assert min(run() for _ in range(10)) < 0.02


def test_marks_apply_faults_during_the_test(tmp_path: Path) -> None:
    check_passed(2, tmp_path, FAULTS)


def test_a_mark_without_the_fixture_fails_with_advice(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.mark.duro_faults('reset_after')\ndef test_client(): pass\n"
    output = run_pytest(tmp_path, source)
    assert "test_client has the mark duro_faults; it must use the fixture duro_sandbox" in output


def test_a_failed_assertion_ends_with_the_records_of_the_sandbox(tmp_path: Path) -> None:
    source = "def test_client(duro_client, duro_sandbox):\n    duro_sandbox.assert_charged_once('cus_1')\n"
    output = run_pytest(tmp_path, source)
    assert "E       AssertionError: customer cus_1 must be charged once, got 0 successful charges" in output
    assert "request   POST /v1/oauth/token  200" in output
    assert "checks.py" not in output.replace("duro/sandbox/assertions/checks.py:", "", 1)


def test_a_run_without_the_fixtures_imports_only_pytest(tmp_path: Path) -> None:
    source = """
import sys

HEAVY = {"anyio", "attr", "attrs", "cattrs", "httpcore", "httpx", "jinja2", "starlette", "uvicorn"}

def test_modules():
    loaded = {name for name in sys.modules if name.startswith("duro")}
    modules = {"async_clients", "plugin", "stash"}
    assert loaded == {"duro", "duro.testing", *(f"duro.testing.{name}" for name in modules)}
    assert not HEAVY & set(sys.modules)
"""
    check_passed(1, tmp_path, source)
