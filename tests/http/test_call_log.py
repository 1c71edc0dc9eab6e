from __future__ import annotations

import contextlib
import logging
import re
import subprocess
import sys
from types import SimpleNamespace

import anyio
import anyio.lowlevel
import pytest

import duro
from duro import AsyncDuro, Duro
from duro._log_output import configure_log_output
from duro.http.exchange_wait import wait_for_next_exchange
from duro.http.request import Headers, Response
from duro.http.transport import RequestNotSentError, ResponseLostError
from tests.support.scripted_outcomes import ScriptedOutcomes

KEY = "sk_test_logged"
CUSTOMER = b'{"id":"cus_1","blacklisted":false,"createdAt":"2026-01-01T00:00:00Z"}'
HEADERS = Headers([(b"x-request-id", b"req_7"), (b"set-cookie", b"session=hidden"), (b"x-portal-session", b"hidden")])
NAME = r"createCustomer \(POST /v1/customers\)"


class WithoutSleep:
    async def sleep(self, seconds):
        await anyio.lowlevel.checkpoint()


def respond(status=200, body=CUSTOMER):
    return Response(status, HEADERS, body)


@pytest.fixture
def duro_logger():
    """Logger of the SDK, which gets its level and handlers back at the end."""
    logger = logging.getLogger("duro")
    level, handlers = logger.level, logger.handlers[:]
    yield logger
    logger.setLevel(level)
    logger.handlers[:] = handlers


@pytest.fixture
def call_logged(caplog):
    """Return a function that makes a call at a level, and returns the messages of the SDK with their levels."""

    async def run(*outcomes, call, level=logging.DEBUG):
        caplog.set_level(level, "duro")
        retries = duro.RetryPolicy(base_delay=0.0)
        async with AsyncDuro(KEY, transport=ScriptedOutcomes(*outcomes), retries=retries) as client:
            with contextlib.suppress(duro.DuroError):
                await call(client)
        return [(each.levelname, each.getMessage()) for each in caplog.records if each.name.startswith("duro")]

    return run


def create_customer(client):
    return client.customers.create(name="Ada Lovelace", email="ada@example.com", idempotency_key="k-1")


@pytest.mark.anyio
class TestCalls:
    async def test_each_retry_is_an_info_line_and_each_call_a_debug_line(self, call_logged):
        outcomes = (RequestNotSentError("connection refused"), respond(503), respond(201))
        levels, lines = zip(*await call_logged(*outcomes, call=create_customer), strict=True)
        assert levels == ("INFO", "INFO", "DEBUG")
        patterns = (
            NAME + r": attempt 1 failed \(connection refused\); retry in 0\.00 s",
            NAME + r": attempt 2 failed \(503\); retry in 0\.00 s",
            NAME + r": 201, \d+\.\d{3} s, attempts: 3, request req_7, idempotency key k-1",
        )
        for pattern, line in zip(patterns, lines, strict=True):
            assert re.fullmatch(pattern, line)

    async def test_a_call_without_a_response_is_a_debug_line(self, call_logged):
        lines = await call_logged(ResponseLostError("reset"), call=lambda client: client.customers.retrieve("cus_1"))
        assert re.fullmatch(r"getCustomer \(GET /v1/customers/\{id\}\): no response, .* s, attempts: 4", lines[-1][1])

    async def test_a_successful_call_logs_nothing_above_debug(self, call_logged):
        assert await call_logged(respond(), call=create_customer, level=logging.INFO) == []

    async def test_a_wait_for_another_token_exchange_is_an_info_line(self, caplog):
        caplog.set_level(logging.INFO, "duro")
        failure = duro.TokenExchangeError("the token endpoint returned 503")
        await wait_for_next_exchange(
            failure, 1.5, attempt=1, time_left=9, policy=duro.RetryPolicy(), clock=WithoutSleep()
        )
        assert [each.getMessage() for each in caplog.records] == [
            "a call waits for an access token (the token endpoint returned 503); retry in 1.50 s"
        ]

    async def test_values_headers_and_bodies_are_not_logged(self, call_logged, caplog):
        body = b'{"error":{"code":"validation_error","message":"private words"}}'
        await call_logged(
            respond(503, body),
            respond(422, body),
            call=lambda client: client.request(
                "POST",
                "/checkout/cs_test_private/pay",
                params={"q": "private"},
                json={"name": "private"},
                headers={"x-private": "private"},
            ),
        )
        assert caplog.records
        assert "private" not in caplog.text
        assert "hidden" not in caplog.text
        assert KEY not in caplog.text

    async def test_no_logger_shows_a_secret_over_real_connections(self, caplog, sandbox):
        caplog.set_level(logging.DEBUG)
        async with AsyncDuro(**sandbox.options) as client:
            token = await client.token()
            await client.customers.create(name="Ada")
        text = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
        assert token.access_token not in text
        assert sandbox.options["client_secret"] not in text
        assert "createCustomer" in text


class TestVariable:
    @pytest.mark.parametrize(("name", "level"), [("info", logging.INFO), (" DEBUG", logging.DEBUG)])
    def test_it_sets_the_level_of_the_logger(self, name, level, monkeypatch, duro_logger):
        monkeypatch.setenv("DURO_LOG", name)
        Duro(KEY, transport=ScriptedOutcomes(respond())).close()
        assert duro_logger.level == level
        assert duro_logger.handlers == []  # pytest has handlers of its own

    def test_an_unknown_level_is_rejected(self, monkeypatch):
        monkeypatch.setenv("DURO_LOG", "loud")
        with pytest.raises(duro.ConfigurationError, match=r"DURO_LOG must be info or debug, got 'loud'; set one of"):
            Duro(KEY)

    def test_its_error_does_not_show_a_secret(self, monkeypatch):
        monkeypatch.setenv("DURO_LOG", "sk_live_needle")
        with pytest.raises(duro.ConfigurationError, match="got 'sk_live_…'") as caught:
            configure_log_output()
        assert "needle" not in str(caught.value)

    def test_without_it_the_level_stays(self, monkeypatch, duro_logger):
        monkeypatch.delenv("DURO_LOG", raising=False)
        level = duro_logger.level
        Duro(KEY, transport=ScriptedOutcomes(respond())).close()
        assert duro_logger.level == level

    @pytest.mark.process
    @pytest.mark.parametrize("setup", ["", "import logging; logging.basicConfig(format='own %(message)s');"])
    def test_a_program_gets_each_line_once_with_and_without_its_own_handlers(self, setup, sandbox):
        program = f"""
{setup}
from duro import Duro
for _ in range(2):
    with Duro({sandbox.secret_key!r}, base_url={sandbox.url!r}) as client:
        client.customers.create(name="Ada")
"""
        finished = subprocess.run(
            [sys.executable, "-c", program],
            env={"DURO_LOG": "debug"},
            capture_output=True,
            text=True,
            timeout=50,
            check=True,
        )
        lines = [line for line in finished.stderr.splitlines() if "createCustomer" in line]
        assert len(lines) == 2
        assert all(line.startswith("own ") == bool(setup) for line in lines)


def test_a_program_without_handlers_gets_one(monkeypatch):
    logger = logging.Logger("duro")  # noqa: LOG001 - without the handlers of pytest
    parts = {"StreamHandler": logging.StreamHandler, "Formatter": logging.Formatter}
    monkeypatch.setattr("duro._log_output.logging", SimpleNamespace(getLogger=lambda _name: logger, **parts))
    monkeypatch.setenv("DURO_LOG", "info")
    for _ in range(2):
        configure_log_output()
    (handler,) = logger.handlers
    assert "INFO" in handler.format(logging.LogRecord("duro.http", logging.INFO, "", 0, "one call", (), None))
