"""``duro quickstart``: scenarios, progress, result table and errors."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from duro import ClientCredentials, ConfigurationError, DuroError, SecretKey, TokenExchangeError
from duro.cli.account import Account
from duro.cli.quickstart import measure, run
from duro.cli.quickstart.scenarios import Scenario, list_scenarios
from duro.cli.quickstart.target import Target

ROW = re.compile(r"^(?P<scenario>\S.*?)  +(?P<client>\w+)  +(?P<numbers>[\d,].*) s *$", re.MULTILINE)


def parse_rows(output):
    """Return scenario, client, calls, exchanges and retries of each row."""
    return [
        (row["scenario"], row["client"], *re.split(r" {2,}", row["numbers"].replace(",", ""))[:3])
        for row in ROW.finditer(output)
    ]


def expected_rows(*, coroutines, threads, exchanges="1"):
    return [
        (f"{coroutines:,} concurrent calls", "AsyncDuro", str(coroutines), exchanges, "0"),
        ("plan, customer, subscription", "AsyncDuro", "3", exchanges, "0"),
        (f"the same in {threads} threads", "Duro", str(3 * threads), exchanges, "0"),
    ]


@pytest.mark.process
def test_thousand_concurrent_calls_need_one_exchange(run_duro):
    finished = run_duro("quickstart")
    assert finished.returncode == 0, finished.stderr
    assert parse_rows(finished.stdout) == expected_rows(coroutines=1000, threads=16)


@pytest.mark.process
def test_progress_without_a_terminal_is_plain_lines(run_duro):
    finished = run_duro("quickstart", "--coroutines", 10, "--threads", 2)
    assert finished.returncode == 0, finished.stderr
    first, *scenarios = finished.stderr.splitlines()
    assert first.startswith("Running on a new sandbox at http://127.0.0.1:")
    assert scenarios == [f"{scenario} ..." for scenario, *_ in expected_rows(coroutines=10, threads=2)]
    assert parse_rows(finished.stdout) == expected_rows(coroutines=10, threads=2)
    assert "\x1b" not in finished.stdout + finished.stderr


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not have pseudo-terminals")
def test_progress_on_a_terminal_is_bars(plain_environment):
    ours, theirs = os.openpty()
    arguments = [sys.executable, "-m", "duro", "quickstart", "--coroutines", "100"]
    with subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        output = read_to_the_end(ours)
    assert process.returncode == 0, output
    assert "━" in output
    assert "100/100" in output
    assert "Exchanges" in output


@pytest.mark.process
def test_output_for_an_ascii_terminal_is_ascii(run_duro):
    finished = run_duro("quickstart", "--coroutines", 5, "--threads", 1, PYTHONIOENCODING="ascii")
    assert finished.returncode == 0, finished.stderr
    assert (finished.stdout + finished.stderr).isascii()


@pytest.mark.process
def test_failure_is_one_line_and_exit_code_1(run_duro, sandbox):
    account = {"DURO_CLIENT_ID": "cid_test_sandbox", "DURO_CLIENT_SECRET": "csec_test_mistaken"}
    finished = run_duro("quickstart", "--coroutines", 10, DURO_BASE_URL=sandbox.url, **account)
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.splitlines()[-1].startswith("duro: the token endpoint returned 401")
    assert "Traceback" not in finished.stderr


def test_options_select_another_server(sandbox, capsys):
    run(Account(**sandbox.options), coroutines=5, threads=2)
    assert parse_rows(capsys.readouterr().out) == expected_rows(coroutines=5, threads=2)
    assert sandbox.stats.token_exchanges == 3


def test_environment_selects_another_server(sandbox_environment, capsys):
    run(Account(), coroutines=5, threads=2)
    assert sandbox_environment.url in capsys.readouterr().err
    assert sandbox_environment.stats.requests == 5 + 3 + 6 + 3


def test_secret_key_needs_no_exchange(sandbox, capsys):
    run(Account(secret_key=sandbox.secret_key, base_url=sandbox.url), coroutines=5, threads=2)
    output = capsys.readouterr().out
    assert parse_rows(output) == expected_rows(coroutines=5, threads=2, exchanges="0")
    assert "does not need a token exchange" in output


def test_unknown_exchanges_are_shown_as_unknown(sandbox, monkeypatch, capsys):
    monkeypatch.setattr(Target, "count_exchanges", lambda _: None)
    run(Account(**sandbox.options), coroutines=5, threads=2)
    output = capsys.readouterr().out
    assert output.count("unknown") == 3
    assert "Only a sandbox reports" in output


def test_https_server_is_not_asked_for_exchanges():
    assert Target(SecretKey("sk_test_example"), "https://127.0.0.1:9").count_exchanges() is None


def test_exchanges_of_another_server_are_none(sandbox):
    assert Target(SecretKey("sk_test_example"), f"{sandbox.url}/elsewhere").count_exchanges() is None


def test_unexpected_number_of_exchanges_fails(sandbox, monkeypatch, capsys):
    counted = iter([0, 1, 1, 3, 3, 4])
    monkeypatch.setattr(Target, "count_exchanges", lambda _: next(counted))
    with pytest.raises(DuroError, match="subscription: the server must count 1 token exchanges for one client, got 2"):
        run(Account(**sandbox.options), coroutines=5, threads=2)
    assert len(parse_rows(capsys.readouterr().out)) == 3


def test_attempts_after_the_first_count_as_retries(sandbox):
    def call_with_a_revoked_token(target, advance):
        with target.client() as client:
            client.token()
            sandbox.revoke_tokens()
            client.plans.list().collect()

    options = sandbox.options
    target = Target(ClientCredentials(options["client_id"], options["client_secret"]), sandbox.url)
    result = measure(Scenario("revoked token", "Duro", 1, call_with_a_revoked_token), target, advance=lambda: None)
    assert (result.calls, result.exchanges, result.retries) == (1, 2, 1)
    assert not result.is_expected


@pytest.mark.parametrize("index", range(3))
def test_first_failure_of_a_scenario_is_raised(sandbox, index):
    target = Target(ClientCredentials("cid_test_sandbox", "csec_test_mistaken"), sandbox.url)
    scenario = list_scenarios(coroutines=50, threads=4)[index]
    with pytest.raises(TokenExchangeError):
        scenario.run(target, lambda: None)
    assert target.count_exchanges() == 1


def test_live_credential_is_rejected():
    with pytest.raises(ConfigurationError, match="must be in test mode"):
        run(Account(secret_key="sk_live_example"), coroutines=1, threads=1)


def read_to_the_end(terminal):
    pieces = []
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux raises this when the last writer has closed the terminal
            piece = b""
        if not piece:
            os.close(terminal)
            return b"".join(pieces).decode()
        pieces.append(piece)
