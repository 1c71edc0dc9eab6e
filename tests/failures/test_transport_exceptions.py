"""Exceptions of every class from a transport: callers get documented errors, never a false claim of not sent."""

from __future__ import annotations

import asyncio
import builtins
import errno
import socket
import ssl

import anyio
import h2.exceptions
import httpcore
import httpcore2
import httpx
import httpx2
import pytest

from duro import AsyncDuro, Duro
from duro.errors import OutcomeUnknownError, TransportError
from duro.http.request import Headers, Response
from tests.support.raw_http import KEY

MODULES = (builtins, ssl, socket, anyio, httpx, httpcore, httpx2, httpcore2, h2.exceptions, asyncio)
ARGUMENTS = {
    "UnicodeDecodeError": ("utf-8", b"x", 0, 1, "bad"),
    "UnicodeEncodeError": ("utf-8", "x", 0, 1, "bad"),
    "UnicodeTranslateError": ("x", 0, 1, "bad"),
    "ExceptionGroup": ("several", [OSError("one")]),
    "IncompleteReadError": (b"", 5),
    "LimitOverrunError": ("too long", 5),
    "BrokenWorkerInterpreter": (type("Info", (), {"type": ValueError, "msg": "x", "formatted": "x"})(),),
    "HTTPStatusError": ("status",),
    "InvalidSettingsValueError": ("reason", 1),
    "InvalidBodyLengthError": (5, 6),
    "StreamClosedError": (1,),
    "NoSuchStreamError": (1,),
    "StreamIDTooLowError": (1, 2),
}
OPTIONS = {
    f"{library.__name__}.HTTPStatusError": {
        "request": library.Request("GET", "http://x"),
        "response": library.Response(500),
    }
    for library in (httpx, httpx2)
}


def collect():
    found = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, type) and issubclass(value, Exception) and not issubclass(value, Warning):
                found[f"{module.__name__}.{name}"] = value
    return found


EXCEPTIONS = collect()


def build(name):
    kind = EXCEPTIONS[name]
    short = name.rpartition(".")[2]
    if short in ARGUMENTS:
        return kind(*ARGUMENTS[short], **OPTIONS.get(name, {}))
    try:
        return kind("reason")
    except TypeError:
        return kind()


class RaisingTransport:
    """Transport of a user that raises an exception instead of a response."""

    def __init__(self, error):
        self.error = error
        self.requests = []

    async def send(self, request):
        self.requests.append(request)
        raise self.error

    async def aclose(self):
        pass


def library_of(name):
    """Return the library under which an exception is raised: its own, or httpx."""
    return httpx2 if name.startswith(("httpx2.", "httpcore2.")) else httpx


class RaisingHttpxTransport(httpx.AsyncBaseTransport, httpx2.AsyncBaseTransport):
    """Transport under a client of httpx or httpx2 that raises at one stage of the request."""

    def __init__(self, library, error, stage):
        self.library = library
        self.error = error
        self.stage = stage

    async def handle_async_request(self, request):
        if self.stage == "before the headers":
            raise self.error
        return self.library.Response(200, stream=RaisingBody(self.error, self.stage))


class RaisingBody(httpx.AsyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, error, stage):
        self.error = error
        self.stage = stage

    async def __aiter__(self):
        yield b"{"
        if self.stage == "within the body":
            raise self.error
        yield b"}"

    async def aclose(self):
        if self.stage == "after the response":
            raise self.error


def test_the_classes_are_many():
    assert len(EXCEPTIONS) > 120, len(EXCEPTIONS)


@pytest.mark.anyio
@pytest.mark.parametrize("name", EXCEPTIONS)
async def test_exception_of_a_users_transport_leaves_the_outcome_of_a_write_open(name):
    error = build(name)
    transport = RaisingTransport(error)
    async with AsyncDuro(KEY, base_url="http://127.0.0.1:9", transport=transport, retries=0) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.customers.create(name="Ada", idempotency_key="k-1")
        assert caught.value.idempotency_key == "k-1"
        assert_has_cause(caught.value, error)
        with pytest.raises(TransportError) as caught:
            await client.customers.retrieve("cus_1")
        assert type(caught.value) is TransportError
        assert_has_cause(caught.value, error)


@pytest.mark.matrix
@pytest.mark.anyio
@pytest.mark.parametrize("stage", ["before the headers", "within the body", "after the response"])
@pytest.mark.parametrize("name", EXCEPTIONS)
async def test_exception_under_a_users_httpx_client_leaves_the_outcome_of_a_write_open(name, stage):
    library = library_of(name)
    async with (
        library.AsyncClient(transport=RaisingHttpxTransport(library, build(name), stage)) as http,
        AsyncDuro(KEY, base_url="http://127.0.0.1:9", transport=http, retries=0) as client,
    ):
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.customers.create(name="Ada", idempotency_key="k-1")
        assert caught.value.idempotency_key == "k-1"
        with pytest.raises(TransportError) as caught:
            await client.customers.retrieve("cus_1")
        assert type(caught.value) is TransportError


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exception_of_a_users_transport_reaches_a_blocking_caller_with_the_key(name):
    transport = RaisingTransport(build(name))
    with Duro(KEY, base_url="http://127.0.0.1:9", transport=transport, retries=0) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            client.customers.create(name="Ada", idempotency_key="k-1")
        assert caught.value.idempotency_key == "k-1"


@pytest.mark.matrix
@pytest.mark.anyio
@pytest.mark.parametrize("name", EXCEPTIONS)
@pytest.mark.parametrize("written", [False, True], ids=["before the first byte", "after the first byte"])
async def test_exception_of_a_connection_counts_as_sent_from_the_first_byte_on(name, written, monkeypatch):
    """Connections of the SDK, one of which fails before or after it writes."""
    library = library_of(name)
    core = httpcore2 if library is httpx2 else httpcore

    async def handle(connection, request):
        if written:
            connection._network_backend.on_send()
        raise build(name)

    monkeypatch.setattr(core.AsyncHTTPConnection, "handle_async_request", handle)
    async with AsyncDuro(KEY, base_url="http://127.0.0.1:9", transport=library.__name__, retries=0) as client:
        with pytest.raises(TransportError) as caught:
            await client.customers.create(name="Ada", idempotency_key="k-1")
        assert isinstance(caught.value, OutcomeUnknownError) is written
        assert ("nothing was sent" in str(caught.value)) is not written
        assert caught.value.idempotency_key == "k-1"


@pytest.mark.anyio
@pytest.mark.parametrize("value", [None, 200, {"status": 200}, (200, {}, b"{}")], ids=["None", "int", "dict", "tuple"])
async def test_value_that_is_not_a_response_leaves_the_outcome_of_a_write_open(value):
    class Transport:
        async def send(self, request):
            return value

        async def aclose(self):
            pass

    async with AsyncDuro(KEY, base_url="http://127.0.0.1:9", transport=Transport(), retries=0) as client:
        with pytest.raises(OutcomeUnknownError, match="must return a Response"):
            await client.customers.create(name="Ada")


@pytest.mark.anyio
async def test_earlier_doubt_survives_a_transport_that_then_fails_to_connect():
    errors = [ConnectionResetError("reset"), httpcore.ConnectError("refused")]

    class Transport:
        async def send(self, request):
            raise errors.pop(0)

        async def aclose(self):
            pass

    async with AsyncDuro(KEY, base_url="http://127.0.0.1:9", transport=Transport(), retries=1) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.customers.create(name="Ada")
        assert caught.value.attempts == 2


@pytest.mark.anyio
async def test_a_request_of_tls_for_more_bytes_does_not_hide_a_reset():
    class Transport:
        async def send(self, request):
            error = ConnectionResetError(errno.ECONNRESET, "reset")
            error.__context__ = ssl.SSLWantReadError()
            raise error

        async def aclose(self):
            pass

    async with AsyncDuro(KEY, base_url="http://127.0.0.1:9", transport=Transport(), retries=0) as client:
        with pytest.raises(OutcomeUnknownError, match="Connection reset by peer"):
            await client.customers.create(name="Ada")


@pytest.mark.anyio
async def test_a_responding_transport_succeeds():
    class Transport:
        async def send(self, request):
            return Response(200, Headers(), b'{"id": "cus_1", "email": "ada@example.com"}')

        async def aclose(self):
            pass

    async with AsyncDuro(KEY, base_url="http://127.0.0.1:9", transport=Transport()) as client:
        assert await client.request("POST", "/v1/customers", json={})


def assert_has_cause(error, cause):
    """A coroutine cannot raise ``StopIteration``: Python replaces it by a ``RuntimeError``."""
    if isinstance(cause, StopIteration | StopAsyncIteration):
        assert isinstance(error.__cause__, RuntimeError | StopAsyncIteration)
    else:
        assert error.__cause__ is cause
