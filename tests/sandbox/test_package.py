"""Lazy loading of ``duro.sandbox``."""

from __future__ import annotations

import subprocess
import sys

import pytest

import duro.sandbox
from tests.support.timeouts import PROGRAM_TIMEOUT


@pytest.mark.process
@pytest.mark.parametrize("module", ["duro.sandbox", "duro.sandbox.billing.periods", "duro.sandbox.deliveries.worker"])
def test_a_part_without_http_does_not_import_the_web_server(module: str) -> None:
    program = f"import sys, {module}; print(sorted({{'jinja2', 'starlette', 'uvicorn'}} & set(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=PROGRAM_TIMEOUT
    )
    assert finished.stdout.strip() == "[]"


def test_every_public_name_loads() -> None:
    for name in duro.sandbox.__all__:
        assert getattr(duro.sandbox, name) is not None
    assert set(duro.sandbox.__all__) <= set(dir(duro.sandbox))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'duro\.sandbox' has no attribute 'Server'"):
        duro.sandbox.Server  # noqa: B018


@pytest.mark.process
def test_serve_is_the_function_and_not_its_module() -> None:
    program = "import duro.sandbox.serve; from duro.sandbox import serve; print(serve.__name__, callable(serve))"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=PROGRAM_TIMEOUT
    )
    assert finished.stdout.strip() == "serve True"
