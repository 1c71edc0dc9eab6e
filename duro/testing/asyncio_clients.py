"""Fixtures of the asynchronous client for pytest-asyncio, one for each scope of its event loops."""

from __future__ import annotations

import pytest_asyncio

from .async_clients import open_client

_function_loop = pytest_asyncio.fixture(open_client, loop_scope="function", name="_duro_client_of_function_loop")
_class_loop = pytest_asyncio.fixture(open_client, loop_scope="class", name="_duro_client_of_class_loop")
_module_loop = pytest_asyncio.fixture(open_client, loop_scope="module", name="_duro_client_of_module_loop")
_package_loop = pytest_asyncio.fixture(open_client, loop_scope="package", name="_duro_client_of_package_loop")
_session_loop = pytest_asyncio.fixture(open_client, loop_scope="session", name="_duro_client_of_session_loop")
