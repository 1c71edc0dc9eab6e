"""``duro request``: texts in, JSON out."""

from __future__ import annotations

import json

import pytest

from duro import Duro
from duro.cli.request import readable


def body_of(finished):
    assert (finished.returncode, finished.stderr) == (0, "")
    return json.loads(finished.stdout)


@pytest.mark.process
def test_data_is_given_as_a_word_a_file_or_standard_input(duro, sandbox_environment, tmp_path):
    file = tmp_path / "customer.json"
    file.write_text('{"email": "file@example.com", "name": "Adé"}', encoding="utf-8")
    word = body_of(duro("request", "POST", "/v1/customers", "--data", '{"email": "word@example.com"}'))
    named = body_of(duro("request", "post", "/v1/customers", "--data", f"@{file}"))
    typed = body_of(duro("request", "POST", "/v1/customers", "--data", "-", given='{"email": "typed@example.com"}'))
    assert [each["email"] for each in (word, named, typed)] == [
        "word@example.com",
        "file@example.com",
        "typed@example.com",
    ]
    assert named["name"] == "Adé"


def test_parameters_are_sent(duro_here, sandbox_environment):
    with Duro() as client:
        for email in ("ada@example.com", "grace@example.com"):
            client.customers.create(email=email)
    first = body_of(duro_here("request", "GET", "/v1/customers", "--param", "limit=1"))
    cursor = first["nextCursor"]
    second = body_of(duro_here("request", "GET", "/v1/customers", "--param", "limit=1", "--param", f"cursor={cursor}"))
    assert len(first["items"]) == len(second["items"]) == 1
    assert first["items"] != second["items"]


def test_a_key_of_an_earlier_call_gets_its_answer(duro_here, sandbox_environment):
    arguments = ("request", "POST", "/v1/customers", "--data", "{}", "--idempotency-key", "order-17")
    assert body_of(duro_here(*arguments)) == body_of(duro_here(*arguments))


@pytest.mark.process
def test_json_that_is_piped_is_plain(duro, sandbox_environment):
    finished = duro("request", "GET", "/v1/plans")
    assert finished.stdout == '{\n  "items": [],\n  "nextCursor": null,\n  "hasMore": false\n}\n'


def test_a_long_value_is_not_broken(duro_here, sandbox_environment):
    name = "[bold]" + "x" * 150 + " " + "y" * 150
    customer = body_of(duro_here("request", "POST", "/v1/customers", "--data", json.dumps({"name": name})))
    assert customer["name"] == name


def test_a_refusal_is_one_line_and_exit_code_1(duro_here, sandbox_environment):
    finished = duro_here("request", "GET", "/v1/customers/cus_nobody")
    assert (finished.returncode, finished.stdout) == (1, "")
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: 404 not_found: ")
    assert "request req_" in line


@pytest.mark.process
def test_a_duro_that_is_not_there_is_one_line_and_exit_code_1(duro, unused_tcp_port):
    address = f"http://127.0.0.1:{unused_tcp_port}"
    finished = duro("request", "GET", "/v1/plans", "--secret-key", "sk_test_example", "--base-url", address)
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert "no connection" in line


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["POST", "/v1/plans", "--data", "{"], "--data is not JSON"),
        (["POST", "/v1/plans", "--data", "@there-is-no-such-file"], "there-is-no-such-file"),
        (["GET", "/v1/plans", "--param", "limit"], "NAME=VALUE"),
        (["GET", "/v1/plans", "--param", "limit=1", "--param", "limit=2"], "given twice"),
        (["FETCH", "/v1/plans"], "method"),
        (["GET", "v1/plans"], "path"),
    ],
)
def test_wrong_use_sends_nothing(duro_here, sandbox_environment, arguments, complaint):
    finished = duro_here("request", *arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    (line,) = finished.stderr.splitlines()
    assert complaint in line
    assert sandbox_environment.stats.requests == 0


DOCUMENT = {"name": "Adé 🎉", "trick": "\x1b[2J \x9b2J \u202e \ud800", "lines": "a\nb"}


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "ascii", "cp1252"])
def test_readable_json_is_the_same_json(encoding):
    text = readable(DOCUMENT, encoding=encoding)
    assert json.loads(text) == DOCUMENT
    assert text.encode(encoding)


def test_readable_json_keeps_letters_and_disarms_the_rest():
    text = readable(DOCUMENT, encoding="utf-8")
    assert "Adé 🎉" in text
    assert all(mark.isprintable() or mark == "\n" for mark in text)
