"""Fixtures of the asynchronous client for pytest-asyncio, one for each scope of its event loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest_asyncio

from .async_clients import open_client

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from duro import AsyncDuro
    from duro.sandbox import Sandbox


def _create_fixture(scope: Literal["function", "class", "module", "package", "session"]) -> Any:
    # pytest-asyncio stores the scope in the function, so each fixture needs a function of its own.
    @pytest_asyncio.fixture(loop_scope=scope, name=f"_duro_client_of_{scope}_loop")
    async def open_in_loop(duro_sandbox: Sandbox) -> AsyncGenerator[AsyncDuro]:
        async with open_client(duro_sandbox) as client:
            yield client

    return open_in_loop


_function_loop = _create_fixture("function")
_class_loop = _create_fixture("class")
_module_loop = _create_fixture("module")
_package_loop = _create_fixture("package")
_session_loop = _create_fixture("session")
