"""Whatever ends the command, it leaves one line and an exit code."""

from __future__ import annotations

import subprocess
import sys

import pytest

from duro import cli
from duro.errors import APIError, DuroError, InvalidArgumentError


def ending_of(monkeypatch, capsys, error):
    def fail(arguments):
        raise error

    monkeypatch.setattr("duro.cli.app.carry_out", fail)
    with pytest.raises(SystemExit) as ending:
        cli.main([])
    return ending.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (DuroError("no luck"), 1, "duro: no luck\n"),
        (APIError("Gone.", status=410, code="gone"), 1, "duro: 410 gone: Gone.\n"),
        (InvalidArgumentError("no such path"), 2, "duro: no such path\n"),
        (KeyboardInterrupt(), 130, "duro: interrupted\n"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(monkeypatch, capsys, error, code, line):
    assert ending_of(monkeypatch, capsys, error) == (code, line)


def test_a_mistake_of_our_own_is_not_hidden(monkeypatch, capsys):
    with pytest.raises(ZeroDivisionError):
        ending_of(monkeypatch, capsys, ZeroDivisionError())


def test_another_missing_module_is_not_taken_for_the_extra(monkeypatch, capsys):
    with pytest.raises(ModuleNotFoundError):
        ending_of(monkeypatch, capsys, ModuleNotFoundError("No module named 'ghost'", name="ghost"))


def test_a_message_cannot_steer_the_terminal(monkeypatch, capsys):
    _, line = ending_of(monkeypatch, capsys, DuroError("first\nsecond\x1b[2J\x9b2J\u202e"))
    assert line == "duro: first second?[2J?2J?\n"


@pytest.mark.process
def test_a_warning_is_one_line():
    program = """
import warnings
from duro import cli
from duro.cli import app
app.carry_out = lambda arguments: warnings.warn("mind the gap", stacklevel=2)
cli.main([])
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (finished.returncode, finished.stderr) == (0, "duro: warning: mind the gap\n")
