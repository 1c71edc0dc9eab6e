"""Shell completion: the script for bash completes commands, options and values."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from cyclopts.completion import detect
from cyclopts.completion.detect import ShellDetectionError

from tests.support.timeouts import PROGRAM_TIMEOUT

BASH = shutil.which("bash")
# What bash does when a person presses the tab key.
COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_duro
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete(run_in_process, tmp_path):
    """Return the words that bash offers for the last of some words."""
    script = tmp_path / "duro.bash"
    script.write_text(run_in_process("--show-completion", "--shell", "bash").stdout, encoding="utf-8")
    program = tmp_path / "duro"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m duro "$@"\n', encoding="utf-8")
    program.chmod(0o755)

    def run(*words):
        command = [BASH, "-c", COMPLETE, "bash", str(script), str(program), *words]
        finished = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=True)
        return finished.stdout.split()

    return run


@pytest.mark.process
@pytest.mark.skipif(BASH is None, reason="bash is not installed")
def test_bash_completes_commands_options_and_values(complete):
    assert complete("pl") == ["plans"]
    assert set(complete("plans", "")) >= {"list", "create", "update", "archive"}
    assert complete("subscriptions", "create", "--cust") == ["--customer-id"]
    assert complete("plans", "create", "--interval", "mo") == ["month"]


def test_installed_script_is_named(run_in_process, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    finished = run_in_process("--install-completion", "--shell", "bash")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith(f"installed in {tmp_path}")
    assert any("duro" in file.name for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.parametrize("option", ["--show-completion", "--install-completion"])
def test_an_unknown_shell_must_be_named(option, run_in_process, monkeypatch):
    def fail():
        raise ShellDetectionError

    monkeypatch.setattr(detect, "detect_shell", fail)
    finished = run_in_process(option)
    assert finished.returncode == 2
    assert finished.stderr == "duro: the shell cannot be detected; add for example --shell bash\n"
