"""Forms of the hosted checkout and the dashboard, as browsers send them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from ..billing.charges import RAILS
from ..errors import ApiError
from ..recovery.failure_codes import FailureCategory, find_category

__all__ = ["check_email", "check_rail", "find_failure", "read_form"]

MAX_FIELDS: Final = 30
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


async def read_form(request: Request) -> dict[str, str]:
    """Read the fields of a form.

    Args:
        request: Request with a form in its body.

    Raises:
        ApiError: The body is not a form (400).
    """
    try:
        return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise ApiError(400, "The form cannot be read.") from None


def check_rail(form: Mapping[str, str]) -> str:
    """Return the rail that the customer selected.

    Raises:
        ApiError: A rail is not selected (422).
    """
    rail = form.get("rail", "")
    if rail not in RAILS:
        raise ApiError(422, "Select a payment method.")
    return rail


def check_email(form: Mapping[str, str]) -> str | None:
    """Return the e-mail address that the customer entered, or ``None`` if the form does not have the field.

    Raises:
        ApiError: The address is not an e-mail address (422).
    """
    email = form.get("email")
    if email is None:
        return None
    if not _EMAIL.fullmatch(email.strip()):
        raise ApiError(422, "Enter an e-mail address, such as ada@example.com.")
    return email.strip()


def find_failure(form: Mapping[str, str]) -> FailureCategory | None:
    """Return the category of the failure that a tester selected, or ``None`` for an ordinary payment."""
    if form.get("action") != "fail":
        return None
    return find_category(form.get("failure", "")) or "do_not_honor"
