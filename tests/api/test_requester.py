"""Unreadable responses: after a read the error is a DecodingError, after a write the outcome is unknown."""

from __future__ import annotations

import pytest

from duro.api import requester
from duro.config import RetryPolicy
from duro.errors import DecodingError, OutcomeUnknownError
from duro.http.request import Headers, Response

pytestmark = pytest.mark.anyio

UNREADABLE = {
    "no JSON": (b"<html>back in a moment</html>", "$"),
    "half of it": (b'{"id": "plan_1", "na', "$"),
    "nothing": (b"", "$"),
    "another thing": ({"status": "ok"}, "$.id"),
}
PLAN = {"name": "Pro", "amount": 500_000, "interval": "month"}


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_write_with_an_unreadable_response_has_an_unknown_outcome(kind, client, transport):
    transport.responses[0], path = UNREADABLE[kind]
    with pytest.raises(OutcomeUnknownError, match=r"createPlan .* may have been processed") as caught:
        await client.plans.create(**PLAN)
    assert [caught.value.idempotency_key] == transport.header("idempotency-key")
    assert caught.value.attempts == len(transport.requests) == 1
    assert isinstance(caught.value.__cause__, DecodingError)
    assert caught.value.__cause__.path == path
    assert caught.value.__cause__.description in str(caught.value)


async def test_error_has_the_callers_idempotency_key(client, transport):
    transport.responses[0] = b"garbage"
    with pytest.raises(OutcomeUnknownError, match="idempotency_key='my-key'") as caught:
        await client.plans.create(**PLAN, idempotency_key="my-key")
    assert caught.value.idempotency_key == "my-key"


async def test_attempts_before_the_unreadable_response_are_counted(client, transport):
    transport.responses = [Response(503, Headers(), b""), Response(503, Headers(), b""), b"garbage"]
    with_retries = client.with_options(retries=RetryPolicy(base_delay=0))
    with pytest.raises(OutcomeUnknownError) as caught:
        await with_retries.plans.create(**PLAN)
    assert caught.value.attempts == len(transport.requests) == 3


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_read_with_an_unreadable_response_raises_a_decoding_error(kind, client, transport):
    transport.responses[0], path = UNREADABLE[kind]
    with pytest.raises(DecodingError) as caught:
        await client.customers.retrieve("cus_1")
    assert caught.value.path == path


async def test_raw_requests_behave_alike(client, transport):
    transport.responses[0] = b"garbage"
    with pytest.raises(OutcomeUnknownError) as caught:
        await client.request("POST", "/v1/anything", json={}, idempotency_key="my-key")
    assert caught.value.idempotency_key == "my-key"
    with pytest.raises(DecodingError):
        await client.request("GET", "/v1/anything")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError, RecursionError])
async def test_exception_while_a_response_is_decoded_keeps_its_class_and_gets_the_key(
    kind, client, transport, monkeypatch, caplog
):
    def decode(*_):
        raise kind

    monkeypatch.setattr(requester, "decode", decode)
    with pytest.raises(kind) as caught:
        await client.plans.create(**PLAN, idempotency_key="my-key")
    (note,) = caught.value.__notes__
    (warning,) = caplog.records
    assert (warning.name, warning.levelname, warning.getMessage()) == ("duro.http", "WARNING", note)
    assert "createPlan (POST /v1/plans) got a response with status 200" in note
    assert "idempotency_key='my-key'" in note


async def test_exception_while_a_response_to_a_read_is_decoded_has_no_note(client, monkeypatch, caplog):
    def decode(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(requester, "decode", decode)
    with pytest.raises(KeyboardInterrupt) as caught:
        await client.customers.retrieve("cus_1")
    assert not hasattr(caught.value, "__notes__")
    assert caplog.records == []
