"""Examples, commands, links and names of the README and the pages."""

from __future__ import annotations

import logging
import os
import re
import shlex
import subprocess
import sys

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

from duro.cli import main
from duro.cli.operations.catalog import list_resources
from tests.support.page_blocks import PAGES, ROOT, find_blocks
from tests.support.timeouts import PROGRAM_TIMEOUT

REFERENCE = sorted(ROOT.glob("docs/reference/*.md"))

BLOCK_PARSER = Sybil(parsers=[PythonCodeBlockParser()], pattern="*.md")
FENCE_TYPES = {"", "python", "console", "text", "yaml", "{toctree}", "{eval-rst}", "{include} ../CHANGELOG.md"}


def relative_name(path):
    return str(path.relative_to(ROOT))


def python_blocks():
    """Yield one parameter for each Python block of the pages, named by its page and line."""
    for page in PAGES:
        for block in BLOCK_PARSER.parse(page):
            yield pytest.param(block, id=f"{relative_name(page)}:{block.line}")


@pytest.fixture
def restored_logging():
    """Restore what blocks about logging change."""
    loggers = [logging.getLogger(), logging.getLogger("duro")]
    states = [(logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, states, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.mark.parametrize("block", list(python_blocks()))
def test_block_of_a_page_runs_alone_and_twice(block, sandbox_environment, restored_logging):
    for _ in range(2):
        block.document.namespace.clear()
        block.document.namespace["__name__"] = "__main__"  # as in a program of its own
        block.evaluate()


@pytest.mark.process
def test_blocks_with_tests_pass_in_pytest(tmp_path, monkeypatch):
    files = [block for block in find_blocks() if block.has_tests]
    assert files
    for block in files:
        block.write(tmp_path / f"test_{block.module_name}.py")
    # A run without the other plugins starts faster.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    options = ["-q", "-c", os.devnull, "-p", "anyio", "-p", "duro", "-p", "no:cacheprovider", "--import-mode=importlib"]
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", *options, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    tests = sum(len(re.findall(r"^(?:async )?def test_", block.source, re.MULTILINE)) for block in files)
    assert f"{tests} passed in" in finished.stdout


def test_no_block_is_skipped():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"skip: |pytest\.skip|<!--|^~~~", text, re.MULTILINE), page
        # Only a block that begins in the first column is found.
        assert not re.search(r"^[ >]+```", text, re.MULTILINE), page
    assert len(list(find_blocks())) == len(list(python_blocks()))


def test_file_of_a_block_has_the_line_numbers_of_the_page(tmp_path):
    for block in find_blocks():
        block.write(tmp_path / "block.py")
        written = (tmp_path / "block.py").read_text(encoding="utf-8").splitlines()
        page = block.page.read_text(encoding="utf-8").splitlines()
        assert written[block.line :] == page[block.line : len(written)]


def test_every_python_block_is_parsed():
    for page in PAGES:
        fences = re.findall(r"^```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(fences) <= FENCE_TYPES, page
        assert fences.count("python") == len(list(BLOCK_PARSER.parse(page))), page


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
    anchors = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    # A repeated anchor has a number.
    return {f"{each}-{count}" if (count := anchors[:i].count(each)) else each for i, each in enumerate(anchors)}


@pytest.mark.parametrize("page", [*PAGES, *REFERENCE, ROOT / "CHANGELOG.md"], ids=relative_name)
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
    listed = [name for toctree in toctrees for name in re.findall(r"^[a-z/-]+$", toctree, re.MULTILINE)]
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES if page.stem != "README"}
    assert sorted(listed) == sorted(pages - {"index"})
