"""Examples, commands, links and names of the README, the pages and the example scripts."""

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
import duro.sandbox
import duro.webhooks
from duro.cli import main
from duro.cli.operations.catalog import list_resources

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted(ROOT.glob("docs/*.md"))]
SCRIPTS = sorted(ROOT.glob("docs/examples/*.py"))
REFERENCE = ROOT / "docs" / "reference.md"

BLOCK_PARSER = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()], pattern="*.md")
FENCE_TYPES = {"", "python", "console", "text", "{toctree}", "{eval-rst}", "{include} ../CHANGELOG.md"}


def relative_name(path):
    return str(path.relative_to(ROOT))


def python_blocks():
    """Yield one parameter for each Python block of the pages, named by its page and line."""
    for page in PAGES:
        for block in BLOCK_PARSER.parse(page):
            yield pytest.param(block, id=f"{relative_name(page)}:{block.line}")


@pytest.mark.parametrize("block", list(python_blocks()))
def test_block_of_a_page_runs_alone_and_twice(block, sandbox_environment):
    for _ in range(2):
        block.document.namespace.clear()
        block.evaluate()


def test_every_python_block_is_parsed():
    for page in PAGES:
        fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(fences) <= FENCE_TYPES, page
        assert fences.count("python") == len(list(BLOCK_PARSER.parse(page))), page


@pytest.mark.process
@pytest.mark.parametrize("script", SCRIPTS, ids=relative_name)
def test_example_script_runs(script, sandbox_environment):
    finished = subprocess.run(
        [sys.executable, "-W", "error", str(script)], capture_output=True, text=True, timeout=50, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout
    assert not finished.stderr


def duro_commands(page):
    """Yield the arguments of each ``duro`` command that a page shows."""
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in re.findall(r"^\$ (.+)$", block, re.MULTILINE):
            for command in line.split("&&"):
                words = shlex.split(command)
                if words[0] == "duro":
                    yield words[1:]


def command_name(words):
    """Return the words that name a command, with its group if it has one."""
    groups = {"webhooks", *(name.replace("_", "-") for name in list_resources())}
    return tuple(words[:2] if words[0] in groups else words[:1])


def test_commands_of_the_pages_exist(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    for command, words in {command_name(words): words for page in PAGES for words in duro_commands(page)}.items():
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])
        output = capsys.readouterr()
        assert caught.value.code == 0, (words, output.err)
        for option in (word for word in words if word.startswith("--")):
            assert option in output.out, words


def heading_anchors(page):
    """Return the anchors that a forge and the built documentation derive from the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=relative_name)
def test_links_of_a_page_resolve(page):
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.is_file(), link
        assert not anchor or anchor in heading_anchors(target), link


def test_every_page_is_in_the_table_of_contents():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    toctrees = re.findall(r"^```\{toctree\}\n(.*?)^```", index, re.MULTILINE | re.DOTALL)
    listed = [name for toctree in toctrees for name in re.findall(r"^[a-z-]+$", toctree, re.MULTILINE)]
    assert sorted(listed) == sorted(page.stem for page in PAGES if page.stem not in {"README", "index"})


def listed_names(module):
    """Return the names of a module that the reference describes, without those of its submodules."""
    reference = REFERENCE.read_text(encoding="utf-8")
    return re.findall(rf"^\.\. auto\w+:: {re.escape(module)}\.(\w+)$", reference, re.MULTILINE)


def test_the_reference_has_every_public_name():
    assert sorted(listed_names("duro")) == sorted(duro.__all__)
    # Events and errors of webhooks are listed once, under the name that is shortest to import.
    assert {*listed_names("duro.webhooks"), *duro.__all__} >= set(duro.webhooks.__all__)
    assert set(listed_names("duro.sandbox")) >= set(duro.sandbox.__all__)
