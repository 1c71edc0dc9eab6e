"""Output of commands: tables on narrow terminals, colours, JSON and errors as JSON."""

from __future__ import annotations

import json

import pytest

from duro.cli import app
from duro.cli.output import print_details, print_rows

ROWS = [
    {"id": "plan_01M8MZA4M2AKW2ZHEJDX608598", "name": "Basic monthly", "amount": 100_000, "metadata": {"a": "b" * 30}},
    {"id": "plan_01M8MZ9XBXAJ1FQ9HH17M6MEYA", "name": "Pro", "amount": 500_000, "metadata": None},
]


@pytest.fixture
def terminal(monkeypatch):
    def resize(columns):
        monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")

    return resize


@pytest.mark.parametrize(
    ("width", "columns"),
    [(80, ["id", "name", "amount"]), (60, ["id", "name", "amount"]), (48, ["id", "name"]), (40, ["id", "amount"])],
)
def test_narrow_terminal_loses_columns_but_no_words(terminal, capsys, monkeypatch, width, columns):
    monkeypatch.setenv("NO_COLOR", "1")
    terminal(width)
    print_rows(ROWS, as_json=False)
    output, errors = capsys.readouterr()
    heading, *lines = output.splitlines()
    assert heading.split() == columns
    assert all(len(line) <= width for line in [heading, *lines])
    assert [line.split()[0] for line in lines] == [row["id"] for row in ROWS]
    hidden = [name for name in ROWS[0] if name not in columns]
    assert errors == f"duro: hidden for lack of width: {', '.join(hidden)}; use --json to see them\n"


def test_pipe_gets_every_column_without_colours(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    print_rows(ROWS, as_json=False)
    output, errors = capsys.readouterr()
    assert output.splitlines()[0].split() == list(ROWS[0])
    assert ("\033" in output, errors) == (False, "")


def test_heading_is_bold_on_a_terminal(terminal, capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal(200)
    print_rows(ROWS, as_json=False)
    assert capsys.readouterr().out.startswith("\033[1mid ")


def test_control_characters_of_values_are_replaced(capsys):
    print_details({"name": "\x1b[2J", "list": ["\x1b"]}, as_json=False)
    assert "\x1b" not in capsys.readouterr().out


def test_error_of_the_api_is_one_json_object(run_in_process, sandbox_environment):
    finished = run_in_process("customers", "retrieve", "cus_no", "--json")
    assert (finished.returncode, finished.stdout) == (1, "")
    error = json.loads(finished.stderr)["error"]
    assert error.pop("message").startswith("getCustomer (GET /v1/customers/cus_no) returned 404 not_found: ")
    assert error.pop("requestId").startswith("req_")
    assert error == {"type": "NotFoundError", "status": 404, "code": "not_found"}


def test_invalid_fields_are_in_the_json_of_the_error(run_in_process, sandbox_environment):
    finished = run_in_process("plans", "create", "--name", "Pro", "--amount", "1", "--interval", "eon", "--json")
    error = json.loads(finished.stderr)["error"]
    assert (error["type"], error["status"]) == ("ValidationError", 422)
    assert [detail["path"] for detail in error["details"]] == ["interval"]
    assert error["idempotencyKey"]


@pytest.mark.parametrize("words", [["plans", "crate"], ["plans", "create"], ["token", "--revael"], ["request"]])
def test_wrong_usage_is_one_json_object_and_exit_code_2(run_in_process, words):
    finished = run_in_process(*words, "--json")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert json.loads(finished.stderr)["error"]["type"] == "InvalidArgumentError"


def find_commands(group, *words):
    """Yield the words of each command of a group and of its groups."""
    for name in group:
        if not name.startswith("-"):
            found = list(find_commands(group[name], *words, name))
            yield from found or [(*words, name)]


def test_every_command_accepts_json_and_prints_its_errors_as_json(run_in_process, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    commands = list(find_commands(app._app))
    assert len(commands) > 50
    for words in commands:
        assert " --json " in run_in_process(*words, "--help").stdout, words
        finished = run_in_process(*words, "--json", "--no-such-option")
        # For a command that reads a file, the word is the name of a file that does not exist.
        assert (finished.returncode in {1, 2}, finished.stdout) == (True, ""), words
        assert json.loads(finished.stderr)["error"]["message"], words
