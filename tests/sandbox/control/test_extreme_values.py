"""Values that no sandbox can use: each public method reports them with its documented error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from duro.errors import ConfigurationError, InvalidArgumentError
from duro.sandbox import Sandbox

SURROGATE = "\ud800"
BEFORE_YEAR_1 = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
AFTER_YEAR_9999 = datetime.max.replace(tzinfo=timezone(timedelta(hours=-12)))
NOT_TEXTS = (True, 10**30, float("nan"), b"x", [], datetime(2026, 1, 1, tzinfo=UTC))
METHODS = {
    "assert_charged_once": lambda sandbox, value: sandbox.assert_charged_once(value),
    "subscription": lambda sandbox, value: sandbox.subscription(value),
    "invoices_of": lambda sandbox, value: sandbox.invoices_of(value),
    "events_of": lambda sandbox, value: sandbox.events_of(value),
    "trace": lambda sandbox, value: sandbox.trace(value),
    "revoke_tokens": lambda sandbox, value: sandbox.revoke_tokens(value),
    "decline": lambda sandbox, value: sandbox.cards.decline(value, "51"),
    "script": lambda sandbox, value: sandbox.cards.script(value, ["ok"]),
    "replace": lambda sandbox, value: sandbox.cards.replace(value),
    "checkout": lambda sandbox, value: sandbox.checkout(value).status,
    "settle": lambda sandbox, value: sandbox.transfers.settle(value),
    "portal_link": lambda sandbox, value: sandbox.portal_link(value),
    "enter_promo_code": lambda sandbox, value: sandbox.checkout("cs_test_1").enter_promo_code(value),
    "fail": lambda sandbox, value: sandbox.checkout("cs_test_1").fail(value),
}


@pytest.fixture(scope="module")
def extreme() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.mark.parametrize("method", METHODS)
def test_id_that_is_not_a_text_of_unicode_is_an_invalid_argument(extreme: Sandbox, method: str) -> None:
    for value in (SURROGATE, *NOT_TEXTS):
        with pytest.raises(InvalidArgumentError):
            METHODS[method](extreme, value)


@pytest.mark.parametrize("moment", [BEFORE_YEAR_1, AFTER_YEAR_9999])
def test_period_outside_of_the_years_in_utc_is_an_invalid_argument(extreme: Sandbox, moment: datetime) -> None:
    with pytest.raises(InvalidArgumentError, match="period_start must be between the years 1 and 9999 in UTC"):
        extreme.assert_charged_once("cus_1", moment)


@pytest.mark.parametrize("limit", [10**30, -(10**30), None, "1", True, float("nan")])
def test_number_of_attempts_that_the_database_cannot_hold_is_an_invalid_argument(extreme: Sandbox, limit: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="limit must be an integer"):
        extreme.deliveries.entries(limit)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": BEFORE_YEAR_1}, "start must not be before the year 1 in UTC"),
        ({"token_lifetime": "1"}, "token_lifetime must be positive and finite, got str"),
        ({"token_lifetime": True}, "token_lifetime must be positive and finite"),
        ({"port": "80"}, "port must be from 0 to 65535, got str"),
        ({"port": True}, "port must be from 0 to 65535"),
        ({"host": None}, "host must be a string, got None"),
        ({"allowed_hosts": None}, "allowed_hosts must be a list of host names, got None"),
    ],
)
def test_setting_of_another_type_is_a_configuration_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Sandbox(**arguments)
