from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.charges", "tests.support.programs", "tests.support.raw_server", "tests.support.tcp_proxy"]

# A deadline would fail on a slow machine. In CI, two runs must test the same examples.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    """Run every test marked ``anyio`` on both backends."""
    return request.param


@pytest.fixture(autouse=True)
def clear_duro_environment(monkeypatch):
    """Remove the credentials that a developer may have in the environment."""
    for name in list(os.environ):
        if name.startswith("DURO_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def running_sandbox():
    """Start a sandbox for one module; tests that count threads do not use it."""
    from duro.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox):
    """Return the sandbox of the module, reset for this test."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def sandbox_environment(sandbox, monkeypatch):
    """Set the environment so that clients without arguments use the sandbox."""
    for name, value in sandbox.options.items():
        monkeypatch.setenv(f"DURO_{name.upper()}", value)
    return sandbox
