"""Answers that cannot be read: a read is simply wrong, but a write may have happened."""

from __future__ import annotations

import pytest

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
async def test_write_whose_answer_cannot_be_read_is_an_unknown_outcome(kind, duro, wire):
    wire.answers[0], path = UNREADABLE[kind]
    with pytest.raises(OutcomeUnknownError, match=r"createPlan .* may have been processed") as caught:
        await duro.plans.create(**PLAN)
    assert [caught.value.idempotency_key] == wire.header("idempotency-key")
    assert caught.value.attempts == len(wire.requests) == 1
    assert isinstance(caught.value.__cause__, DecodingError)
    assert caught.value.__cause__.path == path
    assert str(caught.value.__cause__) in str(caught.value)


async def test_the_callers_key_is_the_one_to_ask_again_with(duro, wire):
    wire.answers[0] = b"garbage"
    with pytest.raises(OutcomeUnknownError, match="idempotency_key='my-key'") as caught:
        await duro.plans.create(**PLAN, idempotency_key="my-key")
    assert caught.value.idempotency_key == "my-key"


async def test_attempts_before_the_unreadable_answer_are_counted(duro, wire):
    wire.answers = [Response(503, Headers(), b""), Response(503, Headers(), b""), b"garbage"]
    patient = duro.with_options(retries=RetryPolicy(base_delay=0))
    with pytest.raises(OutcomeUnknownError) as caught:
        await patient.plans.create(**PLAN)
    assert caught.value.attempts == len(wire.requests) == 3


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_read_whose_answer_cannot_be_read_changed_nothing(kind, duro, wire):
    wire.answers[0], path = UNREADABLE[kind]
    with pytest.raises(DecodingError) as caught:
        await duro.customers.retrieve("cus_1")
    assert caught.value.path == path


async def test_the_same_holds_for_any_path(duro, wire):
    wire.answers[0] = b"garbage"
    with pytest.raises(OutcomeUnknownError) as caught:
        await duro.request("POST", "/v1/anything", json={}, idempotency_key="my-key")
    assert caught.value.idempotency_key == "my-key"
    with pytest.raises(DecodingError):
        await duro.request("GET", "/v1/anything")
