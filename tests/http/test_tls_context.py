"""Certificate authorities of the environment: errors before anything is sent, renewal, and one build per client."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest
import trustme

from duro import AsyncDuro, ConfigurationError, ConnectionFailedError, Duro
from duro.sandbox import Sandbox
from tests.support.timeouts import TIMEOUT
from tests.support.tls_server import TLSFaultServer, client_context, serve_requests, server_context, write_authority

KEY = "sk_test_1"
CALLS = 100


@pytest.fixture
def server():
    context = server_context()
    server = TLSFaultServer(lambda connection: serve_requests(connection, context))
    yield server
    server.close()


@pytest.fixture
def options(server):
    return {"base_url": f"https://127.0.0.1:{server.port}", "retries": 0, "timeout": TIMEOUT}


@pytest.fixture(autouse=True)
def clear_environment(monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


@pytest.fixture
def builds(monkeypatch):
    """Return the threads that built a TLS context, in order."""
    threads = []
    build = httpx.create_ssl_context

    def record(*arguments, **options):
        threads.append(threading.current_thread())
        return build(*arguments, **options)

    monkeypatch.setattr(httpx, "create_ssl_context", record)
    return threads


def write_text(directory, text="this is not a certificate\n"):
    path = directory / "authority.pem"
    path.write_text(text)
    return str(path)


UNUSABLE = {
    "a missing file": ("SSL_CERT_FILE", lambda directory: str(directory / "missing.pem"), "an existing path"),
    "a directory as file": ("SSL_CERT_FILE", str, "an existing path"),
    "a file without PEM": ("SSL_CERT_FILE", write_text, "a file of PEM certificates"),
    "an empty file": ("SSL_CERT_FILE", lambda directory: write_text(directory, ""), "a file of PEM certificates"),
    "a missing directory": ("SSL_CERT_DIR", lambda directory: str(directory / "missing"), "an existing path"),
    "a file as directory": ("SSL_CERT_DIR", write_text, "an existing path"),
}


@pytest.fixture(params=UNUSABLE)
def unusable(request, tmp_path, monkeypatch):
    """Set a variable of the environment to an unusable value, and return the start of the message."""
    variable, create, requirement = UNUSABLE[request.param]
    path = create(tmp_path)
    monkeypatch.setenv(variable, path)
    return f"{variable} must name {requirement}, got {path!r}; correct it, or unset it"


class TestUnusableAuthorities:
    @pytest.mark.anyio
    async def test_awaited_calls_raise_before_a_connection_is_opened(self, unusable, options, server):
        async with AsyncDuro(KEY, **options) as client:
            for call in (client.plans.list().page, lambda: client.customers.create(name="Ada")):
                with pytest.raises(ConfigurationError) as caught:
                    await call()
                assert str(caught.value) == unusable
        assert server.connections == 0

    def test_blocking_calls_raise_before_a_connection_is_opened(self, unusable, options, server):
        with Duro(KEY, **options) as client:
            for call in (client.plans.list().page, lambda: client.customers.create(name="Ada")):
                with pytest.raises(ConfigurationError) as caught:
                    call()
                assert str(caught.value) == unusable
        assert server.connections == 0

    @pytest.mark.anyio
    async def test_token_exchanges_raise_before_a_connection_is_opened(self, unusable, options, server):
        credential = {"client_id": "cid_test_1", "client_secret": "csec_test_1"}
        async with AsyncDuro(**credential, **options) as client:
            with pytest.raises(ConfigurationError) as caught:
                await client.plans.list().page()
            assert str(caught.value) == unusable
        assert server.connections == 0

    @pytest.mark.anyio
    async def test_a_client_works_after_the_correction(self, unusable, options, tmp_path, monkeypatch):
        async with AsyncDuro(KEY, **options) as client:
            with pytest.raises(ConfigurationError):
                await client.request("GET", "/v1/things")
            monkeypatch.delenv("SSL_CERT_DIR", raising=False)
            monkeypatch.setenv("SSL_CERT_FILE", write_authority(tmp_path))
            assert await client.request("GET", "/v1/things") == {}

    @pytest.mark.anyio
    async def test_clear_text_does_not_need_authorities(self, unusable, sandbox):
        async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url) as client:
            await client.plans.list().page()


@pytest.mark.anyio
async def test_a_new_client_reads_a_renewed_file(options, tmp_path, monkeypatch):
    path = tmp_path / "authority.pem"
    path.write_bytes(trustme.CA().cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with AsyncDuro(KEY, **options) as old, AsyncDuro(KEY, **options) as new:
        with pytest.raises(ConnectionFailedError, match="unknown authority"):
            await old.request("GET", "/v1/things")
        write_authority(tmp_path)
        assert await new.request("GET", "/v1/things") == {}
        # The files are read once per client.
        with pytest.raises(ConnectionFailedError, match="unknown authority"):
            await old.request("GET", "/v1/things")


@pytest.mark.slow
@pytest.mark.anyio
async def test_concurrent_first_calls_build_one_context_in_a_worker_thread(options, builds, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", write_authority(tmp_path))
    async with AsyncDuro(KEY, **options) as client, anyio.create_task_group() as tasks:
        for _ in range(CALLS):
            tasks.start_soon(client.request, "GET", "/v1/things")
    (thread,) = builds
    assert thread is not threading.current_thread()


def test_concurrent_blocking_first_calls_build_one_context_in_a_worker_thread(options, builds, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", write_authority(tmp_path))
    with Duro(KEY, **options) as client, ThreadPoolExecutor(CALLS) as pool:
        calls = [pool.submit(client.request, "GET", "/v1/things") for _ in range(CALLS)]
        assert [call.result(TIMEOUT) for call in calls] == [{}] * CALLS
        loop_threads = [thread for thread in threading.enumerate() if thread.name.startswith("duro")]
    (thread,) = builds
    assert thread not in loop_threads
    assert thread is not threading.main_thread()


@pytest.mark.anyio
async def test_exchanges_and_copies_share_the_context(builds, monkeypatch):
    with Sandbox(tls=True) as sandbox:
        monkeypatch.setenv("SSL_CERT_FILE", sandbox.ca_file)
        options = {name: value for name, value in sandbox.options.items() if name != "ssl_context"}
        async with AsyncDuro(**options) as client:
            await client.plans.list().page()
            await client.with_options(timeout=TIMEOUT).plans.list().page()
        assert sandbox.stats.token_exchanges == 1
    assert len(builds) == 1


@pytest.mark.anyio
async def test_a_context_of_the_user_is_not_replaced(options, builds):
    async with AsyncDuro(KEY, ssl_context=client_context(), **options) as client:
        assert await client.request("GET", "/v1/things") == {}
    assert builds == []
