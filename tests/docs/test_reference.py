"""The reference, generated from the docstrings: current, complete and readable without a build."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import duro
import duro.sandbox
import duro.webhooks
from tests.support.timeouts import PROGRAM_TIMEOUT

ROOT = Path(__file__).parents[2]
OVERVIEW = ROOT / "docs" / "reference.md"
PAGES = [OVERVIEW, *sorted(ROOT.glob("docs/reference/*.md"))]
SPHINX_MARKUP = re.compile(r"\{eval-rst\}|^\.\. |:\w+:`|(?<!`)``\w", re.MULTILINE)
ADDRESS = re.compile(r" at 0x[0-9a-f]+|ForwardRef|<class ")


def section(page, name):
    """Return the section of a name on a page of the reference."""
    text = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
    return re.search(rf"^(#+) `{re.escape(name)}`\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)[2]


@pytest.mark.process
def test_pages_are_current():
    command = [sys.executable, "docs/generate_reference.py", "--check"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PROGRAM_TIMEOUT, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_is_readable_without_a_build(page):
    text = page.read_text(encoding="utf-8")
    assert not SPHINX_MARKUP.search(text)
    assert not ADDRESS.search(text)


@pytest.mark.parametrize("module", [duro, duro.webhooks, duro.sandbox], ids=lambda module: module.__name__)
def test_every_public_name_is_in_the_overview_and_has_a_section(module):
    overview = OVERVIEW.read_text(encoding="utf-8")
    sections = "\n".join(page.read_text(encoding="utf-8") for page in PAGES[1:])
    for name in module.__all__:
        assert f"| [`{name}`](" in overview
        assert f"\n## `{name}`\n" in sections


def test_every_operation_is_in_the_overview_with_its_request():
    rows = re.findall(
        r"^\| \[`client\.[\w.]+`\]\(\S+\) \| `[A-Z]+ /", OVERVIEW.read_text(encoding="utf-8"), re.MULTILINE
    )
    resources = [value for _, value in inspect.getmembers(duro.AsyncDuro, inspect.isclass) if value is not type]
    methods = [name for each in resources for name, _ in inspect.getmembers(each, inspect.isfunction) if name[0] != "_"]
    assert len(rows) == len(methods) == 45


def test_section_of_a_method_has_its_signature_arguments_errors_and_example():
    shown = section("resources", "client.plans.archive")
    assert "async def archive(plan_id: str, /, **options: Unpack[CallOptions]) -> Plan" in shown
    assert "- `plan_id`: Plan to archive." in shown
    assert "- `NotFoundError`: The plan does not exist" in shown
    assert ">>> (await client.plans.archive(plan.id)).id == plan.id" in shown


def test_section_of_a_model_has_its_fields_and_their_types():
    shown = section("models", "Plan")
    assert "- `interval` (`Interval`): Unit of a period." in shown
    assert "- `max_cycles` (`int | None`): " in shown


def test_section_of_an_error_has_its_base_class():
    assert "class NotFoundError(APIError)" in section("errors", "NotFoundError")
