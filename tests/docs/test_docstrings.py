"""Each example in a docstring runs, with a fresh ``sandbox`` and a ``client`` for it."""

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


def examples():
    """One test for each docstring with examples, found without importing anything."""
    for path in sorted((ROOT / "duro").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for owner, docstring in docstrings_of(ast.parse(path.read_text(encoding="utf-8"))):
            test = doctest.DocTestParser().get_doctest(docstring, {}, ".".join([module, *owner]), str(path), 0)
            if test.examples:
                yield pytest.param(module, test, id=test.name)


def docstrings_of(node, owner=()):
    if docstring := ast.get_docstring(node):
        yield owner, docstring
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from docstrings_of(child, (*owner, child.name))


@pytest.mark.anyio
@pytest.mark.parametrize(("module", "test"), list(examples()))
async def test_examples_of_a_docstring_run(module, test, sandbox):
    async with AsyncDuro(**sandbox.options) as client:
        names = {**vars(importlib.import_module(module)), "client": client, "sandbox": sandbox}
        for example in test.examples:
            got = await output_of(example, test.name, names)
            assert CHECKER.check_output(example.want, got, FLAGS), CHECKER.output_difference(example, got, FLAGS)


async def output_of(example, name, names):
    """Run an example as a Python prompt that can await would, and tell what it shows."""
    code = compile(example.source, f"<{name}>", "single", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            outcome = eval(code, names)  # noqa: S307 - the examples are the package's own
            if inspect.iscoroutine(outcome):
                await outcome
        except Exception as error:
            if example.exc_msg is None:
                raise
            output.write("Traceback (most recent call last):\n" + traceback.format_exception_only(error)[-1])
    return output.getvalue()
