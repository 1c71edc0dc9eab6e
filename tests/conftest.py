from __future__ import annotations

import os

import pytest
from hypothesis import settings

# A slow machine is no fault of the code, and a run in CI has to say the same thing twice.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    """Every test marked ``anyio`` runs on both."""
    return request.param


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    """Whoever runs the tests may have credentials of their own in the environment."""
    for name in list(os.environ):
        if name.startswith("DURO_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def running_sandbox():
    """A server for one module; those that count threads find none of it."""
    from duro.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox):
    """One sandbox serves a whole module; each test finds it as new."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def sandbox_environment(sandbox, monkeypatch):
    """Clients without arguments find the sandbox."""
    for name, value in sandbox.options.items():
        monkeypatch.setenv(f"DURO_{name.upper()}", value)
    return sandbox
