"""Missing extras are named with their install command."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.timeouts import PROGRAM_TIMEOUT

pytestmark = pytest.mark.process

PROGRAM = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
from duro.cli import main
main({arguments!r})
"""


def run_without(missing, *arguments):
    program = PROGRAM.format(missing=missing, arguments=arguments)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False
    )


@pytest.mark.parametrize("missing", [{"cyclopts"}, {"rich"}, {"cyclopts", "rich"}])
def test_command_needs_the_extra_cli(missing):
    finished = run_without(missing, "quickstart")
    assert finished.returncode == 1
    assert finished.stderr == "duro: the command line needs its extra; install it with: pip install 'duro-sdk[cli]'\n"


@pytest.mark.parametrize("command", ["quickstart", "sandbox"])
def test_sandbox_needs_the_extra_sandbox(command):
    finished = run_without({"starlette", "uvicorn"}, command)
    assert finished.returncode == 1
    (line,) = finished.stderr.splitlines()
    assert "pip install 'duro-sdk[sandbox]'" in line


def test_token_works_without_the_extra_sandbox(sandbox_environment):
    assert run_without({"starlette", "uvicorn"}, "token").returncode == 0
