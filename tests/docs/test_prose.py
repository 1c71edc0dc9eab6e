"""Countable rules for the prose of the README, the changelog and the pages."""

from __future__ import annotations

import re

import pytest

from tests.support import page_blocks
from tests.support.page_blocks import ROOT

# The reference is generated from the docstrings.
GENERATED = ROOT / "docs" / "reference.md"
PAGES = [ROOT / "CHANGELOG.md", *(page for page in page_blocks.PAGES if page != GENERATED)]

MAX_SENTENCE_WORDS = 20

QUESTION_WORD = re.compile(r"(what|who|whom|whose|where|how|which|whatever|whoever|when|why)\b", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.?!](?=\s)")
# A subset of the rare words, idioms and metaphors that the project avoids.
AVOIDED = re.compile(
    r"\b(he|his|him|nobody|whoever|whatever|lest|meanwhile|anew|mend|told|nonsense|under way|for ever|at hand"
    r"|stands?|struck|strikes?|knows?|believes?|answers?|answered|tells?|says?|gives?)\b",
    re.IGNORECASE,
)
NEGATED_NOUN = re.compile(r"\b(is|are|was|takes?|has|have|had|needs?|costs?|sends?|makes?) (no|none|nothing)\b")
# Not a parameter at the end of a path.
SPHINX_ROLE = re.compile(r"(?<!/)\{[\w:]+\}`")


def split_page(text):
    """Return the prose lines of a page, each with its line number, and its headings; code blocks are left out."""
    prose, headings, in_block = [], [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            in_block = not in_block
        elif not in_block and line.startswith("#"):
            headings.append((number, line.lstrip("# ")))
        elif not in_block and line.strip(" |-"):
            prose.append((number, line))
    return prose, headings


def plain(line):
    """Return a line with each code span and link as one word or its text, and without a list marker."""
    line = re.sub(r"`[^`]+`", "Code", line)
    line = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", line)
    return re.sub(r"^\s*([-*]|\d+\.)\s+", "", line).replace("**", "").strip()


def sentences(line):
    """Split a line, or each cell of a table row, into sentences."""
    cells = line.strip("| ").split(" | ") if line.startswith("|") else [line]
    return [part.strip() for cell in cells for part in SENTENCE_END.split(plain(cell)) if part.strip()]


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def page(request):
    return split_page(request.param.read_text(encoding="utf-8"))


def test_a_sentence_has_at_most_twenty_words(page):
    for number, line in page[0]:
        for sentence in sentences(line):
            assert len(sentence.split()) <= MAX_SENTENCE_WORDS, (number, sentence)


def test_a_line_holds_one_sentence(page):
    for number, line in page[0]:
        if not line.startswith("|"):
            assert len(sentences(line)) == 1, (number, line)
            assert plain(line).endswith((".", ":")), (number, line)


def test_a_page_holds_a_sentence_once(page):
    lines = [line for _, line in page[0] if not line.startswith("|")]
    repeated = {line for line in lines if lines.count(line) > 1 and not line.endswith(":")}
    assert not repeated


def test_a_colon_introduces_a_list_or_a_code_block(page):
    for number, line in page[0]:
        assert not re.search(r": |;", plain(line)), (number, line)


def test_a_heading_names_a_task_or_a_noun(page):
    for number, heading in page[1]:
        assert not QUESTION_WORD.match(heading), (number, heading)
        assert not heading.endswith(("?", ".", ":")), (number, heading)


def test_a_code_block_is_not_part_of_a_sentence():
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for following in re.findall(r"^```\n\n([^\n]+)", text, re.MULTILINE):
            assert not following[0].islower(), (path, following)


def test_words_are_plain(page):
    for number, line in page[0]:
        for pattern in (AVOIDED, NEGATED_NOUN):
            assert not pattern.search(plain(line)), (number, pattern.search(plain(line))[0], line)


def test_pages_read_well_without_a_build(page):
    for number, line in page[0]:
        assert not SPHINX_ROLE.search(line), (number, line)
