"""The public names of ``duro``: what type checkers read is what Python imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import duro


def names_for_type_checkers():
    """Map each name that ``duro`` imports under ``TYPE_CHECKING`` to its module."""
    tree = ast.parse(Path(duro.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {alias.asname: statement.module for statement in block.body for alias in statement.names}


def test_type_checkers_and_python_import_the_same_names():
    assert names_for_type_checkers() == {**duro._MODULES, **dict.fromkeys(duro._SUBMODULES)}


def test_star_import_has_every_name_but_the_version_and_the_submodules():
    assert set(duro.__all__) == set(names_for_type_checkers()) - {"__version__", *duro._SUBMODULES}
    assert set(duro.__all__) < set(dir(duro))


@pytest.mark.parametrize("name", duro.__all__)
def test_name_belongs_to_the_module_of_its_definition(name):
    module = f"duro.{duro._MODULES[name]}"
    assert getattr(getattr(duro, name), "__module__", module) in (module, "types")  # a union has no module of its own


def test_unknown_name_raises_attribute_error():
    with pytest.raises(AttributeError, match="module 'duro' has no attribute 'Nothing'"):
        duro.Nothing  # noqa: B018 - the access itself raises
