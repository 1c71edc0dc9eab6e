from __future__ import annotations

import gc
import inspect
import os

import pytest
from hypothesis import settings

from duro import AsyncDuro
from tests.support.blocking_calls import BlockingCalls

pytest_plugins = [
    "tests.support.charges",
    "tests.support.ports",
    "tests.support.programs",
    "tests.support.raw_server",
    "tests.support.virtual_time",
    "tests.support.gateway",
    "tests.support.editors",
]

# A deadline would fail on a slow machine. In CI, two runs must test the same examples.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


_blocking_calls = BlockingCalls()


def pytest_addoption(parser):
    parser.addoption("--transport", default="httpx", help="default transport of all clients, for example aiohttp")


def pytest_configure(config):
    """Change the default of ``transport=``. The subprocesses of tests keep the original one."""
    inspect.unwrap(AsyncDuro.__init__).__kwdefaults__["transport"] = config.getoption("--transport")


def pytest_sessionstart():
    """Find blocking calls on event loops, in all tests and fixtures of this process."""
    _blocking_calls.activate()


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect the tests without garbage collections, and leave them out of all later ones."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def pytest_sessionfinish():
    _blocking_calls.deactivate()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown():
    """Fail a test after which the package has blocked an event loop."""
    try:
        return (yield)
    finally:
        if found := _blocking_calls.take():
            pytest.fail(f"{len(found)} calls blocked an event loop:\n\n" + "\n".join(found), pytrace=False)


@pytest.fixture
def blocking_calls():
    """Return the detection of blocking calls, which is active in all tests."""
    return _blocking_calls


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    """Run every test marked ``anyio`` on both backends, if the default transport supports them."""
    if request.param == "trio" and request.config.getoption("--transport") == "aiohttp":
        pytest.skip("aiohttp runs on asyncio only")
    return request.param


@pytest.fixture(autouse=True)
def clear_duro_environment(monkeypatch):
    """Remove the credentials that a developer may have in the environment."""
    for name in list(os.environ):
        if name.startswith("DURO_"):
            monkeypatch.delenv(name)


def pytest_generate_tests(metafunc):
    """Run each test that has the mark ``plain_and_tls`` and a server in clear text and over TLS."""
    if "security" in metafunc.fixturenames and metafunc.definition.get_closest_marker("plain_and_tls"):
        metafunc.parametrize("security", ["plain", "tls"], indirect=True, scope="module")


@pytest.fixture(scope="module")
def security(request):
    """Return ``"plain"`` or ``"tls"``, the security of the connections to the servers of the test."""
    return getattr(request, "param", "plain")


@pytest.fixture(scope="module")
def running_sandbox(security):
    """Start a sandbox for one module; tests that count threads do not use it."""
    from duro.sandbox import Sandbox

    with Sandbox(tls=security == "tls") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox, monkeypatch):
    """Return the sandbox of the module, reset for this test. Programs of the test trust it."""
    running_sandbox.reset()
    if running_sandbox.ca_file is not None:
        monkeypatch.setenv("SSL_CERT_FILE", running_sandbox.ca_file)
    return running_sandbox


@pytest.fixture
def sandbox_environment(sandbox, monkeypatch):
    """Set the environment so that clients without arguments use the sandbox."""
    for name, value in sandbox.options.items():
        monkeypatch.setenv(f"DURO_{name.upper()}", value)
    return sandbox
