"""What the README, the pages and the example scripts show, works."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

import duro

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
SCRIPTS = sorted(ROOT.glob("docs/examples/*.py"))

pages = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()], pattern="*.md")


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_examples_of_a_page_run_from_top_to_bottom(page, sandbox_environment):
    for example in pages.parse(page):
        example.evaluate()


def test_no_example_is_overlooked():
    for page in PAGES:
        fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(fences) <= {"", "python", "console", "{toctree}", "{eval-rst}"}, page
        assert fences.count("python") == len(list(pages.parse(page))), page


@pytest.mark.process
@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_example_script_runs(script, sandbox_environment):
    finished = subprocess.run(
        [sys.executable, "-W", "error", str(script)], capture_output=True, text=True, timeout=50, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout
    assert not finished.stderr


def commands_of(page):
    """The commands of ``duro`` that a page types into a terminal."""
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in re.findall(r"^\$ (.+)$", block, re.MULTILINE):
            for command in line.split("&&"):
                words = shlex.split(command)
                if words[0] == "duro":
                    yield words[1:]


def command_of(words):
    """The words that name a command, which stands in a group or alone."""
    return tuple(words[:2] if words[0] == "webhooks" else words[:1])


@pytest.mark.process
def test_commands_of_the_pages_exist():
    for command, words in {command_of(words): words for page in PAGES for words in commands_of(page)}.items():
        finished = subprocess.run(
            [sys.executable, "-m", "duro", *command, "--help"], capture_output=True, text=True, timeout=50, check=False
        )
        assert finished.returncode == 0, (words, finished.stderr)
        for option in (word for word in words if word.startswith("--")):
            assert option in finished.stdout, words


def test_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    for link in links:
        assert link.startswith("https://") or (ROOT / link).is_file(), link


def test_the_reference_has_every_public_name():
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\.\. auto\w+:: duro\.(\w+)$", reference, re.MULTILINE))
    assert listed == set(duro.__all__)
