"""Webhooks: verify deliveries, read typed events, drop repeats, in any web framework.

Names are loaded at first use. ``duro.webhooks.adapters`` contains the views and endpoints for web frameworks.

Example:
    >>> from duro.webhooks import Webhook
    >>> Webhook("whsec_example")
    <Webhook with 1 secret, tolerance 300 s>
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..api.models.event_data import EventData, EventType
    from ..api.models.events import (
        CheckoutCompleted,
        Event,
        InvoiceCreated,
        SubscriptionActivated,
        SubscriptionCancelled,
        SubscriptionCreated,
        SubscriptionExpired,
        SubscriptionPastDue,
        SubscriptionPaused,
        SubscriptionPaymentActionRequired,
        SubscriptionPaymentFailed,
        SubscriptionPaymentRecovered,
        SubscriptionPaymentRefunded,
        SubscriptionPaymentSuccess,
        SubscriptionPlanChanged,
        SubscriptionRecovered,
        SubscriptionResumed,
        SubscriptionUnpaid,
        SubscriptionUpdated,
        UnknownEvent,
    )
    from ..errors import (
        PayloadError,
        SignatureMismatchError,
        SignatureMissingError,
        TimestampError,
        WebhookError,
    )
    from .inbox.base import Inbox
    from .inbox.blocking import BlockingInbox
    from .inbox.claims import Claim, ClaimStatus
    from .inbox.memory import MemoryInbox
    from .inbox.redis import RedisInbox
    from .inbox.sqlite import SQLiteInbox
    from .router import Router
    from .webhook import Webhook

__all__ = [
    "BlockingInbox",
    "CheckoutCompleted",
    "Claim",
    "ClaimStatus",
    "Event",
    "EventData",
    "EventType",
    "Inbox",
    "InvoiceCreated",
    "MemoryInbox",
    "PayloadError",
    "RedisInbox",
    "Router",
    "SQLiteInbox",
    "SignatureMismatchError",
    "SignatureMissingError",
    "SubscriptionActivated",
    "SubscriptionCancelled",
    "SubscriptionCreated",
    "SubscriptionExpired",
    "SubscriptionPastDue",
    "SubscriptionPaused",
    "SubscriptionPaymentActionRequired",
    "SubscriptionPaymentFailed",
    "SubscriptionPaymentRecovered",
    "SubscriptionPaymentRefunded",
    "SubscriptionPaymentSuccess",
    "SubscriptionPlanChanged",
    "SubscriptionRecovered",
    "SubscriptionResumed",
    "SubscriptionUnpaid",
    "SubscriptionUpdated",
    "TimestampError",
    "UnknownEvent",
    "Webhook",
    "WebhookError",
]

_NAMES = {
    ".inbox.base": ("Inbox",),
    ".inbox.blocking": ("BlockingInbox",),
    ".inbox.claims": ("Claim", "ClaimStatus"),
    ".inbox.memory": ("MemoryInbox",),
    ".inbox.redis": ("RedisInbox",),
    ".inbox.sqlite": ("SQLiteInbox",),
    ".router": ("Router",),
    ".webhook": ("Webhook",),
    "..api.models.event_data": ("EventData", "EventType"),
    "..errors": ("PayloadError", "SignatureMismatchError", "SignatureMissingError", "TimestampError", "WebhookError"),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # All other names are event classes.
    value = getattr(import_module(_MODULE_OF.get(name, "..api.models.events"), __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
