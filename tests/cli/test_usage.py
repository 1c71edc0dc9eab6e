"""How the command explains itself, and what it says to those who get it wrong."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest


def test_without_arguments_it_shows_its_commands(duro_here):
    finished = duro_here()
    assert finished.returncode == 0
    for command in ("quickstart", "request", "sandbox", "token", "webhooks"):
        assert f" {command} " in finished.stdout


@pytest.mark.process
def test_it_tells_its_version(duro):
    finished = duro("--version")
    assert (finished.returncode, finished.stdout) == (0, f"duro {version('duro-sdk')}\n")


@pytest.mark.parametrize("command", ["quickstart", "request", "token"])
def test_the_help_of_a_command_prefers_the_environment_for_secrets(duro_here, command):
    finished = duro_here(command, "--help")
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
except SystemExit as ending:
    assert ending.code == 0
heavy = {"anyio", "cattrs", "duro.client", "duro.blocking", "duro.sandbox", "httpx", "starlette", "uvicorn"}
assert not heavy & sys.modules.keys()
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["refund"], 'Unknown command "refund"'),
        (["request", "GET"], "PATH"),
        (["token", "--revael"], "Did you mean --reveal?"),
        (["quickstart", "--callers", "0"], "--callers"),
        (["sandbox", "--port", "65536"], "--port"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(duro_here, arguments, complaint):
    finished = duro_here(*arguments)
    assert finished.returncode == 2
    assert finished.stdout == ""
    (line,) = finished.stderr.splitlines()
    assert line.startswith("duro: ")
    assert complaint in line


def test_a_secret_in_the_wrong_place_is_not_repeated(duro_here):
    finished = duro_here("token", "--client-secert", "csec_test_precious", "sk_test_precious")
    assert finished.returncode == 2
    assert "precious" not in finished.stdout + finished.stderr
