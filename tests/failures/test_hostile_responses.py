"""Responses that are too large or invalid: memory and time are bounded, and the error names the cause."""

from __future__ import annotations

import sys
import zlib

import anyio
import pytest

from duro import AsyncDuro, Duro
from duro.errors import DecodingError, OutcomeUnknownError, TokenExchangeError, TransportError
from tests.support.timeouts import TIMEOUT

KEY = "sk_test_hostile"
LIMIT = 1_000
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
DECLARED = HEAD + b"content-length: %d\r\n\r\n" % 10**12
ENDLESS = HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * (LIMIT + 1)

# A body that is not read to its end leaves httpcore's generators to the garbage collector, which trio reports.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def compression_bomb(size, encoding=zlib.MAX_WBITS + 16):
    """Return a response of zeros that gzip has compressed to a thousandth of the size."""
    compressor = zlib.compressobj(wbits=encoding)
    layers = [compressor.compress(bytes(1 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH) for _ in range(2)]
    compressed = layers[0] + layers[1] * (size >> 20)
    return HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n%s" % (len(compressed), compressed)


TOO_LARGE = {"declared": DECLARED, "endless": ENDLESS, "compression bomb": compression_bomb(1 << 22)}


@pytest.mark.anyio
@pytest.mark.parametrize("kind", TOO_LARGE)
class TestTooLargeResponse:
    async def test_read_fails_at_the_first_attempt(self, kind, raw_server):
        raw_server.reply = lambda _: TOO_LARGE[kind]
        async with AsyncDuro(KEY, base_url=raw_server.url, max_response_bytes=LIMIT) as duro:
            with pytest.raises(TransportError, match=r"larger than 1000 bytes.*max_response_bytes=") as caught:
                await duro.customers.retrieve("cus_1")
        assert type(caught.value) is TransportError
        assert (caught.value.attempts, len(raw_server.received)) == (1, 1)

    async def test_write_has_an_unknown_outcome_at_the_first_attempt(self, kind, raw_server):
        raw_server.reply = lambda _: TOO_LARGE[kind]
        async with AsyncDuro(KEY, base_url=raw_server.url, max_response_bytes=LIMIT) as duro:
            with pytest.raises(OutcomeUnknownError, match="larger than 1000 bytes") as caught:
                await duro.customers.create(name="Ada", idempotency_key="k-1")
        assert (caught.value.idempotency_key, caught.value.attempts, len(raw_server.received)) == ("k-1", 1, 1)

    async def test_token_exchange_fails(self, kind, raw_server):
        raw_server.reply = lambda _: TOO_LARGE[kind]
        options = {"client_id": "cid_test_1", "client_secret": "csec_test_1", "base_url": raw_server.url}
        async with AsyncDuro(**options, max_response_bytes=LIMIT) as duro:
            with pytest.raises(TokenExchangeError, match="larger than 1000 bytes"):
                await duro.plans.list().page()

    async def test_next_call_gets_a_connection(self, kind, raw_server):
        responses = iter([TOO_LARGE[kind]] * 3)
        raw_server.reply = lambda _: next(responses, raw_server.json(b"{}"))
        async with AsyncDuro(KEY, base_url=raw_server.url, max_response_bytes=LIMIT, max_connections=1) as duro:
            for _ in range(3):
                with pytest.raises(TransportError):
                    await duro.request("GET", "/v1/anything")
            with anyio.fail_after(TIMEOUT):
                assert await duro.request("GET", "/v1/anything") == {}


def test_blocking_client_has_the_limit(raw_server):
    raw_server.reply = lambda _: DECLARED
    with (
        Duro(KEY, base_url=raw_server.url, max_response_bytes=LIMIT) as duro,
        pytest.raises(TransportError, match="1000"),
    ):
        duro.customers.retrieve("cus_1")


def test_copy_keeps_the_limit(raw_server):
    raw_server.reply = lambda _: raw_server.json(b" " * LIMIT + b"{}")
    with (
        Duro(KEY, base_url=raw_server.url, max_response_bytes=LIMIT) as duro,
        pytest.raises(TransportError, match="1000"),
    ):
        duro.with_options(timeout=5).request("GET", "/v1/anything")


MEASURE = """
    import resource, sys
    from pathlib import Path
    from duro import Duro, DuroError

    def peak_memory():
        # The peak that getrusage returns includes that of the parent process.
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024

    with Duro("sk_test_hostile", base_url=sys.argv[1], max_response_bytes=int(sys.argv[2])) as duro:
        duro.request("GET", "/small")
        in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        # With this limit, a failing test raises MemoryError and does not exhaust the memory of the machine.
        resource.setrlimit(resource.RLIMIT_AS, (in_use + int(sys.argv[3]),) * 2)
        before = peak_memory()
        try:
            duro.customers.list().page()
        except DuroError as error:
            print(f"{type(error).__name__}: {error}"[:500])
        print(peak_memory() - before)
"""
MIB = 1 << 20


def complete_response(body):
    return HEAD + b"content-length: %d\r\n\r\n%s" % (len(body), body)


def chunks_of_one_byte(number):
    return HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * number


def customer_created_at(text):
    return b'{"items":[{"id":"cus_1","blacklisted":false,"createdAt":"%s"}]}' % text


# Limit in bytes, response, error, and the maximum of memory as a multiple of the limit.
LARGE = {
    "bomb of 4 GiB": (8 * MIB, lambda: compression_bomb(4 << 30), TransportError, 5),
    "declared": (4 * MIB, lambda: DECLARED, TransportError, 1),
    "single bytes": (MIB // 8, lambda: chunks_of_one_byte(MIB // 8 + 1), TransportError, 8),
    "invalid JSON": (4 * MIB, lambda: complete_response(b"x" * (4 * MIB)), DecodingError, 6),
    "depth": (4 * MIB, lambda: complete_response(b"[" * (4 * MIB)), DecodingError, 6),
    "millions of invalid items": (
        4 * MIB,
        lambda: complete_response(b'{"items":[' + b"0," * (2 * MIB - 10) + b"0]}"),
        DecodingError,
        16,
    ),
    "long invalid timestamp": (
        4 * MIB,
        lambda: complete_response(customer_created_at(b"\\u0001" * (MIB // 2))),
        DecodingError,
        16,
    ),
}


@pytest.mark.process
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("kind", LARGE)
def test_memory_is_proportional_to_the_limit(kind, raw_server, run_program):
    limit, create, expected, most = LARGE[kind]
    response = create()
    raw_server.reply = lambda request: response if request.path.startswith("/v1") else raw_server.json(b"{}")
    running = run_program(MEASURE, raw_server.url, limit, 256 * MIB)
    assert running.read_line().startswith(f"{expected.__name__}: ")
    used = int(running.read_line()) / limit
    print(f"{kind}: {used:.1f} times the limit")
    assert used < most
    running.wait()
    assert running.status == 0
