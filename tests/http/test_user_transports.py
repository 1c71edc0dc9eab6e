"""Transports that the user passes: a client of httpx or httpx2, or a custom transport."""

from __future__ import annotations

import traceback

import anyio
import httpx
import httpx2
import pytest

from duro import AsyncDuro, Duro
from duro.errors import ConfigurationError, ConnectionFailedError, InvalidArgumentError, TransportError
from duro.http.request import Headers, Response
from duro.http.transport import RequestNotSentError, Transport
from duro.http.transport.httpx_client import HttpxClientTransport
from tests.support.raw_http import KEY, OK, request_to, respond_with, send_nothing

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
class TestClientOfTheUser:
    async def test_it_sends_the_calls_and_stays_open(self, library, sandbox):
        seen = []

        async def hook(request):
            seen.append(request.url.path)

        async with library.AsyncClient(event_hooks={"request": [hook]}) as client:
            async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url, transport=client) as duro:
                await duro.plans.list().page()
            assert seen == ["/v1/plans"]
            assert not client.is_closed

    async def test_its_auth_base_url_and_redirects_are_not_used(self, library, raw_server):
        redirect = raw_server(respond_with(b"HTTP/1.1 302 Found\r\nlocation: /v1/other\r\ncontent-length: 0\r\n\r\n"))
        options = {"auth": ("name", "password"), "follow_redirects": True, "base_url": "http://127.0.0.1:1/elsewhere"}
        async with (
            library.AsyncClient(**options) as client,
            AsyncDuro(KEY, base_url=redirect.url, transport=client) as duro,
        ):
            with pytest.raises(Exception, match="redirect"):
                await duro.plans.list().page()
        (request,) = redirect.requests
        assert request.lower().count(b"authorization:") == 1
        assert b"Bearer " + KEY.encode() in request

    async def test_it_sends_the_token_exchange(self, library, sandbox):
        seen = []

        async def hook(request):
            seen.append(request.url.path)

        async with (
            library.AsyncClient(event_hooks={"request": [hook]}) as client,
            AsyncDuro(**sandbox.options, transport=client) as duro,
        ):
            await duro.plans.list().page()
        assert seen == ["/v1/oauth/token", "/v1/plans"]
        assert sandbox.stats.token_exchanges == 1

    async def test_its_full_pool_raises_request_not_sent(self, library, raw_server):
        server = raw_server(send_nothing)
        async with library.AsyncClient(limits=library.Limits(max_connections=1)) as client:
            transport = HttpxClientTransport(client, library)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(transport.send, request_to(server.url))
                while not server.requests:
                    await anyio.sleep(0.005)
                with pytest.raises(RequestNotSentError):
                    await transport.send(request_to(server.url, timeout=0.05))
                tasks.cancel_scope.cancel()
        assert len(server.requests) == 1

    async def test_closed_client_is_reported(self, library, raw_server):
        server = raw_server(respond_with(OK))
        client = library.AsyncClient()
        await client.aclose()
        async with AsyncDuro(KEY, base_url=server.url, transport=client) as duro:
            with pytest.raises((ConfigurationError, ConnectionFailedError), match="closed"):
                await duro.plans.list().page()


class RecordingTransport:
    """Custom transport, as users write it."""

    def __init__(self):
        self.requests = []
        self.closed = False

    async def send(self, request):
        self.requests.append(request)
        if request.url.endswith("/v1/oauth/token"):
            return Response(200, Headers(), b'{"access_token":"t","token_type":"Bearer","expires_in":3600}')
        return Response(200, Headers(), b'{"items":[],"nextCursor":null,"hasMore":false}')

    async def aclose(self):
        self.closed = True


async def test_custom_transport_sends_calls_and_exchanges_and_stays_open():
    transport = RecordingTransport()
    assert isinstance(transport, Transport)
    async with AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1", transport=transport) as duro:
        assert await duro.plans.list().collect() == []
    urls = [request.url for request in transport.requests]
    assert urls == ["https://sandbox.useduro.com/v1/oauth/token", "https://sandbox.useduro.com/v1/plans"]
    assert not transport.closed


@pytest.mark.parametrize("transport", ["urllib", None, 5, object(), httpx.Client, int])
async def test_other_objects_are_rejected_as_transport(transport):
    with pytest.raises(ConfigurationError, match="transport"):
        AsyncDuro(KEY, transport=transport)


def test_blocking_client_accepts_a_transport():
    transport = RecordingTransport()
    with Duro(KEY, transport=transport) as duro:
        assert duro.plans.list().collect() == []
    assert len(transport.requests) == 1


class FailingTransport:
    """Custom transport that sends with httpx, and fails before or after it has a response."""

    def __init__(self, fail):
        self.fail = fail

    async def send(self, request):
        async with httpx.AsyncClient() as client:
            return await self.fail(client, request)

    async def aclose(self):
        pass


async def refuse(client, request):
    await client.get("http://127.0.0.1:1")


async def raise_of_its_own(client, request):
    raise LookupError("no route")


async def report_that_nothing_was_sent(client, request):
    try:
        raise LookupError("no route")  # noqa: TRY301 - the next error has it as its context
    except LookupError:
        raise RequestNotSentError("not sent")  # noqa: B904 - users forget "from"


async def return_wrong_headers(client, request):
    return Response(200, {"x-a": 5}, b"{}")


class TestFailureOfACustomTransport:
    @pytest.mark.parametrize(
        ("fail", "kind", "cause"),
        [
            (refuse, TransportError, httpx.ConnectError),
            (raise_of_its_own, TransportError, LookupError),
            (report_that_nothing_was_sent, ConnectionFailedError, LookupError),
            (return_wrong_headers, TransportError, InvalidArgumentError),
        ],
    )
    async def test_its_cause_has_the_frames_of_the_user_and_no_others(self, fail, kind, cause):
        async with AsyncDuro(KEY, transport=FailingTransport(fail), retries=0) as client:
            with pytest.raises(TransportError) as caught:
                await client.plans.list().page()
        assert type(caught.value) is kind
        assert type(caught.value.__cause__) is cause
        frames = traceback.extract_tb(caught.value.__cause__.__traceback__)
        assert frames[-1].name == fail.__name__
        assert {frame.filename for frame in frames} == {__file__}

    async def test_wrong_headers_are_described(self):
        async with AsyncDuro(KEY, transport=FailingTransport(return_wrong_headers), retries=0) as client:
            with pytest.raises(TransportError, match="headers must have a value of type str or bytes, got int"):
                await client.plans.list().page()

    async def test_message_names_the_transport(self):
        async with AsyncDuro(KEY, transport=FailingTransport(raise_of_its_own), retries=0) as client:
            with pytest.raises(TransportError, match="through the FailingTransport passed as transport="):
                await client.plans.list().page()

    async def test_failed_exchange_has_the_cause_too(self):
        options = {"client_id": "cid_test_1", "client_secret": "csec_test_1"}
        async with AsyncDuro(**options, transport=FailingTransport(raise_of_its_own), retries=0) as client:
            with pytest.raises(ConnectionFailedError) as caught:
                await client.plans.list().page()
        assert isinstance(caught.value.__cause__, LookupError)
        assert traceback.extract_tb(caught.value.__cause__.__traceback__)[-1].name == "raise_of_its_own"
