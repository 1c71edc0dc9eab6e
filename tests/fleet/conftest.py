"""Servers that the tests of a module share."""

from __future__ import annotations

import gc
from pathlib import Path

import coredis  # noqa: F401 - while a test runs, the import hook of pytest would block the event loop
import pytest
import trustme

from tests.support.redis_servers import ENGINES, Cluster, RedisServer, SentinelSetup


@pytest.fixture(scope="module", params=ENGINES)
def server(request):
    """Run the test on Redis and on Valkey."""
    with RedisServer(engine=request.param) as running:
        yield running


@pytest.fixture
def redis_server():
    """Start a Redis server for one test, which may pause and kill it."""
    with RedisServer() as running:
        yield running


@pytest.fixture(scope="module")
def secured_server():
    """Start a server with TLS, a password, and a user who may only use the keys of the store."""
    authority = trustme.CA()
    tls = authority, authority.issue_cert("127.0.0.1")
    user = "user duro on >open-sesame ~duro:* +eval +get +set +del +pttl +time +ping +hello +client|setname"
    with RedisServer("requirepass admin-password", user, tls=tls) as running:
        yield running


@pytest.fixture
def secured_sentinel_url():
    """Start a server and a Sentinel with TLS and a password each, and return their URL."""
    authority = trustme.CA()
    tls = authority, authority.issue_cert("127.0.0.1")
    with RedisServer("requirepass data-word", tls=tls) as primary:
        monitor = f"sentinel monitor duro 127.0.0.1 {primary.port} 1"
        settings = monitor, "sentinel auth-pass duro data-word", "requirepass sentinel-word", "tls-replication yes"
        with RedisServer(*settings, tls=tls, mode=["--sentinel"]) as sentinel:
            query = f"sentinel_password=sentinel-word&ssl_ca_certs={sentinel.directory}/ca.pem"
            yield f"rediss+sentinel://:data-word@127.0.0.1:{sentinel.port}/duro?{query}"


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as running:
        yield running


@pytest.fixture
def sentinels():
    with SentinelSetup() as running:
        yield running


# Coredis does not close the queues of a connection that could not be established.
UNCLOSED_QUEUES = (
    "ignore:Exception ignored in. <function MemoryObject:pytest.PytestUnraisableExceptionWarning",
    "ignore:Unclosed <MemoryObject:ResourceWarning",
)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            for each in UNCLOSED_QUEUES:
                item.add_marker(pytest.mark.filterwarnings(each))


@pytest.fixture(autouse=True)
def collect_queues():
    """Collect the queues in the test that left them, whose warnings are ignored, and not in a later one."""
    yield
    gc.collect()
