"""Help, version and usage errors of the command."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.support.timeouts import PROGRAM_TIMEOUT


def test_commands_are_listed_without_arguments(run_in_process):
    finished = run_in_process()
    assert finished.returncode == 0
    for command in ("quickstart", "request", "sandbox", "token", "webhooks"):
        assert f" {command} " in finished.stdout


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("request",), ("plans",), ("plans", "create"), ("webhooks", "verify")])
@pytest.mark.parametrize("width", [40, 59, 60, 80])
def test_help_keeps_words_whole_on_narrow_terminals(run_in_process, monkeypatch, words, width):
    monkeypatch.setenv("COLUMNS", str(width))
    finished = run_in_process(*words, "--help")
    assert all(len(line) <= width for line in finished.stdout.splitlines())
    monkeypatch.setenv("COLUMNS", "300")
    names = re.findall(r"--[a-z-]+", run_in_process(*words, "--help").stdout)
    assert [name for name in names if name not in finished.stdout] == []


@pytest.mark.process
def test_version_is_printed(run_duro):
    finished = run_duro("--version")
    assert (finished.returncode, finished.stdout) == (0, f"duro {version('duro-sdk')}\n")


@pytest.mark.parametrize("command", ["quickstart", "request", "token"])
def test_help_recommends_environment_variables_for_secrets(run_in_process, command):
    finished = run_in_process(command, "--help")
    assert finished.returncode == 0
    assert "DURO_CLIENT_SECRET" in finished.stdout
    assert "can read" in finished.stdout


@pytest.mark.process
def test_help_imports_neither_the_client_nor_the_sandbox():
    program = """
import sys
from duro.cli import main
try:
    main(["--help"])
except SystemExit as stop:
    assert stop.code == 0
heavy = {"anyio", "cattrs", "duro.client", "duro.blocking", "duro.sandbox", "httpx", "starlette", "uvicorn"}
assert not heavy & sys.modules.keys()
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["refund"], 'Unknown command "refund"'),
        (["request", "GET"], "PATH"),
        (["token", "--revael"], "Did you mean --reveal?"),
        (["quickstart", "--callers", "0"], "--callers"),
        (["sandbox", "--port", "65536"], "--port"),
        (["sandbox", "--clock", "fast"], 'Choose from: "real", "frozen"'),
        (["sandbox", "--start", "2026-01-31"], "--start must be a time with an offset, got '2026-01-31'"),
        (["sandbox", "--start", "tomorrow"], "write for example 2026-01-31T09:00:00Z"),
        (["sandbox", "--start", "0001-01-01T00:00+14:00"], "--start must be a time with an offset"),
        (["sandbox", "--start", "9000-01-01T00:00Z"], "--start must be before the year 8000"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(run_in_process, arguments, message):
    finished = run_in_process(*arguments)
    assert finished.returncode == 2
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: ")
    assert message in line


def test_secret_in_a_misspelt_option_is_not_shown(run_in_process):
    finished = run_in_process("token", "--client-secert", "csec_test_precious", "sk_test_precious")
    assert finished.returncode == 2
    assert "precious" not in finished.stdout + finished.stderr
