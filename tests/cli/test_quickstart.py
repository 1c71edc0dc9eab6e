"""``duro quickstart``: subscription, charges, callers, token exchanges and errors."""

from __future__ import annotations

import ast
import inspect
import json
import re

import pytest

from duro import ClientCredentials, ConfigurationError, DuroError, SecretKey, TokenExchangeError
from duro.cli.account import Account
from duro.cli.quickstart import run
from duro.cli.quickstart.first_subscription import read_code, subscribe
from duro.cli.quickstart.measurement import measure
from duro.cli.quickstart.report import format_amount
from duro.cli.quickstart.scenarios import Scenario, list_scenarios
from duro.cli.quickstart.target import Target

DEAD_PROXY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch, plain_environment):
    monkeypatch.setenv("COLUMNS", "100")


def parse_rows(output, first_column):
    """Return the rows of the table whose first column has this title."""
    table = output[re.search(rf"^{first_column}  ", output, re.MULTILINE).start() :].partition("\n\n")[0]
    return [re.split(r" {2,}", line.strip()) for line in table.splitlines()[1:]]


def parse_counts(output):
    """Return callers, client, calls, exchanges and retries of each row."""
    return [tuple(row[:5]) for row in parse_rows(output, "Callers")]


def expected_counts(*, callers, threads, exchanges="1"):
    return [
        (f"{callers:,} tasks", "AsyncDuro", f"{callers:,}", exchanges, "0"),
        (f"{threads} threads", "Duro", str(threads), exchanges, "0"),
    ]


def run_in(account, *, callers=5, threads=2, as_json=False):
    run(account, callers=callers, threads=threads, yes=True, as_json=as_json)


@pytest.mark.process
def test_thousand_concurrent_callers_need_one_exchange(run_duro):
    finished = run_duro("quickstart")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert parse_counts(finished.stdout) == expected_counts(callers=1000, threads=16)


@pytest.mark.process
def test_dead_proxy_is_not_used_for_the_sandbox(run_duro):
    variables = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
    finished = run_duro("quickstart", "--callers", 5, **dict.fromkeys(variables, DEAD_PROXY))
    assert (finished.returncode, finished.stderr) == (0, "")
    assert parse_counts(finished.stdout) == expected_counts(callers=5, threads=16)


def test_shown_code_is_the_code_that_ran(sandbox, capsys):
    run_in(Account(**sandbox.options))
    assert "\n  with Duro(**options) as client:\n      plan = client.plans.create(" in capsys.readouterr().out
    (function,) = ast.parse(inspect.getsource(subscribe)).body
    assert ast.dump(ast.parse(read_code()).body[0]) in ast.dump(function)
    assert len(read_code().splitlines()) == 4


def test_subscription_is_shown_with_its_status_and_next_charge(sandbox, capsys):
    run_in(Account(**sandbox.options))
    ((plan, customer, status, next_charge, subscription_id),) = parse_rows(capsys.readouterr().out, "Plan")
    assert (plan, customer, status) == ("Pro", "ada@example.com", "active")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", next_charge)
    assert subscription_id.startswith("sub_")


def test_charge_of_the_ledger_is_shown_in_naira_and_kobo(sandbox, capsys):
    run_in(Account(**sandbox.options))
    ((_, amount, status, rail, transaction_id),) = parse_rows(capsys.readouterr().out, "Date")
    assert (amount, status, rail) == ("NGN 5,000.00", "succeeded", "card")
    assert transaction_id.startswith("txn_")
    assert [charge.amount for charge in sandbox.ledger] == [500_000]


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "NGN 0.00"), (5, "NGN 0.05"), (123_456_789, "NGN 1,234,567.89"), (-150, "NGN -1.50")]
)
def test_amount_has_two_decimals(amount, text):
    assert format_amount(amount, "NGN") == text


@pytest.mark.slow
def test_missing_charge_is_reported(sandbox, monkeypatch, capsys):
    monkeypatch.setattr("duro.cli.quickstart.list_charges", lambda *_: ())
    run_in(Account(**sandbox.options))
    assert "has not recorded a charge" in capsys.readouterr().out


def test_json_is_one_document_with_the_results_of_both_parts(sandbox, capsys):
    run_in(Account(**sandbox.options), as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["baseUrl"] == sandbox.url
    assert document["subscription"]["status"] == "active"
    assert [charge["amount"] for charge in document["charges"]] == [500_000]
    assert [each["tokenExchanges"] for each in document["callers"]] == [1, 1]


def test_next_steps_are_the_last_lines(sandbox, capsys):
    run_in(Account(**sandbox.options))
    *_, server, docs = capsys.readouterr().out.splitlines()
    assert server.endswith("duro sandbox")
    assert "docs/getting-started.md" in docs


@pytest.mark.process
def test_output_for_an_ascii_terminal_is_ascii(run_duro):
    finished = run_duro("quickstart", "--callers", 5, "--threads", 1, PYTHONIOENCODING="ascii")
    assert finished.returncode == 0, finished.stderr
    assert (finished.stdout + finished.stderr).isascii()


@pytest.mark.process
@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"DURO_CLIENT_ID": "cid_test_sandbox", "DURO_CLIENT_SECRET": "csec_test_mistaken"},
            "the client secret is wrong",
        ),
        ({"DURO_SECRET_KEY": "sk_test_mistaken"}, "401"),
        ({"DURO_CLIENT_ID": "cid_test_sandbox"}, "set both DURO_CLIENT_ID and DURO_CLIENT_SECRET"),
        ({}, "the credential is missing"),
    ],
)
def test_wrong_credential_is_one_line_and_exit_code_1(run_duro, sandbox, variables, message):
    finished = run_duro("quickstart", "--yes", DURO_BASE_URL=sandbox.url, **variables)
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: ")
    assert message in line


def test_options_select_another_server(sandbox, capsys):
    run_in(Account(**sandbox.options))
    assert parse_counts(capsys.readouterr().out) == expected_counts(callers=5, threads=2)


def test_environment_selects_another_server(sandbox_environment, capsys):
    run_in(Account())
    assert f"Running on {sandbox_environment.url}\n" in capsys.readouterr().out
    assert [request.path for request in sandbox_environment.requests].count("/v1/plans") == 1 + 5 + 2


def test_secret_key_needs_no_exchange(sandbox, capsys):
    run_in(Account(secret_key=sandbox.secret_key, base_url=sandbox.url))
    output = capsys.readouterr().out
    assert parse_counts(output) == expected_counts(callers=5, threads=2, exchanges="0")
    assert "does not need a token exchange" in output


def test_unknown_exchanges_are_shown_as_unknown(sandbox, monkeypatch, capsys):
    monkeypatch.setattr(Target, "count_exchanges", lambda _: None)
    run_in(Account(**sandbox.options))
    output = capsys.readouterr().out
    assert parse_counts(output) == expected_counts(callers=5, threads=2, exchanges="unknown")
    assert "Only a sandbox reports" in output


def test_https_server_is_not_asked_for_exchanges():
    assert Target(SecretKey("sk_test_example"), "https://127.0.0.1:9").count_exchanges() is None


def test_exchanges_of_another_server_are_none(sandbox):
    assert Target(SecretKey("sk_test_example"), f"{sandbox.url}/elsewhere").count_exchanges() is None


def test_unexpected_number_of_exchanges_fails(sandbox, monkeypatch, capsys):
    counted = iter([0, 1, 1, 3])
    monkeypatch.setattr(Target, "count_exchanges", lambda _: next(counted))
    with pytest.raises(DuroError, match="threads: the server must count 1 token exchanges for one client, got 2"):
        run_in(Account(**sandbox.options))
    assert len(parse_counts(capsys.readouterr().out)) == 2


def test_attempts_after_the_first_count_as_retries(sandbox):
    def call_with_a_revoked_token(target, advance):
        from duro import Duro

        with Duro(**target.options) as client:
            client.token()
            sandbox.revoke_tokens()
            client.plans.list().collect()

    options = sandbox.options
    target = Target(ClientCredentials(options["client_id"], options["client_secret"]), sandbox.url)
    measurement = measure(Scenario("revoked token", "Duro", 1, call_with_a_revoked_token), target, lambda: None)
    assert (measurement.calls, measurement.exchanges, measurement.retries) == (1, 2, 1)
    assert not measurement.is_expected


@pytest.mark.parametrize("index", range(2))
def test_first_failure_of_a_scenario_is_raised(sandbox, index):
    target = Target(ClientCredentials("cid_test_sandbox", "csec_test_mistaken"), sandbox.url)
    scenario = list_scenarios(callers=50, threads=4)[index]
    with pytest.raises(TokenExchangeError):
        scenario.run(target, lambda: None)
    assert target.count_exchanges() == 1


def test_live_credential_is_rejected():
    with pytest.raises(ConfigurationError, match="must be in test mode"):
        run_in(Account(secret_key="sk_live_example"))
