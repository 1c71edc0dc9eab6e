"""Forms of a customer's card, which the pages of customers and subscriptions share."""

from __future__ import annotations

from typing import Final

from ..backend import Backend
from ..recovery.card_commands import parse_command
from ..recovery.failure_codes import CATEGORIES, describe_category
from .page import Visit

__all__ = ["CATEGORY_OPTIONS", "decline_charge", "replace_card"]

# Values and labels of the selection of a failure.
CATEGORY_OPTIONS: Final = tuple((category, describe_category(category)) for category in CATEGORIES)


def decline_charge(backend: Backend, customer_id: str, visit: Visit) -> str:
    """Decline the next charge of a customer, and return the notice.

    Args:
        backend: Backend of the customer.
        customer_id: Id of the customer.
        visit: Form with the field ``category``.

    Raises:
        ApiError: The customer does not exist (404), or the category is unknown (422).
    """
    _, command = parse_command({"customerId": customer_id, "decline": visit.form.get("category", "")})
    backend.cards.apply(command)
    return "The next charge by card will be declined."


def replace_card(backend: Backend, customer_id: str) -> str:
    """Replace the card of a customer, and return the notice.

    Args:
        backend: Backend of the customer.
        customer_id: Id of the customer.

    Raises:
        ApiError: The customer does not exist (404).
    """
    _, command = parse_command({"customerId": customer_id, "replace": True})
    backend.cards.apply(command)
    return "The card was replaced, and the invoices that waited for it were charged."
