"""Transport over aiohttp: connections of the SDK, and sessions of the user."""

from __future__ import annotations

import importlib.util
import pickle
from functools import partial

import aiohttp
import anyio
import pytest

import duro
from duro import AsyncDuro, Duro
from duro.errors import ConfigurationError, ConnectionFailedError, OutcomeUnknownError, TransportError
from duro.http.transport import RequestNotSentError, ResponseLostError
from duro.http.transport.aiohttp_session import _HeaderValue
from duro.http.transport.aiohttp_transport import AiohttpTransport
from duro.http.transport.tls import TlsContext
from tests.support.raw_http import KEY, OK, request_to, reset, respond_with, send_nothing, send_pieces

REDIRECT = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 2\r\n\r\n{}"
COOKIE = b"HTTP/1.1 200 OK\r\nset-cookie: session=1; path=/\r\ncontent-length: 2\r\n\r\n{}"
SOURCES = ("name", "session", "factory of a session", "factory of a name")


def respond_repeatedly(server, connection):
    while server.receive(connection):
        connection.sendall(OK)


def respond_once_then_reset(server, connection):
    server.receive(connection)
    connection.sendall(OK)
    server.receive(connection)
    reset(connection)


class open_transport:  # noqa: N801 - used as a function
    """Context manager that returns a ``transport=`` argument of each kind, and closes what the user must close."""

    def __init__(self, source):
        self.source = source
        self.session = None

    async def __aenter__(self):
        if self.source == "session":
            self.session = aiohttp.ClientSession()
        return {
            "name": "aiohttp",
            "session": self.session,
            "factory of a session": partial(aiohttp.ClientSession),
            "factory of a name": lambda: "aiohttp",
        }[self.source]

    async def __aexit__(self, *_):
        if self.session is not None:
            assert not self.session.closed
            await self.session.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("source", SOURCES)
class TestAttempts:
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
    async def test_an_attempt_on_a_reused_connection_is_one_request(self, method, source, raw_server):
        """aiohttp itself would send a GET, PUT or DELETE again."""
        server = raw_server(respond_once_then_reset)
        async with (
            open_transport(source) as transport,
            AsyncDuro(KEY, base_url=server.url, transport=transport, retries=0) as client,
        ):
            await client.request("GET", "/v1/first")
            with pytest.raises(TransportError):
                await client.request(method, "/v1/second")
        assert [each.split(b" ")[0] for each in server.requests] == [b"GET", method.encode()]

    async def test_a_lost_response_leaves_the_outcome_of_a_write_open(self, source, raw_server):
        server = raw_server(send_pieces(then=reset))
        async with (
            open_transport(source) as transport,
            AsyncDuro(KEY, base_url=server.url, transport=transport, retries=0) as client,
        ):
            with pytest.raises(OutcomeUnknownError):
                await client.customers.create(name="Ada")
        assert len(server.requests) == 1

    async def test_a_refused_connection_is_proven(self, source, closed_port):
        async with (
            open_transport(source) as transport,
            AsyncDuro(KEY, base_url=f"http://127.0.0.1:{closed_port}", transport=transport, retries=0) as client,
        ):
            with pytest.raises(ConnectionFailedError, match="Connection refused"):
                await client.customers.create(name="Ada")

    async def test_redirects_are_not_followed(self, source, raw_server):
        server = raw_server(respond_with(REDIRECT))
        async with (
            open_transport(source) as transport,
            AsyncDuro(KEY, base_url=server.url, transport=transport, retries=0) as client,
        ):
            with pytest.raises(duro.APIError):
                await client.customers.retrieve("cus_1")
        assert len(server.requests) == 1


@pytest.mark.asyncio
class TestConnectionsOfTheSdk:
    async def test_cookies_are_not_kept(self, raw_server):
        server = raw_server(respond_with(COOKIE))
        async with AsyncDuro(KEY, base_url=server.url, transport="aiohttp") as client:
            for _ in range(2):
                await client.request("GET", "/v1/anything")
        assert b"cookie" not in b"".join(server.requests).lower()

    async def test_a_deadline_while_connecting_is_not_in_doubt(self, monkeypatch, raw_server):
        async def resolve(_host, _port):
            await anyio.sleep_forever()

        monkeypatch.setattr("duro.http.transport.aiohttp_connector.resolve", resolve)
        async with AsyncDuro(KEY, base_url="http://localhost:9", transport="aiohttp") as client:
            with pytest.raises(ConnectionFailedError):
                await client.customers.create(name="Ada", timeout=0.1)

    async def test_a_silent_server_under_https_ends_with_the_connect_timeout(self, monkeypatch, raw_server):
        server = raw_server(send_nothing)
        monkeypatch.setattr("duro.http.transport.aiohttp_exchange.CONNECT_TIMEOUT_SECONDS", 0.1)
        address = server.url.replace("http:", "https:")
        async with AsyncDuro(KEY, base_url=address, transport="aiohttp", retries=0) as client:
            with pytest.raises(ConnectionFailedError, match=r"no connection was established within 0\.1 s"):
                await client.customers.create(name="Ada")

    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    async def test_an_informational_response_is_skipped(self, method, raw_server):
        server = raw_server(respond_with(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK))
        async with AsyncDuro(KEY, base_url=server.url, transport="aiohttp", retries=0) as client:
            assert await client.request(method, "/v1/anything") == {}

    async def test_a_response_without_a_body_is_complete(self, raw_server):
        server = raw_server(respond_with(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"))
        async with AsyncDuro(KEY, base_url=server.url, transport="aiohttp", retries=0) as client:
            for _ in range(2):
                assert await client.request("HEAD", "/v1/anything") is None
        assert len(server.requests) == 2

    @pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", b"{")])
    async def test_a_response_that_does_not_end_ends_with_the_timeout_of_the_request(self, pieces, raw_server):
        server = raw_server(send_pieces(*pieces, then=lambda connection: connection.recv(1)))
        request = request_to(f"{server.url}/v1/x", timeout=0.1)
        transport = AiohttpTransport(server.url, TlsContext(None))
        with pytest.raises(ResponseLostError, match=r"no complete response was received within 0\.1 s"):
            await transport.send(request)
        await transport.aclose()

    @pytest.mark.parametrize("line", [b"1\r\nx-b: 2", b"1\nx-b: 2", b"1\0"])
    async def test_a_line_break_in_a_header_is_not_sent(self, line, raw_server):
        server = raw_server(respond_with(OK))
        request = request_to(f"{server.url}/v1/x", lines=[(b"x-a", line)])
        transport = AiohttpTransport(server.url, TlsContext(None))
        with pytest.raises(RequestNotSentError, match="valid method, path and header lines"):
            await transport.send(request)
        await transport.aclose()
        assert server.requests == []

    async def test_the_last_connection_used_is_used_first(self, raw_server):
        used = []

        def respond(server, connection):
            while server.receive(connection):
                used.append(connection)
                connection.sendall(OK)

        server = raw_server(respond)
        async with AsyncDuro(KEY, base_url=server.url, transport="aiohttp") as client:
            async with anyio.create_task_group() as calls:
                for _ in range(3):
                    calls.start_soon(client.request, "GET", "/v1/first")
            for _ in range(2):
                await client.request("GET", "/v1/second")
        assert used[3] is used[4]

    async def test_expired_connections_are_replaced_and_closed(self, monkeypatch, raw_server):
        monkeypatch.setattr("duro.http.transport.aiohttp_exchange.KEEP_ALIVE_SECONDS", -1)
        server = raw_server(respond_repeatedly)
        transport = AiohttpTransport(server.url, TlsContext(None))
        async with anyio.create_task_group() as calls:
            for _ in range(3):
                calls.start_soon(transport.send, request_to(server.url))
        assert len(transport._exchanger._idle) == 1
        await transport.send(request_to(server.url))
        assert server.connections == 4
        await transport.aclose()

    async def test_a_connection_that_the_server_closes_is_not_kept(self, raw_server):
        server = raw_server(respond_with(OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")))
        transport = AiohttpTransport(server.url, TlsContext(None))
        await transport.send(request_to(server.url))
        assert transport._exchanger._idle == []
        await transport.aclose()

    async def test_a_library_that_observes_all_sessions_gets_the_requests(self, monkeypatch, sandbox):
        """Tracing libraries add their traces to each new session."""
        create, ended = aiohttp.ClientSession.__init__, []

        async def on_request_end(_session, _context, params):
            ended.append(params.url.path)

        def create_observed(session, **options):
            traces = aiohttp.TraceConfig()
            traces.on_request_end.append(on_request_end)
            create(session, trace_configs=[traces], **options)

        monkeypatch.setattr(aiohttp.ClientSession, "__init__", create_observed)
        async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url, transport="aiohttp") as client:
            await client.plans.list().page()
        assert ended == ["/v1/plans"]

    async def test_a_library_that_replaces_the_requests_of_sessions_gets_them(self, monkeypatch, sandbox):
        """Mocks such as aioresponses do so."""
        send, urls = aiohttp.ClientSession._request, []

        async def send_recorded(session, method, url, **options):
            urls.append(url.path)
            return await send(session, method, url, **options)

        async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url, transport="aiohttp") as client:
            await client.plans.list().page()
            monkeypatch.setattr(aiohttp.ClientSession, "_request", send_recorded)
            await client.plans.list().page()
        assert urls == ["/v1/plans"]

    async def test_another_major_version_of_aiohttp_sends_through_its_session(self, monkeypatch, sandbox):
        monkeypatch.setattr(aiohttp, "__version__", "4.0.0")
        monkeypatch.setattr("duro.http.transport.aiohttp_exchange.Exchanger.send", None)
        async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url, transport="aiohttp") as client:
            assert (await client.plans.list().page()).items == ()

    async def test_header_values_are_not_shown_and_not_pickled(self):
        value = _HeaderValue(b"Bearer hidden", "latin-1")
        assert repr(value) == "'…'"
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(value)

    async def test_a_large_body_is_sent(self, sandbox):
        async with AsyncDuro(**sandbox.options, transport="aiohttp") as client:
            metadata = {"text": "x" * 2**20}
            with pytest.raises(duro.APIError):
                await client.customers.create(name="Ada", metadata=metadata)


@pytest.mark.asyncio
class TestSessionsOfTheUser:
    async def test_the_settings_of_a_session_do_not_change_results(self, sandbox):
        async with (
            aiohttp.ClientSession(
                raise_for_status=True, auto_decompress=False, timeout=aiohttp.ClientTimeout(total=1e-9)
            ) as session,
            AsyncDuro(**sandbox.options, transport=session) as client,
        ):
            with pytest.raises(duro.NotFoundError):
                await client.customers.retrieve("cus_none")

    async def test_middlewares_of_a_session_run(self, sandbox):
        paths = []

        async def record(request, handler):
            paths.append(request.url.path)
            return await handler(request)

        async with (
            aiohttp.ClientSession(middlewares=(record,)) as session,
            AsyncDuro(**sandbox.options, transport=session) as client,
        ):
            await client.plans.list().page()
        assert paths == ["/v1/oauth/token", "/v1/plans"]

    async def test_a_closed_session_is_named(self, sandbox):
        session = aiohttp.ClientSession()
        await session.close()
        async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url, transport=session) as client:
            with pytest.raises(ConnectionFailedError, match="the aiohttp session is closed"):
                await client.plans.list().page()

    async def test_a_session_is_bound_to_one_event_loop(self, sandbox):
        async with (
            aiohttp.ClientSession() as session,
            AsyncDuro(sandbox.secret_key, base_url=sandbox.url, transport=session) as client,
        ):
            await client.plans.list().page()
            with (
                Duro(sandbox.secret_key, base_url=sandbox.url, transport=session) as blocking,
                pytest.raises(ConfigurationError, match=r"transport=lambda: aiohttp\.ClientSession"),
            ):
                await anyio.to_thread.run_sync(lambda: blocking.plans.list().page())


class TestConfiguration:
    def test_trio_is_refused_with_the_alternatives(self, sandbox):
        async def main():
            async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url, transport="aiohttp") as client:
                with pytest.raises(ConfigurationError, match="asyncio only; on trio, use transport='httpx'"):
                    await client.plans.list().page()

        anyio.run(main, backend="trio")

    def test_a_missing_package_is_named(self, monkeypatch):
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
        with pytest.raises(ConfigurationError, match=r"pip install 'duro-sdk\[aiohttp\]'"):
            Duro(KEY, transport="aiohttp")

    def test_a_socks_proxy_is_refused(self, sandbox):
        with (
            Duro(sandbox.secret_key, base_url=sandbox.url, transport="aiohttp", proxy="socks5://127.0.0.1:1") as client,
            pytest.raises(ConfigurationError, match="does not support SOCKS proxies"),
        ):
            client.plans.list().page()

    def test_the_blocking_client_works(self, sandbox):
        with Duro(**sandbox.options, transport="aiohttp") as client:
            assert client.plans.create(name="Pro", amount=500, interval="month").name == "Pro"
