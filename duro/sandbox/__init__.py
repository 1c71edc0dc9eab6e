"""Local Duro server for tests and experiments.

Names load at first use, so that importing one part of the sandbox does not
import the web server.

Example:
    >>> from duro.sandbox import Sandbox
    >>> with Sandbox() as sandbox:
    ...     sandbox.url.startswith("http://127.0.0.1:")
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

# Not lazy: the module has the name of the function, and importing it later would replace the one by the other.
from .serve import serve

if TYPE_CHECKING:
    from .asynchronous import AsyncSandbox
    from .auth.otp import OneTimeCode
    from .backend import Stats
    from .billing.due_items import DueItem
    from .billing.ledger import Charge, Refund
    from .billing.scheduler import AdvanceResult
    from .billing.subscription_records import InvoiceRecord, SubscriptionRecord
    from .checkout.controls import CheckoutControls
    from .checkout.customer import CheckoutResult, HostedCheckout, Transfers
    from .deliveries.delivery import Delivery
    from .deliveries.delivery_log import Deliveries
    from .deliveries.endpoints import Endpoint, Endpoints
    from .events import EventEntry
    from .faults.fault import Fault
    from .faults.kinds import FaultKind
    from .faults.rules import Faults
    from .fixtures.ids import FixtureIds
    from .invariants.errors import StrictError, Violation
    from .modes.live_mode import LiveMode
    from .portal.links import PortalLink
    from .recovery.card_controls import Cards
    from .recovery.decisions import Decision, RecoveryAction
    from .recovery.failure_codes import FailureCategory
    from .request_log import RequestEntry
    from .sandbox import Sandbox
    from .traces.trace import Trace

__all__ = [
    "AdvanceResult",
    "AsyncSandbox",
    "Cards",
    "Charge",
    "CheckoutControls",
    "CheckoutResult",
    "Decision",
    "Deliveries",
    "Delivery",
    "DueItem",
    "Endpoint",
    "Endpoints",
    "EventEntry",
    "FailureCategory",
    "Fault",
    "FaultKind",
    "Faults",
    "FixtureIds",
    "HostedCheckout",
    "InvoiceRecord",
    "LiveMode",
    "OneTimeCode",
    "PortalLink",
    "RecoveryAction",
    "Refund",
    "RequestEntry",
    "Sandbox",
    "Stats",
    "StrictError",
    "SubscriptionRecord",
    "Trace",
    "Transfers",
    "Violation",
    "serve",
]

_MODULES: Final = {
    "AdvanceResult": "billing.scheduler",
    "AsyncSandbox": "asynchronous",
    "Cards": "recovery.card_controls",
    "Charge": "billing.ledger",
    "CheckoutControls": "checkout.controls",
    "CheckoutResult": "checkout.customer",
    "Decision": "recovery.decisions",
    "Deliveries": "deliveries.delivery_log",
    "Delivery": "deliveries.delivery",
    "DueItem": "billing.due_items",
    "Endpoint": "deliveries.endpoints",
    "Endpoints": "deliveries.endpoints",
    "EventEntry": "events",
    "FailureCategory": "recovery.failure_codes",
    "Fault": "faults.fault",
    "FaultKind": "faults.kinds",
    "Faults": "faults.rules",
    "FixtureIds": "fixtures.ids",
    "HostedCheckout": "checkout.customer",
    "InvoiceRecord": "billing.subscription_records",
    "LiveMode": "modes.live_mode",
    "OneTimeCode": "auth.otp",
    "PortalLink": "portal.links",
    "RecoveryAction": "recovery.decisions",
    "Refund": "billing.ledger",
    "RequestEntry": "request_log",
    "Sandbox": "sandbox",
    "Stats": "backend",
    "StrictError": "invariants.errors",
    "SubscriptionRecord": "billing.subscription_records",
    "Trace": "traces.trace",
    "Transfers": "checkout.customer",
    "Violation": "invariants.errors",
}
_EXTRA_PACKAGES: Final = frozenset({"h11", "jinja2", "starlette", "uvicorn"})


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f".{_MODULES[name]}", __name__)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA_PACKAGES:
            raise
        from ..errors import ConfigurationError

        raise ConfigurationError(
            f"the sandbox needs the package {package!r}; install it with: pip install 'duro-sdk[sandbox]'"
        ) from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
