"""``duro request``: arguments, responses and errors."""

from __future__ import annotations

import json

import pytest

from duro import Duro
from duro.cli.json_text import format_json


def body_of(finished):
    assert (finished.returncode, finished.stderr) == (0, "")
    return json.loads(finished.stdout)


@pytest.mark.process
def test_data_is_an_argument_a_file_or_standard_input(run_duro, sandbox_environment, tmp_path):
    file = tmp_path / "customer.json"
    file.write_text('{"email": "file@example.com", "name": "Adé"}', encoding="utf-8")
    argument = body_of(run_duro("request", "POST", "/v1/customers", "--data", '{"email": "argument@example.com"}'))
    file_data = body_of(run_duro("request", "post", "/v1/customers", "--data", f"@{file}"))
    standard_input = body_of(
        run_duro("request", "POST", "/v1/customers", "--data", "-", stdin='{"email": "stdin@example.com"}')
    )
    assert [each["email"] for each in (argument, file_data, standard_input)] == [
        "argument@example.com",
        "file@example.com",
        "stdin@example.com",
    ]
    assert file_data["name"] == "Adé"


def test_parameters_are_sent(run_in_process, sandbox_environment):
    with Duro() as client:
        for email in ("ada@example.com", "grace@example.com"):
            client.customers.create(email=email)
    first = body_of(run_in_process("request", "GET", "/v1/customers", "--param", "limit=1"))
    cursor = first["nextCursor"]
    second = body_of(
        run_in_process("request", "GET", "/v1/customers", "--param", "limit=1", "--param", f"cursor={cursor}")
    )
    assert len(first["items"]) == len(second["items"]) == 1
    assert first["items"] != second["items"]


def test_query_string_of_the_path_is_sent(run_in_process, sandbox_environment):
    with Duro() as client:
        for name in ("Ada", "Grace", "Joan"):
            client.customers.create(name=name)
    first = body_of(run_in_process("request", "GET", "/v1/customers?limit=2"))
    assert [each["name"] for each in first["items"]] == ["Joan", "Grace"]
    path = f"/v1/customers?cursor={first['nextCursor']}"
    assert len(body_of(run_in_process("request", "GET", path, "--param", "limit=2"))["items"]) == 1


def test_json_prints_the_response_on_one_line(run_in_process, sandbox_environment):
    finished = run_in_process("request", "GET", "/v1/plans", "--json")
    assert finished.stdout == '{"items": [], "nextCursor": null, "hasMore": false}\n'


def test_key_of_an_earlier_call_gets_the_same_response(run_in_process, sandbox_environment):
    arguments = ("request", "POST", "/v1/customers", "--data", "{}", "--idempotency-key", "order-17")
    assert body_of(run_in_process(*arguments)) == body_of(run_in_process(*arguments))


@pytest.mark.process
def test_piped_json_is_plain(run_duro, sandbox_environment):
    finished = run_duro("request", "GET", "/v1/plans")
    assert finished.stdout == '{\n  "items": [],\n  "nextCursor": null,\n  "hasMore": false\n}\n'


def test_long_value_is_not_wrapped(run_in_process, sandbox_environment):
    name = "[bold]" + "x" * 150 + " " + "y" * 150
    customer = body_of(run_in_process("request", "POST", "/v1/customers", "--data", json.dumps({"name": name})))
    assert customer["name"] == name


def test_api_error_is_one_line_and_exit_code_1(run_in_process, sandbox_environment):
    finished = run_in_process("request", "GET", "/v1/customers/cus_nobody")
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: GET /v1/customers/cus_nobody returned 404 not_found: ")
    assert "request req_" in line


@pytest.mark.process
def test_unreachable_server_is_one_line_and_exit_code_1(run_duro, closed_port):
    address = f"http://127.0.0.1:{closed_port}"
    finished = run_duro("request", "GET", "/v1/plans", "--secret-key", "sk_test_example", "--base-url", address)
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert "no connection to http://127.0.0.1:" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["POST", "/v1/plans", "--data", "{"], "--data must be JSON"),
        (["POST", "/v1/plans", "--data", "@there-is-no-such-file"], "there-is-no-such-file"),
        (["GET", "/v1/plans", "--param", "limit"], "NAME=VALUE"),
        (["GET", "/v1/plans", "--param", "limit=1", "--param", "limit=2"], "must be given once"),
        (["GET", "/v1/plans?limit=1", "--param", "limit=2"], "must be given once"),
        (["/v1/plans"], "METHOD is missing; write: duro request GET /v1/plans"),
        (["GET"], "PATH is missing; write for example: duro request GET /v1/plans"),
        (["POST", "/v1/plans", "--json", '{"name": "Pro"}'], "a body must be the value of --data"),
        (["FETCH", "/v1/plans"], "method"),
        (["GET", "v1/plans"], "path"),
    ],
)
def test_wrong_usage_sends_nothing(run_in_process, sandbox_environment, arguments, message):
    finished = run_in_process("request", *arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    (line,) = finished.stderr.splitlines()
    assert message in line
    assert sandbox_environment.stats.requests == 0


DOCUMENT = {"name": "Adé 🎉", "control": "\x1b[2J \x9b2J \u202e \ud800", "lines": "a\nb"}


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "ascii", "cp1252"])
def test_formatted_json_is_the_same_document(encoding):
    text = format_json(DOCUMENT, encoding=encoding)
    assert json.loads(text) == DOCUMENT
    assert text.encode(encoding)


def test_formatted_json_keeps_letters_and_escapes_control_characters():
    text = format_json(DOCUMENT, encoding="utf-8")
    assert "Adé 🎉" in text
    assert all(character.isprintable() or character == "\n" for character in text)
