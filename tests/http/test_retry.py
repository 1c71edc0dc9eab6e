from __future__ import annotations

import math
import random
import time
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from duro._clock import Clock
from duro.config import RetryPolicy
from duro.errors import InternalServerError, TransportError
from duro.http.request import Headers, Response
from duro.http.retry import (
    GiveUp,
    Retry,
    RetryBudget,
    decide,
    get_retry_after,
    parse_retry_after,
)
from duro.http.transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError

POLICY = RetryPolicy()
AT = 784_111_777.0  # 1994-11-06 08:49:37 UTC, the example date of RFC 9110 in three formats
TRANSIENT_STATUSES = {408, 429, 502, 503, 504}
IDEMPOTENT_STATUSES = {500, 520, 521, 522, 523, 524}
STATUSES = [300, 301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 408, 409, 410, 418, 422, 425, 429]
STATUSES += [500, 501, 502, 503, 504, 505, 511, 519, 520, 521, 522, 523, 524, 525, 599]


def response(status, retry_after=None):
    lines = [] if retry_after is None else [(b"retry-after", retry_after.encode("latin-1"))]
    return Response(status, Headers.from_lines(lines), b"")


def decide_after(
    outcome, *, is_idempotent=True, attempt=1, time_left=1000.0, policy=POLICY, uniform=lambda _low, high: high
):
    return decide(
        outcome,
        is_idempotent=is_idempotent,
        attempt=attempt,
        time_left=time_left,
        policy=policy,
        wall=AT,
        uniform=uniform,
    )


@pytest.mark.parametrize("is_idempotent", [True, False])
@pytest.mark.parametrize("status", STATUSES)
def test_status_determines_whether_a_retry_can_help(status, is_idempotent):
    retries = status in TRANSIENT_STATUSES or (status in IDEMPOTENT_STATUSES and is_idempotent)
    assert isinstance(decide_after(response(status), is_idempotent=is_idempotent), Retry if retries else GiveUp)


@pytest.mark.parametrize(
    ("outcome", "is_idempotent", "expected"),
    [
        (RequestNotSentError("refused"), True, Retry),
        (RequestNotSentError("refused"), False, Retry),
        (ResponseLostError("reset"), True, Retry),
        (ResponseLostError("reset"), False, GiveUp),
        (ResponseTooLargeError(1_000), True, GiveUp),
        (ResponseTooLargeError(1_000), False, GiveUp),
    ],
)
def test_request_that_may_have_been_sent_is_retried_only_if_idempotent(outcome, is_idempotent, expected):
    assert isinstance(decide_after(outcome, is_idempotent=is_idempotent), expected)


@pytest.mark.parametrize(
    ("outcome", "changes", "reason"),
    [
        (response(503), {"attempt": 4}, "retries exhausted (retries=3)"),
        (ResponseLostError("x"), {"policy": RetryPolicy(retries=0)}, "retries exhausted (retries=0)"),
        (response(429, "31"), {"time_left": 30.0}, "the deadline would pass before a retry in 31.0 s"),
        (response(404), {}, None),
        (ResponseTooLargeError(1_000), {}, None),
        (ResponseLostError("x"), {"is_idempotent": False}, None),
    ],
)
def test_decision_to_give_up_has_a_reason_if_a_retry_could_help(outcome, changes, reason):
    assert decide_after(outcome, **changes) == GiveUp(reason)


@pytest.mark.parametrize("outcome", [RequestNotSentError("x"), ResponseLostError("x"), response(503), response(500)])
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_number_of_attempts_is_limited(outcome, retries):
    policy = RetryPolicy(retries=retries)
    decisions = [decide_after(outcome, attempt=attempt, policy=policy) for attempt in range(1, retries + 3)]
    assert [isinstance(decision, Retry) for decision in decisions] == [True] * retries + [False] * 2


@pytest.mark.parametrize(("time_left", "expected"), [(0.51, Retry), (0.5, GiveUp), (0.0, GiveUp), (-3.0, GiveUp)])
def test_delay_must_end_before_the_deadline(time_left, expected):
    assert isinstance(decide_after(response(503), time_left=time_left), expected)


@pytest.mark.parametrize(
    ("outcome", "fractions"),
    [
        (response(503), (0.0, 1.0)),
        (RequestNotSentError("x"), (0.65, 0.85)),
        (ResponseLostError("x"), (0.65, 0.85)),
    ],
)
@given(attempt=st.integers(1, 10_000), delays=st.tuples(st.floats(0.001, 100), st.floats(0, 100)), seed=st.integers())
def test_delay_is_random_and_its_bound_doubles_up_to_the_maximum(outcome, fractions, attempt, delays, seed):
    base, maximum = delays
    policy = RetryPolicy(retries=10_000, base_delay=base, max_delay=maximum)
    bound = min(maximum, base * 2.0 ** min(attempt - 1, 1000))
    drawn = []

    def uniform(low, high):
        drawn.append((low, high))
        return random.Random(seed).uniform(low, high)

    decision = decide_after(outcome, attempt=attempt, policy=policy, uniform=uniform)
    assert drawn == [(fractions[0] * bound, fractions[1] * bound)]
    assert 0.0 <= decision.delay <= bound


def test_default_delays_double_from_half_a_second_to_eight():
    policy = RetryPolicy(retries=10)
    delays = [decide_after(response(503), attempt=attempt, policy=policy).delay for attempt in range(1, 8)]
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_clock_draws_random_numbers_from_the_whole_range():
    draws = [Clock().uniform(0.0, 1.0) for _ in range(500)]
    assert min(draws) < 0.1
    assert max(draws) > 0.9


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_retry_after_can_only_lengthen_the_delay(status):
    assert decide_after(response(status, "7")) == Retry(7.0)
    assert decide_after(response(status, "0")) == Retry(0.5)
    assert decide_after(response(status, "Sun, 06 Nov 1994 08:49:57 GMT")) == Retry(20.0)
    assert decide_after(response(status, "whenever")) == Retry(0.5)


def test_retry_after_beyond_the_deadline_ends_the_call():
    assert isinstance(decide_after(response(429, "31"), time_left=30.0), GiveUp)
    assert decide_after(response(429, "29"), time_left=30.0) == Retry(29.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        (" 3 ", 3.0),
        ("1.5", 1.5),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60.0),
        ("Sun, 06 Nov 1994 10:50:37 +0200", 60.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1e3", None),
        ("inf", None),
        ("nan", None),
        ("9" * 400, None),
        ("١٢", None),
        ("soon", None),
        ("Sun, 99 Nov 1994 08:50:37 GMT", None),
        ("Sun, 06 Nov 1994 08:50:37 +9999999999", None),
    ],
)
def test_retry_after_is_parsed_as_seconds_or_date(value, seconds):
    assert parse_retry_after(value, wall=AT) == seconds


def headers(**lines):
    return Headers.from_lines((name.replace("_", "-").encode(), value.encode()) for name, value in lines.items())


@pytest.mark.parametrize("shift", [0.0, 3 * 86_400.0, -86_400.0])
def test_date_is_relative_to_the_date_of_the_response(shift):
    later, now = "Sun, 06 Nov 1994 08:49:44 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"
    assert get_retry_after(headers(retry_after=later, date=now), wall=AT + shift) == 7.0
    assert get_retry_after(headers(retry_after="7", date=now), wall=AT + shift) == 7.0


@pytest.mark.parametrize("date", ["", "now", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 +9999999999"])
def test_invalid_date_of_the_response_falls_back_to_the_wall_clock(date):
    later = "Sun, 06 Nov 1994 08:49:44 GMT"
    assert get_retry_after(headers(retry_after=later, date=date), wall=AT) == 7.0
    assert get_retry_after(headers(date=date), wall=AT) is None


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change the time zone of a process")
@pytest.mark.parametrize("zone", ["UTC", "Africa/Lagos", "America/New_York"])
@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:50:37 GMT",
        "Sunday, 06-Nov-94 08:50:37 GMT",
        "Sun Nov  6 08:50:37 1994",
        "Sun, 06 Nov 1994 08:50:37 -0000",
        "Sun, 06 Nov 1994 08:50:37",
    ],
)
def test_all_forms_of_http_dates_are_utc_in_any_time_zone(date, zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert parse_retry_after(date, wall=AT) == 60.0
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.text() | st.text("0123456789.,:+- GMTSunNov", max_size=40) | st.datetimes().map(format_datetime))
@example("Mon, 01 Jan 0001 00:00:00 GMT")
@example("Fri, 31 Dec 9999 23:59:59 GMT")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("1 Jan -1 00:00")
@example("0 0 0 0:0 0")
def test_any_retry_after_is_parsed_or_ignored(value):
    seconds = parse_retry_after(value, wall=AT)
    assert seconds is None or (seconds >= 0.0 and math.isfinite(seconds))


def test_budget_is_full_at_first_and_denies_when_empty():
    budget = RetryBudget(capacity=3, ratio=0.1)
    assert [budget.withdraw() for _ in range(5)] == [True, True, True, False, False]


def test_calls_add_up_to_a_retry():
    budget = RetryBudget(capacity=1, ratio=0.125)
    assert budget.withdraw()
    for _ in range(7):
        budget.deposit()
    assert not budget.withdraw()
    budget.deposit()
    assert budget.withdraw()


def test_budget_never_exceeds_its_capacity():
    budget = RetryBudget(capacity=2, ratio=0.5)
    for _ in range(100):
        budget.deposit()
    assert [budget.withdraw() for _ in range(3)] == [True, True, False]


def test_refund_never_exceeds_the_capacity():
    budget = RetryBudget(capacity=2, ratio=0.5)
    assert budget.withdraw()
    budget.refund(3)
    assert [budget.withdraw() for _ in range(3)] == [True, True, False]


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("ratio", [0.0, 0.1, 0.25])
async def test_outage_gets_one_request_per_call_plus_the_ratio(ratio, pipeline_over, invocation):
    calls, capacity = 2_000, 20
    policy = RetryPolicy(retries=3, budget=capacity, budget_ratio=ratio)
    pipeline, transport = pipeline_over(response(503), retry=policy)
    for _ in range(calls):
        with pytest.raises(Exception, match="503"):
            await pipeline.execute(invocation(retry=policy))
    retries = len(transport.requests) - calls
    assert retries <= capacity + calls * ratio
    assert retries >= capacity + calls * ratio - 10


@pytest.mark.anyio
async def test_successful_calls_fill_the_budget(pipeline_over, invocation):
    policy = RetryPolicy(retries=1, budget=1, budget_ratio=0.5)
    outcomes = [response(503), response(200), response(503), response(200), response(200), response(503), response(200)]
    pipeline, transport = pipeline_over(*outcomes, retry=policy)
    await pipeline.execute(invocation(retry=policy))  # uses the only retry
    with pytest.raises(Exception, match="503"):
        await pipeline.execute(invocation(retry=policy))
    await pipeline.execute(invocation(retry=policy))
    await pipeline.execute(invocation(retry=policy))
    await pipeline.execute(invocation(retry=policy))
    assert len(transport.requests) == 7


LOST = ResponseLostError("connection reset")


@pytest.mark.anyio
async def test_retries_after_lost_responses_are_refunded_when_the_call_succeeds(pipeline_over, invocation):
    policy = RetryPolicy(retries=2, budget=2, budget_ratio=0)
    pipeline, transport = pipeline_over(*[LOST, LOST, response(200)] * 10, retry=policy)
    for _ in range(10):
        await pipeline.execute(invocation(retry=policy))
    assert len(transport.requests) == 30


@pytest.mark.anyio
async def test_retries_after_lost_responses_are_not_refunded_while_no_call_succeeds(pipeline_over, invocation):
    calls, policy = 200, RetryPolicy(retries=3, budget=20, budget_ratio=0.1)
    pipeline, transport = pipeline_over(LOST, retry=policy)
    for _ in range(calls):
        with pytest.raises(TransportError):
            await pipeline.execute(invocation(retry=policy))
    assert len(transport.requests) <= calls * 1.1 + 20


@pytest.mark.anyio
async def test_retries_after_responses_are_not_refunded(pipeline_over, invocation):
    policy = RetryPolicy(retries=1, budget=1, budget_ratio=0)
    pipeline, _ = pipeline_over(response(503), response(200), response(503), retry=policy)
    await pipeline.execute(invocation(retry=policy))
    with pytest.raises(InternalServerError):
        await pipeline.execute(invocation(retry=policy))


@pytest.mark.anyio
async def test_attempts_that_were_not_sent_do_not_change_the_budget(pipeline_over, invocation):
    policy = RetryPolicy(retries=1, budget=1, budget_ratio=0)
    not_sent = RequestNotSentError("connection refused")
    pipeline, _ = pipeline_over(not_sent, response(200), LOST, response(200), LOST, response(503), LOST, retry=policy)
    await pipeline.execute(invocation(retry=policy))
    await pipeline.execute(invocation(retry=policy))
    with pytest.raises(InternalServerError):
        await pipeline.execute(invocation(retry=policy))
    with pytest.raises(TransportError, match="the retry budget is empty"):
        await pipeline.execute(invocation(retry=policy))
