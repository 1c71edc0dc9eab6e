"""HTTP clients of the user as transport: other loops and processes, hooks, other libraries below, and factories."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import sys
import threading

import anyio
import h2.config
import h2.connection
import h2.events
import httpx
import httpx2
import httpx_aiohttp
import pytest

from duro import AsyncDuro, Duro
from duro.blocking import portal
from duro.errors import ConfigurationError, ConnectionFailedError, OutcomeUnknownError, TransportError
from duro.http.request import Headers, Response
from duro.http.transport import network
from tests.support.raw_http import KEY, OK, reset, respond_with, send_pieces

CLOSED = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
class TestHooks:
    @pytest.mark.anyio
    async def test_failing_hook_leaves_the_outcome_of_a_write_open(self, library, raw_server):
        server = raw_server(respond_with(b"HTTP/1.1 402 Payment Required\r\ncontent-length: 2\r\n\r\n{}"))

        async def raise_for_status(response):
            response.raise_for_status()

        async with (
            library.AsyncClient(event_hooks={"response": [raise_for_status]}) as http,
            AsyncDuro(KEY, base_url=server.url, transport=http, retries=0) as client,
        ):
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.customers.create(name="Ada", idempotency_key="k-1")
            assert isinstance(caught.value.__cause__, library.HTTPStatusError)
            with pytest.raises(TransportError):
                await client.customers.retrieve("cus_1")

    @pytest.mark.anyio
    async def test_failing_hook_keeps_the_frames_of_the_user(self, library, raw_server):
        server = raw_server(respond_with(OK))

        async def broken_hook(response):
            raise ZeroDivisionError

        async with (
            library.AsyncClient(event_hooks={"response": [broken_hook]}) as http,
            AsyncDuro(KEY, base_url=server.url, transport=http, retries=0) as client,
        ):
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.customers.create(name="Ada")
        traceback = caught.value.__cause__.__traceback__
        assert traceback.tb_frame.f_code.co_name == "broken_hook"
        assert traceback.tb_next is None


class TestOtherLibraries:
    @pytest.mark.asyncio
    @pytest.mark.parametrize("failure", [send_pieces(then=reset), send_pieces()], ids=["reset", "closed"])
    async def test_failure_under_aiohttp_leaves_the_outcome_of_a_write_open(self, failure, raw_server):
        server = raw_server(failure)
        async with (
            httpx.AsyncClient(transport=httpx_aiohttp.AiohttpTransport()) as http,
            AsyncDuro(KEY, base_url=server.url, transport=http, retries=0) as client,
        ):
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.customers.create(name="Ada", idempotency_key="k-1")
        assert caught.value.idempotency_key == "k-1"
        assert len(server.requests) == 1

    @pytest.mark.asyncio
    async def test_refused_connection_under_aiohttp_is_not_proven(self, closed_port):
        """httpx-aiohttp uses the classes of httpx for connection errors also after the request."""
        async with (
            httpx.AsyncClient(transport=httpx_aiohttp.AiohttpTransport()) as http,
            AsyncDuro(KEY, base_url=f"http://127.0.0.1:{closed_port}", transport=http, retries=0) as client,
        ):
            with pytest.raises(OutcomeUnknownError):
                await client.customers.create(name="Ada")

    @pytest.mark.slow
    @pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
    @pytest.mark.anyio
    @pytest.mark.parametrize("breach", ["garbage", "goaway", "bad frame", "closed"])
    async def test_broken_http2_leaves_the_outcome_of_a_write_open(self, library, breach, raw_server):
        server = raw_server(Http2Breach(breach))
        async with (
            library.AsyncClient(http1=False, http2=True) as http,
            AsyncDuro(KEY, base_url=server.url, transport=http, retries=0) as client,
        ):
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.customers.create(name="Ada", idempotency_key="k-1")
        assert caught.value.idempotency_key == "k-1"
        assert len(server.requests) == 1


class Http2Breach:
    """Handler of a raw server that receives an HTTP/2 request, and then breaks the protocol."""

    def __init__(self, breach):
        self.breach = breach

    def __call__(self, server, connection):
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        state.initiate_connection()
        connection.sendall(state.data_to_send())
        while not server.requests:
            for event in state.receive_data(connection.recv(65536)):
                if isinstance(event, h2.events.StreamEnded):
                    server.requests.append(b"an HTTP/2 request")
            connection.sendall(state.data_to_send())
        if self.breach == "garbage":
            connection.sendall(b"\x00\xff" * 100)
        elif self.breach == "bad frame":
            connection.sendall(b"\x00\x00\x04\x08\x00\x00\x00\x00\x01\x00\x00\x00\x00")  # window update by zero
        elif self.breach == "goaway":
            state.close_connection(error_code=1)
            connection.sendall(state.data_to_send())


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
class TestConnecting:
    @pytest.mark.anyio
    async def test_refused_connection_is_proven(self, library, closed_port):
        async with (
            library.AsyncClient() as http,
            AsyncDuro(KEY, base_url=f"http://127.0.0.1:{closed_port}", transport=http, retries=0) as client,
        ):
            with pytest.raises(ConnectionFailedError):
                await client.customers.create(name="Ada")

    @pytest.mark.slow
    @pytest.mark.anyio
    async def test_wrapper_that_sends_again_keeps_the_doubt(self, library, raw_server, closed_port):
        """The second try of the wrapper cannot connect. The first one was sent."""
        server = raw_server(send_pieces(then=reset))

        class SendsAgain(library.AsyncHTTPTransport):
            async def handle_async_request(self, request):
                try:
                    return await super().handle_async_request(request)
                except library.ReadError:
                    request.url = request.url.copy_with(port=closed_port)
                    return await super().handle_async_request(request)

        async with (
            library.AsyncClient(transport=SendsAgain()) as http,
            AsyncDuro(KEY, base_url=server.url, transport=http, retries=0) as client,
        ):
            with pytest.raises(OutcomeUnknownError):
                await client.customers.create(name="Ada")

    @pytest.mark.slow
    @pytest.mark.anyio
    @pytest.mark.parametrize("own", [True, False], ids=["default", "user's client"])
    async def test_deadline_while_connecting_raises_connection_failed(self, library, own, full_backlog):
        async with library.AsyncClient() as http:
            options = {} if own else {"transport": http}
            async with AsyncDuro(KEY, base_url=full_backlog, retries=0, timeout=0.2, **options) as client:
                with pytest.raises(ConnectionFailedError, match="nothing was sent"):
                    await client.customers.create(name="Ada")


@pytest.fixture
def full_backlog():
    """Address of a server that accepts no further connection and does not refuse it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            waiting.append(client)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for client in waiting:
            client.close()


class TestBinding:
    def test_client_of_another_event_loop_is_refused_before_anything_is_sent(self, raw_server):
        server = raw_server(send_pieces(CLOSED))
        client = AsyncDuro(KEY, base_url=server.url, transport=httpx.AsyncClient())

        async def call():
            await client.request("POST", "/v1/customers", json={})

        asyncio.run(call())
        with pytest.raises(ConfigurationError, match="another event loop, and nothing was sent; pass a factory"):
            asyncio.run(call())
        assert len(server.requests) == 1
        asyncio.run(client.aclose())

    @pytest.mark.asyncio
    async def test_client_that_another_duro_client_uses_in_another_loop_is_refused(self, raw_server):
        server = raw_server(respond_with(OK))
        async with httpx.AsyncClient() as http:
            async with AsyncDuro(KEY, base_url=server.url, transport=http) as client:
                await client.request("GET", "/v1/things")
            with (
                Duro(KEY, base_url=server.url, transport=http) as blocking,
                pytest.raises(ConfigurationError, match="another event loop"),
            ):
                await anyio.to_thread.run_sync(blocking.request, "GET", "/v1/things")
        assert len(server.requests) == 1

    @pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_client_of_the_parent_process_is_refused_in_a_forked_child(self, raw_server):
        # The event loop of the blocking client ends before the user's client could close its connections.
        server = raw_server(respond_with(CLOSED))
        http = httpx.AsyncClient()
        client = Duro(KEY, base_url=server.url, transport=http)
        client.request("GET", "/v1/things")
        child = os.fork()
        if not child:
            try:
                client.request("POST", "/v1/customers", json={})
            except ConfigurationError as error:
                os._exit(0 if "another process" in str(error) else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        client.request("GET", "/v1/things")
        assert len(server.requests) == 2
        client.close()
        # Duro does not close a client that it did not create, and only the portal's loop can close its connection.
        portal.run(http.aclose)

    @pytest.mark.anyio
    async def test_one_client_serves_several_duro_clients_of_its_loop(self, raw_server):
        server = raw_server(respond_with(OK))
        async with httpx.AsyncClient() as http:
            for _ in range(2):
                async with AsyncDuro(KEY, base_url=server.url, transport=http) as client:
                    await client.request("GET", "/v1/things")
        assert (server.connections, len(server.requests)) == (1, 2)


class RecordingTransport:
    def __init__(self):
        self.requests = []
        self.closed = 0

    async def send(self, request):
        self.requests.append(request)
        if request.url.endswith("/v1/oauth/token"):
            return Response(200, Headers(), b'{"access_token":"t","token_type":"Bearer","expires_in":3600}')
        return Response(200, Headers(), b"{}")

    async def aclose(self):
        self.closed += 1


class TestFactory:
    def test_it_is_called_once_per_event_loop_and_its_clients_are_closed(self, raw_server):
        server = raw_server(respond_with(OK))
        created = []

        def create():
            created.append(httpx.AsyncClient())
            return created[-1]

        async def call():
            async with AsyncDuro(KEY, base_url=server.url, transport=create) as client:
                for _ in range(3):
                    await client.request("GET", "/v1/things")

        asyncio.run(call())
        asyncio.run(call())
        assert [http.is_closed for http in created] == [True, True]
        assert len(server.requests) == 6

    def test_one_client_over_a_factory_serves_two_loops(self, raw_server):
        server = raw_server(send_pieces(CLOSED))
        client = Duro(KEY, base_url=server.url, transport=httpx.AsyncClient)
        client.request("GET", "/v1/things")

        async def call():
            await client._asynchronous.request("GET", "/v1/things")

        asyncio.run(call())
        client.close()
        assert len(server.requests) == 2

    @pytest.mark.anyio
    async def test_calls_and_exchanges_share_what_it_returns(self):
        created = []

        def create():
            created.append(RecordingTransport())
            return created[-1]

        async with AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1", transport=create) as client:
            await client.request("GET", "/v1/things")
        (transport,) = created
        assert [request.url.rpartition("/")[2] for request in transport.requests] == ["token", "things"]
        assert transport.closed == 1

    @pytest.mark.anyio
    async def test_it_may_return_the_name_of_a_transport(self, raw_server):
        server = raw_server(respond_with(OK))
        async with AsyncDuro(KEY, base_url=server.url, transport=lambda: "httpx") as client:
            await client.request("GET", "/v1/things")
        assert len(server.requests) == 1

    @pytest.mark.anyio
    @pytest.mark.parametrize("value", [None, "aiohttp?", 5], ids=["None", "str", "int"])
    async def test_other_results_are_refused_before_anything_is_sent(self, value):
        async with AsyncDuro(KEY, transport=lambda: value) as client:
            with pytest.raises(ConfigurationError, match="transport= must return"):
                await client.request("GET", "/v1/things")

    @pytest.mark.parametrize("argument", ["ssl_context", "proxy"])
    def test_it_excludes_arguments_of_the_default_transport(self, argument):
        with pytest.raises(ConfigurationError, match=f"^{argument} must not be passed together"):
            AsyncDuro(KEY, transport=RecordingTransport, **{argument: None if argument == "proxy" else _context()})


def _context():
    return ssl.create_default_context()


class TestDefaultTransport:
    @pytest.mark.anyio
    @pytest.mark.parametrize("extra", [b"x", b'HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{"id": "foreign"}'])
    async def test_bytes_after_a_response_do_not_become_the_next_response(self, extra, raw_server):
        server = raw_server(send_pieces(OK + extra, then=lambda connection: threading.Event().wait(0.05)))
        async with AsyncDuro(KEY, base_url=server.url) as client:
            assert await client.request("GET", "/v1/things") == {}
            assert await client.request("GET", "/v1/things") == {}
        assert server.connections == 2

    @pytest.mark.anyio
    async def test_private_state_of_httpcore_that_shows_left_over_bytes_exists(self, raw_server):
        """Without it, a connection is used for one request, which is safe and slow."""
        server = raw_server(respond_with(OK))
        async with AsyncDuro(KEY, base_url=server.url) as client:
            for _ in range(5):
                await client.request("GET", "/v1/things")
        assert server.connections == 1

    @pytest.mark.anyio
    async def test_silent_server_under_https_ends_with_the_connect_timeout(self, raw_server, monkeypatch):
        monkeypatch.setattr("duro.http.transport.direct_connection.CONNECT_TIMEOUT_SECONDS", 0.1)
        server = raw_server(lambda _server, connection: connection.recv(100_000) and threading.Event().wait(1))
        url = server.url.replace("http://", "https://")
        async with AsyncDuro(KEY, base_url=url, retries=0) as client:
            with pytest.raises(ConnectionFailedError, match=r"no connection was established within 0\.1 s"):
                await client.customers.create(name="Ada")

    @pytest.mark.anyio
    async def test_silent_proxy_ends_with_the_connect_timeout(self, raw_server, monkeypatch):
        monkeypatch.setattr("duro.http.transport.httpcore_connection.CONNECT_TIMEOUT_SECONDS", 0.1)
        proxy = raw_server(lambda _server, connection: connection.recv(100_000) and threading.Event().wait(1))
        async with AsyncDuro(KEY, base_url="https://192.0.2.1", proxy=proxy.url, retries=0) as client:
            with pytest.raises(ConnectionFailedError, match="no connection was established"):
                await client.customers.create(name="Ada")

    @pytest.mark.anyio
    async def test_proxy_that_closes_during_connect_sends_nothing(self, raw_server):
        proxy = raw_server(send_pieces())
        async with AsyncDuro(KEY, base_url="https://192.0.2.1", proxy=proxy.url, retries=0) as client:
            with pytest.raises(ConnectionFailedError, match="nothing was sent"):
                await client.customers.create(name="Ada")
        assert proxy.requests[0].startswith(b"CONNECT 192.0.2.1:443 ")

    @pytest.mark.anyio
    async def test_too_many_open_files_are_named(self, raw_server, monkeypatch):
        server = raw_server(respond_with(OK))

        async def fail(*arguments, **options):
            raise OSError(errno.EMFILE, "Too many open files") from KeyError("a context")

        with monkeypatch.context() as patch:
            patch.setattr(network, "connect_tcp", fail)
            async with AsyncDuro(KEY, base_url=server.url, retries=0) as client:
                with pytest.raises(ConnectionFailedError, match="too many open files"):
                    await client.customers.create(name="Ada")
        async with AsyncDuro(KEY, base_url=server.url, retries=0) as client:
            await client.request("GET", "/v1/things")

    @pytest.mark.anyio
    async def test_error_of_anyio_at_a_closed_socket_is_not_raised_as_it_is(self, raw_server, monkeypatch):
        async def fail(*arguments, **options):
            raise AttributeError("'NoneType' object has no attribute 'getpeername'")

        monkeypatch.setattr(network, "connect_tcp", fail)
        async with AsyncDuro(KEY, base_url="http://127.0.0.1:9", retries=0) as client:
            with pytest.raises(ConnectionFailedError):
                await client.customers.create(name="Ada")
