"""Modules of the package: each can be imported alone."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import duro

PACKAGE = Path(duro.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.stem not in {"__main__", "example"}
)


@pytest.mark.parametrize("name", MODULES)
def test_each_module_can_be_imported(name):
    module = importlib.import_module(name)
    for attribute in getattr(module, "__all__", ()):
        assert hasattr(module, attribute)
