"""Missing extras: the error names the extra to install."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.process

HIDE_PACKAGES = """
import sys

class HidingFinder:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {missing!r}:
            return self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(HidingFinder, sys.meta_path)
{program}
"""


def hide(*missing, program):
    return HIDE_PACKAGES.format(missing=set(missing), program=program)


@pytest.mark.parametrize("missing", ["jinja2", "starlette", "uvicorn"])
def test_the_sandbox_names_its_extra(run_python, missing):
    finished = run_python(hide(missing, program="from duro.sandbox import Sandbox"))
    assert finished.returncode == 1
    last = finished.stderr.splitlines()[-1]
    assert last.startswith("duro.errors.ConfigurationError: ")
    assert "duro-sdk[sandbox]" in last


def test_the_command_line_names_its_extra(run_python):
    program = "from duro.cli import main; sys.argv = ['duro', '--help']; main()"
    finished = run_python(hide("cyclopts", "rich", program=program))
    assert finished.returncode != 0
    assert "duro-sdk[cli]" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_the_sandbox_commands_name_their_extra(run_python):
    program = "from duro.cli import main; sys.argv = ['duro', 'sandbox']; main()"
    finished = run_python(hide("starlette", program=program))
    assert finished.returncode != 0
    assert "duro-sdk[sandbox]" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_clients_work_without_extras(run_python):
    program = """
import duro
duro.AsyncDuro("sk_test_example")
duro.Duro("sk_test_example").close()
"""
    finished = run_python(hide("cyclopts", "rich", "starlette", "uvicorn", "uvloop", program=program))
    assert finished.returncode == 0, finished.stderr
