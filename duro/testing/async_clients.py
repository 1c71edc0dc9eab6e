"""Fixtures of the asynchronous client, one for each way to run an asynchronous test.

A client must be closed in the event loop that used it, after the other
fixtures of the test. Only the plugin that runs the test can do this.
"""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from duro import AsyncDuro
    from duro.sandbox import Sandbox

__all__ = ["find_fixture", "open_client"]

# Name under which pytest-asyncio is registered.
ASYNCIO_PLUGIN: Final = "asyncio"


@asynccontextmanager
async def open_client(sandbox: Sandbox) -> AsyncGenerator[AsyncDuro]:
    """Yield a client that has a token, and close it."""
    from duro import AsyncDuro

    async with AsyncDuro(**sandbox.options) as client:
        await client.token()
        yield client


@pytest.fixture
async def _duro_client_of_anyio(duro_sandbox: Sandbox) -> AsyncGenerator[AsyncDuro]:
    async with open_client(duro_sandbox) as client:
        yield client


@pytest.fixture
def _duro_client_of_program(duro_sandbox: Sandbox) -> AsyncDuro:
    """Client for a test that starts its event loop and closes the client itself."""
    from duro import AsyncDuro

    return AsyncDuro(**duro_sandbox.options)


def find_fixture(request: pytest.FixtureRequest) -> str:
    """Return the name of the fixture that fits the plugin which runs a test."""
    test: Any = request.node
    if not inspect.iscoroutinefunction(test.obj):
        return "_duro_client_of_program"
    if "anyio_backend" in test.fixturenames:
        return "_duro_client_of_anyio"
    if not request.config.pluginmanager.has_plugin(ASYNCIO_PLUGIN):
        return "_duro_client_of_program"
    mark = test.get_closest_marker("asyncio")
    scope = mark and (mark.kwargs.get("loop_scope") or mark.kwargs.get("scope"))
    return f"_duro_client_of_{scope or request.config.getini('asyncio_default_test_loop_scope')}_loop"
