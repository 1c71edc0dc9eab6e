"""``duro doctor``."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from importlib.metadata import PackageNotFoundError

import pytest

from duro import Duro
from duro.cli.doctor import installation
from duro.cli.doctor.clocks import check_clock
from duro.cli.doctor.findings import Findings
from duro.http.observe import Call


@pytest.fixture
def diagnose(run_in_process):
    """Run the command, and return its exit code and its findings by check."""

    def run(*arguments):
        finished = run_in_process("doctor", "--json", *arguments)
        findings = {each["check"]: (each["state"], each["text"]) for each in json.loads(finished.stdout)["checks"]}
        return finished.returncode, findings

    return run


def test_working_account_passes_all_checks(diagnose, sandbox_environment):
    code, findings = diagnose()
    assert code == 0
    assert list(findings) == [
        *("installation", "credential", "address", "token", "API", "clock", "token store", "webhooks"),
    ]
    assert [state for state, _ in findings.values()] == ["ok"] * 6 + ["skipped"] * 2
    assert findings["credential"][1] == "OAuth client of the test mode"
    assert re.fullmatch(r"listPlans returned 200 after \d+ ms", findings["API"][1])
    assert sandbox_environment.stats.token_exchanges == 1


def test_versions_are_printed(diagnose, sandbox_environment):
    assert re.search(r"duro \S+, CPython 3\.\d+\.\d+, httpx \d", diagnose()[1]["installation"][1])


def test_nothing_is_written_to_the_account(diagnose, sandbox_environment):
    diagnose()
    assert {request.method for request in sandbox_environment.requests if "oauth" not in request.path} == {"GET"}


def test_secret_key_needs_no_token_and_no_store(diagnose, sandbox, monkeypatch):
    monkeypatch.setenv("DURO_TOKEN_STORE", "file:")
    code, findings = diagnose("--secret-key", "sk_test_sandbox", "--base-url", sandbox.options["base_url"])
    assert code == 0
    assert findings["token"] == ("ok", "a secret key does not need one")
    assert findings["token store"] == ("skipped", "needs an OAuth client")


def test_missing_credential_skips_what_needs_it(diagnose):
    code, findings = diagnose()
    assert code == 1
    assert findings["credential"][0] == "failed"
    assert [findings[check][0] for check in ("address", "token", "API", "clock")] == ["skipped"] * 4


def test_wrong_address_is_reported(diagnose, sandbox_environment):
    code, findings = diagnose("--base-url", sandbox_environment.options["base_url"] + "/v1")
    assert code == 1
    assert findings["address"][0] == "failed"
    assert "/v1" in findings["address"][1]


def test_proxy_is_named_without_its_password(diagnose, sandbox_environment, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://user:password@127.0.0.1:9")
    code, findings = diagnose("--base-url", "http://sandbox.invalid:8787")
    assert code == 1
    assert findings["address"] == ("ok", "http://sandbox.invalid:8787, through the proxy http://127.0.0.1:9")
    assert findings["token"][0] == "failed"
    assert "password" not in str(findings)


def test_wrong_client_secret_is_reported_and_not_printed(diagnose, sandbox_environment, monkeypatch):
    monkeypatch.setenv("DURO_CLIENT_SECRET", "csec_test_another_one")
    code, findings = diagnose()
    assert code == 1
    assert findings["token"][0] == "failed"
    assert "client secret is wrong" in findings["token"][1]
    assert "csec_test_another_one" not in str(findings)


def test_failed_call_is_reported(diagnose, sandbox_environment):
    sandbox_environment.faults.add("status", path="/v1/plans", status=403)
    code, findings = diagnose()
    assert code == 1
    assert (findings["token"][0], findings["API"][0], findings["clock"][0]) == ("ok", "failed", "skipped")


def test_shared_token_is_described(diagnose, sandbox_environment, tmp_path):
    url = f"file:{tmp_path}"
    _, findings = diagnose("--store", url)
    assert findings["token store"][1].startswith("the store does not have a valid token")
    with Duro(token_store=url) as client:
        token = client.token().access_token
    _, findings = diagnose("--store", url)
    expected = rf"generation 1, age \d+ s, expires in 3\d\d\d s, holder {socket.gethostname()}:{os.getpid()}"
    assert re.fullmatch(expected, findings["token store"][1])
    assert token not in str(findings)


def test_unusable_store_is_reported(diagnose, sandbox_environment):
    code, findings = diagnose("--store", "ftp://store")
    assert (code, findings["token store"][0], findings["API"][0]) == (1, "failed", "ok")


def test_unusable_store_of_the_environment_fails_the_client_too(diagnose, sandbox_environment, monkeypatch):
    monkeypatch.setenv("DURO_TOKEN_STORE", "ftp://store")
    code, findings = diagnose()
    assert (code, findings["address"][0], findings["token store"][0]) == (1, "failed", "failed")


@pytest.mark.parametrize(("secrets", "state"), [("whsec_one,whsec_two", "ok"), ("whsec_one,two", "failed")])
def test_webhook_secrets_are_checked(diagnose, sandbox_environment, monkeypatch, secrets, state):
    monkeypatch.setenv("DURO_WEBHOOK_SECRET", secrets)
    assert diagnose()[1]["webhooks"][0] == state


def call_with_headers(headers):
    return Call("listPlans", 200, headers, None, 1, None, 0.005)


@pytest.mark.parametrize(
    ("now", "state", "text"),
    [
        (1_000_059, "ok", "differs from the server's by 59 s"),
        (1_000_400, "warning", "is 400 s ahead of the server's"),
        (999_600, "warning", "is 400 s behind the server's"),
    ],
)
def test_clocks_that_differ_by_a_minute_are_a_warning(now, state, text):
    findings = Findings()
    check_clock(findings, call_with_headers({"date": "Mon, 12 Jan 1970 13:46:40 GMT"}), now=now)
    (finding,) = findings.results
    assert finding.state == state
    assert finding.text.startswith(text)


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_clock_needs_the_date_of_the_response(headers):
    findings = Findings()
    check_clock(findings, call_with_headers(headers), now=time.time())
    assert findings.results[0].state == "skipped"


def test_report_wraps_between_words(run_in_process, sandbox_environment, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    finished = run_in_process("doctor")
    assert finished.returncode == 0
    assert max(map(len, finished.stdout.splitlines())) <= 60
    assert "ok       credential    OAuth client of the test mode\n" in finished.stdout


def test_report_of_a_narrow_terminal_has_a_line_for_the_check(run_in_process, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    finished = run_in_process("doctor")
    assert finished.returncode == 1
    assert "skipped  webhooks\n    DURO_WEBHOOK_SECRET is not set," in finished.stdout
    assert finished.stderr == "duro: 1 of 8 checks failed: credential\n"


def test_a_missing_package_is_left_out_of_the_versions(monkeypatch):
    def version(name):
        if name == "aiohttp":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(installation, "version", version)
    assert "httpx 1.0" in installation.describe_installation()
    assert "aiohttp" not in installation.describe_installation()
