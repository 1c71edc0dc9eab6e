"""Commands of the API's operations: one for each, with the contract's arguments."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from duro import Duro
from duro.cli.operations.catalog import list_resources
from duro.cli.operations.groups import describe_resource
from tests.support.contract.methods import PLACES, method_of, resources
from tests.support.contract.openapi import OPERATIONS
from tests.support.contract.rules import expected_arguments, plain_call

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)


def kebab(name):
    return name.replace("_", "-")


def words_of(operation):
    """Return the words of a command that sets every argument, and the values that the method gets."""
    path, arguments = plain_call(operation)
    words = [kebab(word) for word in PLACES[operation.id]] + list(path)
    for name, value in arguments.items():
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no-'}{kebab(name)}")
        else:
            text = json.dumps(value) if isinstance(value, dict) else getattr(value, "isoformat", value.__str__)()
            words += [f"--{kebab(name)}", str(text)]
    return words, list(path), arguments


@pytest.fixture
def calls(monkeypatch):
    """Record the calls of commands instead of sending them."""
    recorded = []
    monkeypatch.setattr("duro.cli.operations.command.run_operation", lambda *arguments: recorded.append(arguments))
    return recorded


@each_operation
def test_command_passes_every_argument_to_the_method(run_in_process, calls, operation):
    words, path, arguments = words_of(operation)
    finished = run_in_process(*words)
    assert (finished.returncode, finished.stderr) == (0, "")
    [(description, values, given, _, _)] = calls
    assert (description.resource, description.name) == PLACES[operation.id]
    assert description.operation.id == operation.id
    assert (list(values), dict(given)) == (path, arguments)


@pytest.mark.slow
@each_operation
def test_help_has_the_arguments_and_the_summary_of_the_method(run_in_process, monkeypatch, operation):
    monkeypatch.setenv("COLUMNS", "300")
    output = run_in_process(*map(kebab, PLACES[operation.id]), "--help").stdout
    every, _ = expected_arguments(operation)
    for name in every:
        assert f"--{kebab(name)} " in output
    docstring = inspect.getdoc(method_of(Duro("sk_test_1"), operation.id))
    assert docstring.split(" (``")[0] in output
    assert f"Operation {operation.id}, {operation.method} {operation.path}." in output
    assert ("--limit" in output) == ("Pages[" in str(inspect.signature(method_of(Duro("sk_test_1"), operation.id))))
    assert ("--yes" in output) == ("--idempotency-key" in output)
    assert ("--idempotency-key" in output) == ("Idempotency-Key" in operation.parameters["header"])


@each_operation
def test_missing_required_argument_is_wrong_usage(run_in_process, calls, operation):
    path, _ = plain_call(operation)
    _, required = expected_arguments(operation)
    finished = run_in_process(*map(kebab, PLACES[operation.id]), *path)
    assert finished.returncode == (2 if required else 0)
    assert any(f"--{kebab(name)}" in finished.stderr for name in required) == bool(required)


def test_groups_and_their_summaries_are_those_of_the_resources(run_in_process):
    expected = {name: inspect.getdoc(kind).splitlines()[0] for name, kind in resources()}
    assert list_resources() == expected
    output = run_in_process("--help").stdout
    for name in expected:
        assert f" {kebab(name)} " in output


def test_every_result_with_a_secret_can_be_revealed():
    revealed = {
        description.name
        for name in list_resources()
        for description, _ in describe_resource(name)
        if description.has_secrets
    }
    assert revealed == {"token", "create_session", "retrieve_session", "verify_otp", "verify", "top_up"}


def test_list_is_a_table_or_one_json_document_a_line(run_in_process, sandbox_environment):
    with Duro() as client:
        for name in ("Basic", "Pro", "Max"):
            client.plans.create(name=name, amount=500_000, interval="month")
    heading, *rows = run_in_process("plans", "list").stdout.splitlines()
    assert heading.split()[:3] == ["id", "name", "amount"]
    assert [row.split()[1:3] for row in rows] == [[name, "500000"] for name in ("Max", "Pro", "Basic")]
    limited = run_in_process("plans", "list", "--json", "--limit", "2")
    assert [json.loads(line)["name"] for line in limited.stdout.splitlines()] == ["Max", "Pro"]
    cursor = re.search(r"more items exist; pass a larger --limit, or --cursor (\S+)\n", limited.stderr)[1]
    last = run_in_process("plans", "list", "--json", "--cursor", cursor)
    assert ([json.loads(line)["name"] for line in last.stdout.splitlines()], last.stderr) == (["Basic"], "")


def test_limit_larger_than_a_page_collects_several(run_in_process, sandbox_environment):
    with Duro() as client:
        for name in ("a", "b", "c", "d"):
            client.customers.create(name=name)
    finished = run_in_process("customers", "list", "--json", "--page-size", "2", "--limit", "3")
    assert [json.loads(line)["name"] for line in finished.stdout.splitlines()] == ["d", "c", "b"]
    assert finished.stderr == "duro: more items exist; pass a larger --limit\n"


def test_empty_list_says_so(run_in_process, sandbox_environment):
    finished = run_in_process("plans", "list")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "duro: the list is empty\n")


def test_write_prints_the_result_its_amount_and_its_key(run_in_process, sandbox_environment):
    words = ("plans", "create", "--name", "Pro", "--amount", "500000", "--interval", "month")
    first = run_in_process(*words, "--idempotency-key", "order-17")
    assert "amount         500000 (NGN 5,000.00)\n" in first.stdout
    assert first.stderr == "duro: createPlan succeeded with idempotency key order-17\n"
    assert run_in_process(*words, "--idempotency-key", "order-17").stdout == first.stdout


def test_null_is_sent_for_the_word_null(run_in_process, sandbox_environment):
    words = ("--code", "HALF", "--discount-type", "percentage", "--discount-value", "50", "--expires-at", "2030-01-01")
    promo = json.loads(run_in_process("promo-codes", "create", *words, "--json").stdout)
    assert promo["expiresAt"] == "2030-01-01T00:00:00.000Z"
    updated = json.loads(run_in_process("promo-codes", "update", promo["id"], "--expires-at", "null", "--json").stdout)
    assert updated["expiresAt"] is None


def test_secrets_of_a_result_are_masked_unless_revealed(run_in_process, sandbox_environment):
    words = ("checkout", "create-session", "--amount", "100", "--idempotency-key", "session-1")
    masked = run_in_process(*words)
    assert "cs_test_" not in masked.stdout + masked.stderr
    assert "add --reveal" in masked.stderr
    session = json.loads(run_in_process(*words, "--json", "--reveal").stdout)
    assert session["token"].startswith("cs_test_")
    assert session["url"].endswith(session["token"])
    assert json.loads(run_in_process(*words, "--json").stdout)["token"] == "********"


def test_token_of_an_exchange_is_masked_unless_revealed(run_in_process, sandbox_environment):
    assert json.loads(run_in_process("oauth", "token", "--json").stdout)["accessToken"] == "********"
    token = json.loads(run_in_process("oauth", "token", "--json", "--reveal").stdout)["accessToken"]
    assert sandbox_environment.revoke_tokens(token) == 1


def test_customer_operations_use_the_token_of_a_sign_in(run_in_process, sandbox_environment, monkeypatch):
    with Duro() as client:
        client.customers.create(email="ada@example.com")
    missing = run_in_process("customer-portal", "wallet")
    assert missing.returncode == 1
    assert "DURO_CUSTOMER_TOKEN" in missing.stderr
    assert run_in_process("customer-portal", "start", "--email", "ada@example.com").returncode == 0
    verify = ("--email", "ada@example.com", "--code", sandbox_environment.codes[-1].code)
    session = json.loads(run_in_process("customer-portal", "verify", *verify, "--json", "--reveal").stdout)
    monkeypatch.setenv("DURO_CUSTOMER_TOKEN", session["sessionToken"])
    wallet = run_in_process("customer-portal", "wallet")
    assert (wallet.returncode, wallet.stderr) == (0, "")
    assert "0 (NGN 0.00)" in wallet.stdout


def test_payload_of_an_event_is_its_body(run_in_process, sandbox_environment):
    with Duro() as client:
        plan = client.plans.create(name="Pro", amount=500_000, interval="month")
        client.subscriptions.create(customer_id=client.customers.create().id, plan_id=plan.id)
    event = sandbox_environment.events[-1]
    payload = json.loads(run_in_process("events", "retrieve-payload", event.id, "--json").stdout)
    assert (payload["id"], payload["type"]) == (event.id, event.type)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("invoices", "refund", "inv_1", "--amount", "49.5"), "--amount must be an integer, got '49.5'"),
        (("customers", "create", "--metadata", "[1]"), "--metadata must be a JSON object, got '[1]'"),
        (("customers", "create", "--metadata", "{"), "--metadata must be a JSON object"),
        (
            ("promo-codes", "update", "pc_1", "--expires-at", "soon"),
            "--expires-at must be a date or a time, got 'soon'",
        ),
        (("promo-codes", "update", "pc_1", "--expires-at", "2030-01-01T00:00"), "time zone"),
        (("plans", "list", "--limit", "0"), "--limit"),
        (("plans", "list", "--page-size", "101"), "page_size"),
        (("plans", "list", "--idempotency-key", "key"), "--idempotency-key"),
        (("customers", "retrieve"), "CUSTOMER_ID"),
    ],
)
def test_invalid_value_sends_nothing(run_in_process, sandbox_environment, words, message):
    finished = run_in_process(*words)
    assert (finished.returncode, finished.stdout) == (2, "")
    (line,) = finished.stderr.splitlines()
    assert message in line
    assert sandbox_environment.stats.requests == 0
