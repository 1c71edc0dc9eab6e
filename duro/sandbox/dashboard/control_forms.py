"""Forms of the dashboard that send control commands: their fields as the members of a JSON body.

The functions here only convert text. The control routes validate the members.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from ...errors import redact
from ..errors import ApiError
from ..faults.fault import MATCH
from ..recovery.failure_codes import CATEGORIES
from ..validation import invalid_field

__all__ = ["read_card_command", "read_fault"]

DEFAULT_STATUS: Final = 503
_NUMBERS: Final = ("status", "retryAfter", "seconds", "pause", "probability")

Form = Mapping[str, str]


def read_fault(form: Form) -> dict[str, object]:
    """Return the body of ``POST /_sandbox/faults``. Empty fields are left out, except ``times``, which is null.

    An empty status is 503. A field with a value would not fit the other kinds, and scripts that hide it may be off.

    Args:
        form: Fields of the form.
    """
    body: dict[str, object] = {"kind": form.get("kind", ""), "times": _parse_number(form.get("times", ""))}
    body |= {name: _parse_number(text) for name in _NUMBERS if (text := form.get(name, "").strip())}
    if body["kind"] == "status":
        body = {"status": DEFAULT_STATUS, **body}
    if commit := form.get("commit"):
        body["commit"] = commit == "true"
    return body | {"match": {name: text for name in MATCH if (text := form.get(name, "").strip())}}


def read_card_command(form: Form) -> dict[str, object]:
    """Return the body of ``POST /_sandbox/cards``. The field ``command`` selects its members.

    Args:
        form: Fields of the form.

    Raises:
        ApiError: The command is unknown, or a percentage is not a number from 0 to 100 (422).
    """
    subject = form.get("customerId", "").strip()
    match form.get("command"):
        case "decline":
            times, rail = _parse_number(form.get("times", "")), form.get("rail") or None
            return {"customerId": subject, "decline": form.get("decline", ""), "times": times, "rail": rail}
        case "outcomes":
            return {"customerId": subject, "outcomes": form.get("outcomes", "").replace(",", " ").split()}
        case "profile":
            return _read_profile(form)
        case "replace":
            return {"customerId": subject, "replace": True}
        case _:
            raise ApiError(422, "The command is unknown. Use a form of this page.")


def _read_profile(form: Form) -> dict[str, object]:
    percentages = {category: text for category in CATEGORIES if (text := form.get(category, "").strip())}
    shares = {category: _parse_percentage(category, text) / 100 for category, text in percentages.items()}
    if sum(shares.values()) > 1:
        raise invalid_field("profile", "expected percentages with a sum of at most 100")
    return {"profile": shares, "seed": _parse_number(form.get("seed", ""))}


def _parse_percentage(field: str, text: str) -> float:
    number = _parse_number(text)
    if isinstance(number, int | float) and 0 <= number <= 100:
        return number
    raise invalid_field(field, f"expected percentage from 0 to 100, got {redact(text)[:50]}")


def _parse_number(text: str) -> object:
    """Return a number, ``None`` for an empty text, or another text as it is, for which the validation has a message."""
    text = text.strip()
    if not text:
        return None
    try:
        number: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return number if isinstance(number, int | float) and not isinstance(number, bool) else text
