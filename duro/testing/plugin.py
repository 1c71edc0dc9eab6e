"""pytest plugin: fixtures of a sandbox and its clients, and the mark ``duro_faults``.

pytest imports this module in every run, so it imports only pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from . import async_clients
from .stash import SANDBOX

if TYPE_CHECKING:
    from collections.abc import Generator

    from duro import AsyncDuro, Duro
    from duro.sandbox import Sandbox

__all__ = ["async_duro_client", "duro_client", "duro_sandbox"]

MARK: Final = "duro_faults"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of chaos runs."""
    group = parser.getgroup("duro", "Duro")
    group.addoption(
        "--duro-chaos",
        metavar="SEED",
        help="Lose responses, delay tokens, and repeat and reorder deliveries in tests with duro_sandbox, and report "
        "double charges, lost writes and unknown outcomes. The same seed repeats the faults.",
    )
    group.addoption(
        "--duro-chaos-real-hosts",
        action="store_true",
        help="Accept clients for hosts other than loopback during --duro-chaos.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and the fixtures that need another plugin."""
    config.addinivalue_line(
        "markers", f"{MARK}(kind, **options): apply a fault of duro_sandbox during the test; see Faults.add"
    )
    plugins = config.pluginmanager
    plugins.register(async_clients)
    if plugins.has_plugin(async_clients.ASYNCIO_PLUGIN):
        from . import asyncio_clients

        plugins.register(asyncio_clients)
    if (seed := config.getoption("--duro-chaos")) is not None:
        from .chaos.plugin import ChaosPlugin

        plugins.register(ChaosPlugin(seed, allow_real_hosts=bool(config.getoption("--duro-chaos-real-hosts"))))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Add the faults of a test after its fixtures, which therefore run without faults."""
    marks = list(item.iter_markers(MARK))
    if marks:
        sandbox = item.stash.get(SANDBOX, None)
        if sandbox is None:
            pytest.fail(f"{item.name} has the mark {MARK}; it must use the fixture duro_sandbox", pytrace=False)
        for mark in reversed(marks):
            sandbox.faults.add(*mark.args, **mark.kwargs)
    return (yield)


@pytest.fixture
def duro_sandbox(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """New sandbox for the test.

    The environment variables of the clients select it, so that programs which
    create a client without arguments use it too.
    """
    from duro.sandbox import Sandbox

    with Sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DURO_SECRET_KEY", raising=False)
        for name in ("base_url", "client_id", "client_secret"):
            patch.setenv(f"DURO_{name.upper()}", sandbox.options[name])
        request.node.stash[SANDBOX] = sandbox
        yield sandbox


@pytest.fixture
def duro_client(duro_sandbox: Sandbox) -> Generator[Duro]:
    """Blocking client of ``duro_sandbox``. It has a token, so that the first request of the test is a call."""
    from duro import Duro

    with Duro(**duro_sandbox.options) as client:
        client.token()
        yield client


@pytest.fixture
def async_duro_client(request: pytest.FixtureRequest) -> AsyncDuro:
    """Asynchronous client of ``duro_sandbox``, closed in the event loop of the test.

    It works with the plugins of anyio and pytest-asyncio. A test that starts
    its event loop itself closes the client: ``async with async_duro_client``.
    """
    client: AsyncDuro = request.getfixturevalue(async_clients.find_fixture(request))
    return client
