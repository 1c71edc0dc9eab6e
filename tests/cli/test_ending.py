"""Errors, warnings and exit codes of the command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from duro import cli
from duro.errors import APIError, DuroError, InvalidArgumentError
from tests.support.timeouts import PROGRAM_TIMEOUT


def run_with_error(monkeypatch, capsys, error):
    def fail(arguments):
        raise error

    monkeypatch.setattr("duro.cli.app.run", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main([])
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (DuroError("failed"), 1, "duro: failed\n"),
        (APIError("Gone.", status=410, code="gone"), 1, "duro: 410 gone: Gone.\n"),
        (InvalidArgumentError("no such path"), 2, "duro: no such path\n"),
        (KeyboardInterrupt(), 130, "duro: interrupted\n"),
    ],
)
def test_error_is_one_line_and_an_exit_code(monkeypatch, capsys, error, code, line):
    assert run_with_error(monkeypatch, capsys, error) == (code, line)


def test_unexpected_exception_is_raised(monkeypatch, capsys):
    with pytest.raises(ZeroDivisionError):
        run_with_error(monkeypatch, capsys, ZeroDivisionError())


def test_missing_module_of_another_package_is_raised(monkeypatch, capsys):
    with pytest.raises(ModuleNotFoundError):
        run_with_error(monkeypatch, capsys, ModuleNotFoundError("No module named 'other'", name="other"))


def test_control_characters_are_replaced(monkeypatch, capsys):
    _, line = run_with_error(monkeypatch, capsys, DuroError("first\nsecond\x1b[2J\x9b2J\u202e"))
    assert line == "duro: first second?[2J?2J?\n"


@pytest.mark.process
def test_warning_is_one_line():
    program = """
import warnings
from duro import cli
from duro.cli import app
app.run = lambda arguments: warnings.warn("example", stacklevel=2)
cli.main([])
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "duro: warning: example\n")
