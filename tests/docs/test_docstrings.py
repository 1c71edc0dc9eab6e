"""Examples in docstrings, each with a new ``sandbox`` and a ``client`` for it."""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import inspect
import io
import traceback
from pathlib import Path

import pytest

from duro import AsyncDuro

ROOT = Path(__file__).parents[2]
CHECKER = doctest.OutputChecker()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def docstring_examples():
    """Yield one parameter for each docstring with examples, without importing any module."""
    for path in sorted((ROOT / "duro").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for owner, docstring in find_docstrings(ast.parse(path.read_text(encoding="utf-8"))):
            test = doctest.DocTestParser().get_doctest(docstring, {}, ".".join([module, *owner]), str(path), 0)
            if test.examples:
                yield pytest.param(module, test, id=test.name)


def find_docstrings(node, owner=()):
    """Yield each docstring of a syntax tree with the names of the classes and functions around it."""
    if docstring := ast.get_docstring(node):
        yield owner, docstring
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from find_docstrings(child, (*owner, child.name))


@pytest.fixture
def namespace(module):
    """Return the names of a module. Its import reads files, which would block the event loop of a test."""
    return vars(importlib.import_module(module))


@pytest.mark.anyio
@pytest.mark.parametrize(("module", "test"), list(docstring_examples()))
async def test_docstring_examples_run(namespace, test, sandbox):
    async with AsyncDuro(**sandbox.options) as client:
        names = {**namespace, "client": client, "sandbox": sandbox}
        for example in test.examples:
            output = await run_example(example, test.name, names)
            matches = CHECKER.check_output(example.want, output, FLAGS)
            assert matches, CHECKER.output_difference(example, output, FLAGS)


async def run_example(example, name, names):
    """Run an example as a Python prompt with top-level ``await`` does, and return its output."""
    code = compile(example.source, f"<{name}>", "single", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            result = eval(code, names)  # noqa: S307 - the examples are the package's own
            if inspect.iscoroutine(result):
                await result
        except Exception as error:
            if example.exc_msg is None:
                raise
            output.write("Traceback (most recent call last):\n" + traceback.format_exception_only(error)[-1])
    return output.getvalue()
