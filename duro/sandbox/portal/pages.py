"""Pages of the customer portal: the data that each one shows, and its rendering with Jinja2."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from ..auth.credentials import MERCHANT_NAME
from ..checkout import pages as checkout_pages
from ..checkout.money import format_amount, format_date, format_interval
from .links import PORTAL_PATH
from .steps import PortalVisitor

__all__ = ["render_account", "render_sign_in"]

_LAYOUT: Final = Path(checkout_pages.__file__).parent / "templates"
_TEMPLATES: Final = Environment(
    loader=ChoiceLoader([FileSystemLoader(Path(__file__).parent / "templates"), FileSystemLoader(_LAYOUT)]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_STATUS_NAMES: Final[Mapping[str, str]] = {
    "trialing": "Free trial",
    "active": "Active",
    "past_due": "Payment failed",
    "unpaid": "Payment failed",
    "paused": "Paused",
    "canceled": "Canceled",
    "expired": "Ended",
}


def _format_day(at: str) -> str:
    return format_date(datetime.fromisoformat(at))


def _name_status(status: str) -> str:
    return _STATUS_NAMES[status]


_FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "amount": format_amount,
    "day": _format_day,
    "interval": format_interval,
    "status": _name_status,
}
cast("dict[str, object]", _TEMPLATES.filters).update(_FILTERS)

# At import: reading a file while a request waits would block the event loop.
_SIGN_IN: Final = _TEMPLATES.get_template("sign_in.html")
_ACCOUNT: Final = _TEMPLATES.get_template("account.html")


def render_sign_in(address: Mapping[str, str], *, email: str, is_sent: bool, alert: str = "") -> str:
    """Render the page of a visitor who is not signed in.

    Args:
        address: ``email``, or the ``token`` of a portal link, as the forms send it. It is empty without both.
        email: E-mail address to show.
        is_sent: Whether a code was sent, so that the page asks for it.
        alert: Error to show above the form.

    Returns:
        HTML with every text escaped.
    """
    return _SIGN_IN.render(
        merchant=MERCHANT_NAME, path=PORTAL_PATH, address=address, email=email, is_sent=is_sent, alert=alert
    )


def render_account(visitor: PortalVisitor, account: sqlite3.Row, *, alert: str = "") -> str:
    """Render the page of a signed-in customer.

    Args:
        visitor: Browser that is signed in.
        account: Account of the customer.
        alert: Error to show above the content.

    Returns:
        HTML with every text escaped.
    """
    subscriptions, cards, wallet = visitor.read()
    return _ACCOUNT.render(
        merchant=MERCHANT_NAME,
        path=PORTAL_PATH,
        account=account,
        merchants=subscriptions["merchants"],
        cards=cards["items"],
        wallet=wallet,
        alert=alert,
    )
