"""``duro quickstart`` on a pseudo-terminal: question, progress, colors and width."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows does not have pseudo-terminals"),
]

ESCAPE_CODE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
COLOR_CODE = re.compile(r"\x1b\[(?:\d+;)*[34]\d(?:;\d+)*m")


@pytest.fixture
def run_on_terminal(plain_environment):
    """Run the command on a terminal, type a text, and return the exit code and the output."""
    import termios

    def run(*arguments, columns=100, typed="", **variables):
        ours, theirs = os.openpty()
        termios.tcsetwinsize(theirs, (40, columns))
        os.write(ours, typed.encode())
        command = [sys.executable, "-m", "duro", *map(str, arguments)]
        environment = {**os.environ, **variables}
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
            os.close(theirs)
            output = read_to_the_end(ours)
        return process.returncode, output

    return run


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


@pytest.mark.parametrize("columns", [100, 60, 40])
def test_lines_and_bars_fit_the_terminal(run_on_terminal, columns):
    code, output = run_on_terminal("quickstart", "--callers", 200, columns=columns)
    assert code == 0, output
    assert "200/200" in output
    assert "━" in output
    lines = ESCAPE_CODE.sub("", output).replace("\r", "\n").splitlines()
    assert [line for line in lines if len(line) > columns] == []
    assert "…" not in output


def test_colors_are_used_on_a_terminal(run_on_terminal):
    assert COLOR_CODE.search(run_on_terminal("quickstart", "--callers", 5)[1])


def test_no_color_removes_the_colors(run_on_terminal):
    code, output = run_on_terminal("quickstart", "--callers", 5, NO_COLOR="1")
    assert code == 0, output
    assert not COLOR_CODE.search(output)


def test_dumb_terminal_gets_neither_escape_codes_nor_progress(run_on_terminal):
    code, output = run_on_terminal("quickstart", "--callers", 5, columns=40, TERM="dumb")
    assert code == 0, output
    assert "\x1b" not in output
    assert "━" not in output
    assert max(map(len, output.splitlines())) <= 40


def test_pipe_gets_neither_escape_codes_nor_progress(run_duro):
    finished = run_duro("quickstart", "--callers", 5)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "\x1b" not in finished.stdout
    assert "━" not in finished.stdout


def test_writes_without_a_terminal_are_refused(run_duro, sandbox_environment):
    finished = run_duro("quickstart", stdin="y\n")
    assert (finished.returncode, finished.stdout) == (2, "")
    (line,) = finished.stderr.splitlines()
    assert sandbox_environment.url in line
    assert "pass --yes" in line
    assert sandbox_environment.stats.requests == 0


def test_yes_writes_without_a_question(run_duro, sandbox_environment):
    finished = run_duro("quickstart", "--yes", "--callers", 5)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert len(sandbox_environment.ledger) == 1


@pytest.mark.parametrize("typed", ["y\n", "YES\n"])
def test_confirmed_writes_are_sent(run_on_terminal, sandbox_environment, typed):
    code, output = run_on_terminal("quickstart", "--callers", 5, typed=typed)
    assert code == 0, output
    assert f"subscription at {sandbox_environment.url} in test mode" in output
    assert len(sandbox_environment.ledger) == 1


@pytest.mark.parametrize("typed", ["\n", "n\n", "\x04"])
def test_declined_writes_are_not_sent(run_on_terminal, sandbox_environment, typed):
    code, output = run_on_terminal("quickstart", typed=typed)
    assert code == 1
    assert "duro: the writes were declined, and nothing was sent" in output.splitlines()[-1]
    assert sandbox_environment.stats.requests == 0


def test_sandbox_of_its_own_needs_no_confirmation(run_on_terminal):
    code, output = run_on_terminal("quickstart", "--callers", 5)
    assert code == 0, output
    assert "Continue?" not in output
