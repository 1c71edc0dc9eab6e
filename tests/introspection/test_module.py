"""The module ``duro``: its guide, its submodules and its names."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

import duro

SCREEN_LINES = 30


def test_help_of_the_module_begins_with_a_guide_of_one_screen():
    guide = inspect.getdoc(duro)
    assert guide.count("\n") < SCREEN_LINES
    for name in ("duro.Duro", "duro.AsyncDuro", "duro.errors", "duro.webhooks", "duro.sandbox", "https://"):
        assert name in guide


@pytest.mark.anyio
async def test_code_of_the_guide_runs(sandbox_environment):
    _, begin, rest = inspect.getdoc(duro).partition("    import duro\n")
    block = begin + rest.partition("\nWithout arguments")[0]
    code = textwrap.dedent(block).replace('"sk_test_…"', "")
    names = {}
    await eval(compile(code, "<guide>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)  # noqa: S307 - the package's own
    assert names["plan"].name == "Pro"


def test_names_of_the_module_are_the_public_ones():
    assert dir(duro) == sorted({*duro.__all__, "__version__", "errors", "sandbox", "webhooks"})
