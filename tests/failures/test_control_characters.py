"""Control characters from a server: none of them reaches an error message or a log."""

from __future__ import annotations

import json
import logging
import ssl

import anyio
import httpx
import pytest

from duro import AsyncDuro, Duro, RetryPolicy
from duro.errors import DuroError
from duro.http.transport import RequestNotSentError, ResponseLostError

KEY = "sk_test_control"
ATTACK = "\x1b]0;title\x07\x1b[2J\r\nWARNING forged\u202e\x9b31m\u2028 end"
# The HTTP parser rejects line breaks in a header, but not the start of an escape sequence.
HEADER = b"x-request-id: \x1b[2Jreq\x9b31m\x07 end"
ERROR = {"code": "conflict", "message": ATTACK, "details": [{"path": ATTACK, "issue": ATTACK}]}
BODIES = {
    "error of the API": (409, json.dumps({"error": ERROR})),
    "error in a successful response": (200, json.dumps({"ok": False, "error": ERROR})),
    "text in a successful response": (200, json.dumps({"ok": False, "error": ATTACK})),
    "page of a gateway": (502, f"<h1>{ATTACK}</h1>"),
    "page of an ingress": (404, f"<h1>{ATTACK}</h1>&#27;[2J&#155;"),
    "login page": (200, ATTACK),
    "invalid model": (200, json.dumps({"id": ATTACK, "blacklisted": ATTACK, "createdAt": ATTACK, "metadata": ATTACK})),
}


@pytest.fixture(params=["asyncio", "trio", "blocking"])
def find_error(request, caplog):
    """Return a function that makes a call, and returns its error and all lines of the log."""
    caplog.set_level(logging.DEBUG, logger="duro")

    def find(call, **options):
        options = {"retries": RetryPolicy(retries=1, base_delay=0), **options}

        async def main():
            async with AsyncDuro(**options) as duro:
                with pytest.raises(DuroError) as caught:
                    await call(duro)
                return caught

        if request.param == "blocking":
            with Duro(**options) as duro, pytest.raises(DuroError) as caught:
                call(duro)
        else:
            caught = anyio.run(main, backend=request.param)
        return caught.value, [record.getMessage() for record in caplog.records if record.name.startswith("duro")]

    return find


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("operation", ["read", "write"])
def test_text_of_a_response(name, operation, find_error, raw_server):
    status, text = BODIES[name]
    body = text.encode("utf-8", "surrogatepass")
    head = b"HTTP/1.1 %d \x1b[31mReason\r\n%s\r\ncontent-length: %d\r\n\r\n" % (status, HEADER, len(body))
    raw_server.reply = lambda _request: head + body
    calls = {
        "read": lambda duro: duro.customers.retrieve("cus_1"),
        "write": lambda duro: duro.customers.create(email="ada@example.com"),
    }
    error, lines = find_error(calls[operation], credential=KEY, base_url=raw_server.url)
    assert str(error).isprintable()
    assert lines
    assert all(line.isprintable() for line in lines)
    assert any("request ?[2Jreq?31m? end" in line for line in lines)


@pytest.mark.parametrize(
    "document", [{"error": ERROR}, {"error": "invalid_client", "error_description": ATTACK}, {"error": ATTACK}, ATTACK]
)
def test_text_of_the_token_endpoint(document, find_error, raw_server):
    raw_server.reply = lambda _request: raw_server.json(json.dumps(document).encode(), "400 Status")
    options = {"client_id": "cid_test_1", "client_secret": "csec_test_1", "base_url": raw_server.url}
    error, lines = find_error(lambda duro: duro.plans.list().page(), **options)
    assert str(error).isprintable()
    assert all(line.isprintable() for line in lines)


def test_reason_phrase_of_a_proxy(raw_server):
    raw_server.reply = lambda _request: b"HTTP/1.1 502 \x1b[2JReason\x07\r\ncontent-length: 0\r\n\r\n"

    async def main():
        async with (
            httpx.AsyncClient(proxy=raw_server.url, trust_env=False, verify=ssl.create_default_context()) as http,
            AsyncDuro(KEY, base_url="https://127.0.0.1:9", transport=http, retries=0) as duro,
        ):
            with pytest.raises(DuroError) as caught:
                await duro.customers.create(email="ada@example.com")
        assert "502" in str(caught.value)
        assert str(caught.value).isprintable()

    anyio.run(main)


@pytest.mark.parametrize("failure", [RequestNotSentError, ResponseLostError])
def test_message_of_a_transport(failure):
    assert str(failure("\x1b[2Jreset\r\nby peer")) == "?[2Jreset  by peer"
    assert str(failure(f"for sk_test_{'x' * 20}")) == "for sk_test_…"
    assert len(str(failure("x" * 5_000))) == 1_000
