"""``pytest --duro-chaos=SEED``: findings, repetition by the seed, and the refusal of real hosts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.timeouts import PROGRAM_TIMEOUT

pytestmark = pytest.mark.process

# Many tests of one program, so that each kind of fault is applied.
PROGRAM = """
import contextlib
import pytest
from duro import DuroError, RetryPolicy

POLICY = RetryPolicy(retries=20, max_delay=0.01)

@pytest.fixture
def ids(duro_client):
    plan = duro_client.plans.create(name="Pro", amount=500_000, interval="month")
    return {"customer_id": duro_client.customers.create().id, "plan_id": plan.id}
"""
CORRECT = """
@pytest.mark.parametrize("number", range(8))
def test_correct(duro_client, duro_sandbox, ids, number):
    duro_client.with_options(retries=POLICY).subscriptions.create(**ids)
    duro_sandbox.assert_charged_once(ids["customer_id"])
"""
NEW_KEYS = """
@pytest.mark.parametrize("number", range(8))
def test_new_keys(duro_client, ids, number):
    client = duro_client.with_options(retries=0)
    for attempt in range(9):
        with contextlib.suppress(DuroError):
            client.subscriptions.create(**ids)
            break
"""
IGNORED = """
@pytest.mark.parametrize("number", range(8))
def test_ignored(duro_client, ids, number):
    with contextlib.suppress(DuroError):
        duro_client.with_options(retries=0).subscriptions.create(**ids)
"""
FAILING = """
def test_without_faults():
    assert False

@pytest.mark.parametrize("number", range(8))
def test_failing(duro_client, ids, number):
    duro_client.with_options(retries=0).subscriptions.create(**ids)
"""
REAL_HOST = """
from duro import Duro
def test_real_host(monkeypatch):
    Duro("sk_test_example").close()
"""

COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}


def run_chaos(directory: Path, source: str, *options: str, seed: int = 7) -> subprocess.CompletedProcess[str]:
    (directory / "test_program.py").write_text(source)
    options = ("-q", "-c", os.devnull, f"--rootdir={directory}", "-p", "duro", "-p", "no:cacheprovider", *options)
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", *options, f"--duro-chaos={seed}", str(directory)],
        # Coverage measures a subprocess if it finds its own variables.
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "", **COVERAGE},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )


def findings(output: str) -> list[str]:
    """Return the kind and the test of each finding."""
    return re.findall(r"^(test_program\S+\n  (?:charged twice|lost|left unknown)):", output, re.MULTILINE)


def test_a_correct_program_passes_under_faults(tmp_path: Path) -> None:
    finished = run_chaos(tmp_path, PROGRAM + CORRECT)
    assert finished.returncode == 0, finished.stdout
    summary = re.search(r"(\d+) faults in 8 tests with a sandbox, 0 findings", finished.stdout)
    assert summary is not None, finished.stdout
    assert int(summary[1]) > 0


def test_a_double_charge_is_found_in_tests_that_pass(tmp_path: Path) -> None:
    finished = run_chaos(tmp_path, PROGRAM + NEW_KEYS)
    assert "8 passed" in finished.stdout
    assert finished.returncode == 1
    assert "duro chaos, seed 7" in finished.stdout
    assert re.search(r"charged twice: customer cus_\w+ paid 500,000 again after the response of POST", finished.stdout)
    assert "repeat them with: pytest --duro-chaos=7 'test_program.py::test_new_keys[" in finished.stdout


def test_lost_writes_and_unknown_outcomes_are_found(tmp_path: Path) -> None:
    found = findings(run_chaos(tmp_path, PROGRAM + IGNORED).stdout)
    assert {finding.rpartition("  ")[2] for finding in found} == {"lost", "left unknown"}


def test_the_seed_repeats_the_findings_in_workers_of_xdist_too(tmp_path: Path) -> None:
    found = findings(run_chaos(tmp_path, PROGRAM + IGNORED).stdout)
    repeated = findings(run_chaos(tmp_path, PROGRAM + IGNORED, "-p", "xdist", "-n", "2").stdout)
    assert sorted(repeated) == sorted(found)
    assert found


def test_a_test_that_fails_under_faults_is_named_and_lists_them(tmp_path: Path) -> None:
    output = run_chaos(tmp_path, PROGRAM + FAILING).stdout
    failed = re.findall(
        r"^(test_program\S+)\n(?:  (?:lost|left unknown): .+\n)?  failed under faults: 1", output, re.MULTILINE
    )
    assert f"{len(failed)} failed under faults" in output
    assert re.search(r"- Captured duro chaos call -+\nreset_after  POST /v1/subscriptions  key ", output)
    repeated = re.findall("'(.+?)'", output[output.index("repeat them with") :])
    assert {*failed} <= {*repeated}
    assert "test_program.py::test_without_faults" not in repeated


def test_a_real_host_is_refused_unless_the_option_is_passed(tmp_path: Path) -> None:
    refused = run_chaos(tmp_path, REAL_HOST)
    assert "base_url must be a loopback address during --duro-chaos" in refused.stdout
    assert "1 passed" in run_chaos(tmp_path, REAL_HOST, "--duro-chaos-real-hosts").stdout
