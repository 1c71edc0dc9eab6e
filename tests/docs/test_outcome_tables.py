"""Tables of the pages about outcomes: each row is compared with the calls of a client."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from duro import AsyncDuro, RetryPolicy
from duro.errors import APIError, DuroError, InternalServerError, OutcomeUnknownError
from duro.http.request import Response
from duro.http.retry import Retry, decide
from duro.http.transport import RequestNotSentError
from tests.support.call_outcomes import LOST, NOT_SENT, api_error, response
from tests.support.scripted_outcomes import ScriptedOutcomes

DOCS = Path(__file__).parents[2] / "docs"
CUSTOMER = response(
    200, json.dumps({"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}).encode()
)
PAGE = b"<html><h1>A page</h1></html>"


def pages(*statuses):
    return [response(status, PAGE) for status in statuses]


def api_errors(*statuses):
    return [api_error(status) for status in statuses]


# First cells of a row, and responses that it describes.
ERRORS_TABLE = {
    ("the API", "2xx"): [CUSTOMER],
    ("the API", "4xx except 408, and 500, 503"): api_errors(400, 401, 403, 404, 409, 418, 422, 429, 500, 503),
    ("the API", "408"): api_errors(408),
    ("the API", "501, 502, 504 and other 5xx"): api_errors(501, 502, 504, 505, 520, 599),
    ("a gateway", "2xx with a page"): pages(200, 201),
    ("a gateway", "3xx, and 4xx except 407, 408"): pages(301, 307, 400, 401, 403, 404, 409, 413, 422, 429),
    ("a gateway", "407"): pages(407),
    ("a gateway", "408"): pages(408),
    ("a gateway", "5xx"): pages(500, 501, 502, 503, 504, 511, *range(520, 526)),
    ("none, and nothing was sent", ""): [NOT_SENT],
    ("none, and the request may have been sent", ""): [LOST],
}
# A transport of a test does not connect. The tests of the transports cover this row.
ROW_OF_THE_DEADLINE = ("none, and the deadline passed during the connection attempt", "")

ATTEMPTS_TABLE = {
    ("2xx from the API",): [CUSTOMER],
    ("400, 404, 422 from the API",): api_errors(400, 404, 422),
    ("401, 403, 409, 429, 500, 503 from the API",): api_errors(401, 403, 409, 429, 500, 503),
    ("408 and other 5xx from the API",): api_errors(408, 501, 502, 504, 520),
    ("2xx with a page of a gateway",): pages(200),
    ("5xx or 408 from a gateway",): pages(408, 500, 501, 502, 503, 504, 520, 525),
    ("407 from a proxy",): pages(407),
    ("any other 3xx or 4xx from a gateway",): pages(301, 400, 401, 403, 404, 409, 422, 429),
    ("none, and nothing was sent",): [NOT_SENT],
    ("none, and the request may have been sent",): [LOST],
}
RETRIES_TABLE = {
    ("the connection failed, and nothing was sent",): [NOT_SENT],
    ("a [certificate](clients.md#tls) is missing or not accepted, or the proxy refused the connection with a 4xx",): [
        RequestNotSentError("the certificate has expired", is_permanent=True),
        *pages(407),
    ],
    ("the request may have been sent, without a response",): [LOST],
    ("408, 429, 502, 503, 504, from the API or a gateway",): [
        *pages(408, 429, 502, 503, 504),
        *api_errors(408, 429, 502, 503, 504),
    ],
    ("500, 520 to 524, from the API or a gateway",): [*pages(500, *range(520, 525)), *api_errors(500, 520)],
    ("any other 4xx or 5xx",): [*pages(400, 404, 409, 413, 501, 505, 511, 525), *api_errors(400, 403, 404, 409, 422)],
}


def read_table(page, heading, keys):
    """Return the rows of a table: the other cells by the first ones."""
    text = (DOCS / page).read_text(encoding="utf-8")
    lines = re.search(rf"^\| {re.escape(heading)} \|.*\n\| --- .*\n((?:\|.*\n)+)", text, re.MULTILINE)[1].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {tuple(row[:keys]): row[keys:] for row in rows}


def read_errors_table():
    return read_table("errors.md", "response from", keys=2)


def read_attempts_table():
    return read_table("outcome-unknown.md", "response to an attempt of a write", keys=1)


def read_retries_table():
    return read_table("errors.md", "outcome of an attempt", keys=1)


def describe(outcome):
    if not isinstance(outcome, Response):
        return "none"
    return f"{'page' if outcome.body == PAGE else 'API'} {outcome.status}"


def list_cases(table):
    return [
        pytest.param(row, outcome, id=f"{' '.join(row).strip()}: {describe(outcome)}")
        for row, outcomes in table.items()
        for outcome in outcomes
    ]


async def find_error(operation, *outcomes):
    """Make a call, and return the class of its error, or ``None``."""
    retries = RetryPolicy(retries=len(outcomes) - 1, base_delay=0)
    transport = ScriptedOutcomes(*outcomes)
    async with AsyncDuro("sk_test_1", transport=transport, retries=retries) as client:
        try:
            await (client.customers.create(name="Ada") if operation == "write" else client.customers.retrieve("cus_1"))
        except DuroError as error:
            return type(error)
    return None


def is_described(kind, cell, outcome):
    """Return whether a cell describes the result of a call, ``None``, or the class of its error."""
    if cell == "the class of the status":
        status = outcome.status
        return kind is (InternalServerError if status >= 500 else APIError.by_status.get(status, APIError))
    return cell == (f"`{kind.__name__}`" if kind else "the result")


def test_tables_have_no_other_rows():
    assert set(read_errors_table()) == {*ERRORS_TABLE, ROW_OF_THE_DEADLINE}
    assert set(read_attempts_table()) == set(ATTEMPTS_TABLE)
    assert set(read_retries_table()) == set(RETRIES_TABLE)


@pytest.mark.asyncio
@pytest.mark.parametrize(("row", "outcome"), list_cases(ERRORS_TABLE))
async def test_call_ends_as_the_table_of_senders_says(row, outcome):
    for operation, cell in zip(("write", "read"), read_errors_table()[row], strict=True):
        assert is_described(await find_error(operation, outcome), cell, outcome), operation


@pytest.mark.asyncio
@pytest.mark.parametrize(("row", "outcome"), list_cases(ATTEMPTS_TABLE))
async def test_attempts_are_settled_as_the_table_says(row, outcome):
    this, earlier = read_attempts_table()[row]
    alone = await find_error("write", outcome)
    assert (alone is OutcomeUnknownError) == (this == "unknown")
    assert (alone is None) == (this == "processed")
    after_a_lost_one = await find_error("write", LOST, outcome)
    assert (after_a_lost_one is OutcomeUnknownError) == (earlier == "still unknown")
    assert earlier == "still unknown" or earlier.startswith("settled, ")


@pytest.mark.parametrize(("row", "outcome"), list_cases(RETRIES_TABLE))
def test_outcomes_are_retried_as_the_table_says(row, outcome):
    (cell,) = read_retries_table()[row]

    def is_retried(*, is_idempotent):
        decision = decide(
            outcome,
            is_idempotent=is_idempotent,
            attempt=1,
            time_left=60,
            policy=RetryPolicy(),
            wall=0,
            uniform=lambda low, high: low,
        )
        return isinstance(decision, Retry)

    assert is_retried(is_idempotent=True) == (cell != "no")
    assert is_retried(is_idempotent=False) == (cell == "yes")
    assert cell in {"yes", "no"} or cell.startswith("reads, and writes with a key")
