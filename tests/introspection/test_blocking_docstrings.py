"""Docstrings of the blocking API: derived from the asynchronous ones, with examples that run."""

from __future__ import annotations

import contextlib
import doctest
import inspect
import io
import sys

import pytest

import duro
from duro.blocking.docstrings import blocking_docstring, with_arguments_of
from duro.webhooks import BlockingInbox

CHECKER = doctest.OutputChecker()
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
RESOURCES = [value for name, value in inspect.getmembers(duro.Duro, inspect.isclass) if not name.startswith("_")]
CLASSES = [duro.Duro, duro.Pages, BlockingInbox, *RESOURCES]


def documented():
    """Yield each public class of the blocking API, and each of its public methods and properties."""
    for owner in CLASSES:
        yield pytest.param(owner, owner.__module__, id=owner.__name__)
        for name, value in inspect.getmembers(owner, lambda value: not inspect.isclass(value)):
            if not name.startswith("_"):
                yield pytest.param(value, owner.__module__, id=f"{owner.__name__}.{name}")


def examples():
    """Yield each docstring with examples."""
    for case in documented():
        value, module = case.values
        names = {**vars(sys.modules[module])}
        test = doctest.DocTestParser().get_doctest(inspect.getdoc(value), names, case.id, None, 0)
        if test.examples:
            yield pytest.param(test, id=case.id)


@pytest.mark.parametrize(("value", "module"), [*documented()])
def test_docstring_shows_blocking_code(value, module):
    docstring = inspect.getdoc(value)
    assert docstring
    for asynchronous in ("await ", "async ", "AsyncPages", "aclose"):
        assert asynchronous not in docstring


def test_every_method_with_an_asynchronous_example_has_a_blocking_one():
    asynchronous = {
        f"{owner.__name__}.{name}"
        for owner in RESOURCES
        for name, method in inspect.getmembers(owner, inspect.isfunction)
        if ">>>" in (inspect.unwrap(method).__doc__ or "")
    }
    assert len(asynchronous) > 40
    assert asynchronous <= {case.id for case in examples()}


@pytest.mark.parametrize("test", [*examples()])
def test_derived_example_runs(test, sandbox):
    with duro.Duro(**sandbox.options) as client:
        names = {**test.globs, "client": client, "sandbox": sandbox}
        for example in test.examples:
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(example.source, f"<{test.name}>", "single"), names)  # noqa: S102 - the package's own
            matches = CHECKER.check_output(example.want, output.getvalue(), FLAGS)
            assert matches, CHECKER.output_difference(example, output.getvalue(), FLAGS)


@pytest.mark.parametrize(
    ("asynchronous", "blocking"),
    [
        ("await client.token()", "client.token()"),
        ("(await client.plans.update(plan.id)).name", "client.plans.update(plan.id).name"),
        ("print((await client.token()).is_fresh())", "print(client.token().is_fresh())"),
        ("print(await client.token())", "print(client.token())"),
        ("[plan async for plan in client.plans.list()]", "[plan for plan in client.plans.list()]"),
        ("async with AsyncDuro() as client:", "with Duro() as client:"),
        ("Close it with ``aclose()``.", "Close it with ``close()``."),
        ("An instance of AsyncPages.", "An instance of Pages."),
    ],
)
def test_asynchronous_code_becomes_blocking(asynchronous, blocking):
    assert blocking_docstring(asynchronous) == blocking


def test_a_missing_docstring_stays_missing():
    assert blocking_docstring(None) is None

    @with_arguments_of(type("Undocumented", (), {}))
    class Documented:
        """Documentation of its own."""

    assert Documented.__doc__ == "Documentation of its own."
