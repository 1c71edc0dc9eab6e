"""Countable rules of style: wording of docstrings, unique type names, length of files."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "duro"

MAX_FILE_LINES = 320
MAX_SANDBOX_FILES = 14
MAX_NEGATED_NOUNS_PER_1000_LINES = 0.7
QUESTION_WORDS = [
    "what",
    "who",
    "whom",
    "whose",
    "where",
    "how",
    "which",
    "whatever",
    "whoever",
    "when",
    "why",
    "whichever",
]
FORBIDDEN_VERBS = ["give", "gives", "tell", "tells", "let", "lets", "say", "says"]
# "is no text" instead of "is not a string".
NEGATED_NOUN = re.compile(
    r"\b(?:is|are|was|were|takes?|has|have|had|needs?|holds?|knows?|does|makes?|gives?|shows?|brings?|finds?|sends?"
    r"|costs?|leaves?|keeps?|sees?|gets?)\s+(?:no|none|nobody|nothing)\b",
    re.IGNORECASE,
)
# help() shows the text as it is.
SPHINX_ROLE = re.compile(r":[a-z]+:`[^`]*`")
# A line of Args or Attributes: the name, a colon and the first word.
ITEM = re.compile(r"^\s+\*{0,2}\w+: (\w+)", re.MULTILINE)


@cache
def read_modules():
    """Return the source of each module."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {path.relative_to(PACKAGE.parent): path.read_text(encoding="utf-8") for path in paths}


@cache
def parse_modules():
    """Return the syntax tree of each module."""
    return {path: ast.parse(source) for path, source in read_modules().items()}


def find_docstrings():
    """Yield the place and the text of each docstring."""
    for path, tree in parse_modules().items():
        for node in ast.walk(tree):
            kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            if isinstance(node, kinds) and (docstring := ast.get_docstring(node)):
                yield f"{path}:{node.body[0].lineno}", docstring


def find_texts():
    """Yield the place and the text of each string and comment."""
    for path, tree in parse_modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{path}:{node.lineno}", node.value
        for number, line in enumerate(read_modules()[path].splitlines(), 1):
            if comment := re.search(r"(?:^|\s)#\s.*", line):
                yield f"{path}:{number}", comment[0]


def find_type_names(tree):
    """Return the names of the public classes and type aliases of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and "TypeAlias" in ast.unparse(node.annotation):
            yield node.target.id


def first_word(text):
    return text.split(maxsplit=1)[0].strip("`*.,:;").lower()


def report(violations):
    if listed := sorted(violations):
        pytest.fail("\n".join([f"{len(listed)} violations:", *listed]), pytrace=False)


@pytest.mark.parametrize(("kind", "words"), [("question word", QUESTION_WORDS), ("verb", FORBIDDEN_VERBS)])
def test_docstring_does_not_begin_with_a_forbidden_word(kind, words):
    report(
        f"{place}: {docstring.splitlines()[0]}"
        for place, docstring in find_docstrings()
        if first_word(docstring) in words
    )


def test_item_of_a_docstring_does_not_begin_with_a_question_word():
    report(
        f"{place}: {item[0].strip()}"
        for place, docstring in find_docstrings()
        for item in ITEM.finditer(docstring)
        if item[1].lower() in QUESTION_WORDS
    )


def test_docstring_has_no_sphinx_role():
    report(f"{place}: {role[0]}" for place, text in find_docstrings() if (role := SPHINX_ROLE.search(text)))


def test_nouns_are_rarely_negated():
    violations = [f"{place}: {found[0]}" for place, text in find_texts() for found in NEGATED_NOUN.finditer(text)]
    lines = sum(source.count("\n") for source in read_modules().values())
    if len(violations) * 1000 > MAX_NEGATED_NOUNS_PER_1000_LINES * lines:
        report(violations)


def test_public_type_name_is_defined_once():
    places = defaultdict(list)
    for path, tree in parse_modules().items():
        for name in find_type_names(tree):
            places[name].append(str(path))
    report(f"{name}: {', '.join(paths)}" for name, paths in places.items() if len(paths) > 1 and name[0] != "_")


def test_file_is_short():
    lengths = {path: source.count("\n") for path, source in read_modules().items()}
    report(f"{path}: {length} lines" for path, length in lengths.items() if length > MAX_FILE_LINES)


def test_root_of_the_sandbox_has_few_files():
    assert len(list((PACKAGE / "sandbox").glob("*.py"))) <= MAX_SANDBOX_FILES
