"""The Duro API for Python: subscription billing that wins back failed payments.

``AsyncDuro`` is awaited, ``Duro`` blocks; both speak through the same core.
Names are loaded when they are used, so that importing ``duro`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._secrets import Secret
    from ._unset import UNSET, Unset
    from ._version import __version__ as __version__
    from .api.codec.open_enum import OpenEnum
    from .api.models.analytics import RecoverySummary
    from .api.models.checkout import CheckoutKind, CheckoutSession, CheckoutStatus
    from .api.models.customer_checkout import CheckoutPage, CheckoutPayment, CheckoutProgress
    from .api.models.customer_identity import Identity, IdentityVerification, OtpDelivery, SavedMethod
    from .api.models.customer_portal import (
        PortalAccess,
        PortalAccount,
        PortalCard,
        PortalCodeDelivery,
        PortalMerchantGroup,
        PortalPlan,
        PortalSubscription,
        PortalSubscriptionAction,
        PortalTopUp,
        PortalVirtualAccount,
        PortalWallet,
        PortalWalletTransaction,
        WalletStatus,
    )
    from .api.models.customers import Customer
    from .api.models.event_data import EventData, EventType
    from .api.models.events import Event, EventPayload, UnknownEvent
    from .api.models.invoices import Invoice, InvoiceDetail, InvoiceRefundResult, InvoiceStatus
    from .api.models.payment_links import PaymentLink
    from .api.models.plans import Interval, Plan
    from .api.models.promo_codes import DiscountDuration, DiscountType, PromoCode
    from .api.models.settings import DunningEscalation, RecoverySettings
    from .api.models.subscriptions import PlanChangeResult, Proration, ProrationKind, Subscription, SubscriptionStatus
    from .api.models.transactions import Rail, Transaction, TransactionStatus
    from .api.options import CallOptions, ClientOptions
    from .api.pages import AsyncPages, Page
    from .auth.credentials import (
        ClientCredentials,
        Credential,
        IdentityToken,
        PortalSession,
        SecretKey,
        SupportsCredential,
    )
    from .auth.token import Token
    from .blocking.client import Duro
    from .blocking.pages import Pages
    from .client import AsyncDuro
    from .config import RetryPolicy
    from .errors import (
        APIError,
        AuthenticationError,
        BadRequestError,
        ClientClosedError,
        ConfigurationError,
        ConflictError,
        ConnectionFailedError,
        DeadlineExceededError,
        DecodingError,
        DuroError,
        ErrorDetail,
        InternalServerError,
        InvalidArgumentError,
        NotFoundError,
        OutcomeUnknownError,
        PayloadError,
        PermissionDeniedError,
        RateLimitError,
        SignatureMismatchError,
        SignatureMissingError,
        TimestampError,
        TokenExchangeError,
        TransportError,
        ValidationError,
        WebhookError,
    )
    from .http.observe import Call, capture
    from .http.request import Request, Response
    from .http.transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError, Transport

__all__ = [
    "UNSET",
    "APIError",
    "AsyncDuro",
    "AsyncPages",
    "AuthenticationError",
    "BadRequestError",
    "Call",
    "CallOptions",
    "CheckoutKind",
    "CheckoutPage",
    "CheckoutPayment",
    "CheckoutProgress",
    "CheckoutSession",
    "CheckoutStatus",
    "ClientClosedError",
    "ClientCredentials",
    "ClientOptions",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "Credential",
    "Customer",
    "DeadlineExceededError",
    "DecodingError",
    "DiscountDuration",
    "DiscountType",
    "DunningEscalation",
    "Duro",
    "DuroError",
    "ErrorDetail",
    "Event",
    "EventData",
    "EventPayload",
    "EventType",
    "Identity",
    "IdentityToken",
    "IdentityVerification",
    "InternalServerError",
    "Interval",
    "InvalidArgumentError",
    "Invoice",
    "InvoiceDetail",
    "InvoiceRefundResult",
    "InvoiceStatus",
    "NotFoundError",
    "OpenEnum",
    "OtpDelivery",
    "OutcomeUnknownError",
    "Page",
    "Pages",
    "PayloadError",
    "PaymentLink",
    "PermissionDeniedError",
    "Plan",
    "PlanChangeResult",
    "PortalAccess",
    "PortalAccount",
    "PortalCard",
    "PortalCodeDelivery",
    "PortalMerchantGroup",
    "PortalPlan",
    "PortalSession",
    "PortalSubscription",
    "PortalSubscriptionAction",
    "PortalTopUp",
    "PortalVirtualAccount",
    "PortalWallet",
    "PortalWalletTransaction",
    "PromoCode",
    "Proration",
    "ProrationKind",
    "Rail",
    "RateLimitError",
    "RecoverySettings",
    "RecoverySummary",
    "Request",
    "RequestNotSentError",
    "Response",
    "ResponseLostError",
    "ResponseTooLargeError",
    "RetryPolicy",
    "SavedMethod",
    "Secret",
    "SecretKey",
    "SignatureMismatchError",
    "SignatureMissingError",
    "Subscription",
    "SubscriptionStatus",
    "SupportsCredential",
    "TimestampError",
    "Token",
    "TokenExchangeError",
    "Transaction",
    "TransactionStatus",
    "Transport",
    "TransportError",
    "UnknownEvent",
    "Unset",
    "ValidationError",
    "WalletStatus",
    "WebhookError",
    "capture",
]

_ROOMS = {
    "_version": ("__version__",),
    "_unset": ("UNSET", "Unset"),
    "_secrets": ("Secret",),
    "api.models.customers": ("Customer",),
    "api.models.settings": ("DunningEscalation", "RecoverySettings"),
    "api.models.promo_codes": ("DiscountDuration", "DiscountType", "PromoCode"),
    "api.models.payment_links": ("PaymentLink",),
    "api.models.invoices": ("Invoice", "InvoiceDetail", "InvoiceRefundResult", "InvoiceStatus"),
    "api.models.event_data": ("EventData", "EventType"),
    "api.models.events": ("Event", "EventPayload", "UnknownEvent"),
    "api.models.customer_portal": (
        "PortalAccess",
        "PortalAccount",
        "PortalCard",
        "PortalCodeDelivery",
        "PortalMerchantGroup",
        "PortalPlan",
        "PortalSubscription",
        "PortalSubscriptionAction",
        "PortalTopUp",
        "PortalVirtualAccount",
        "PortalWallet",
        "PortalWalletTransaction",
        "WalletStatus",
    ),
    "api.models.customer_identity": ("Identity", "IdentityVerification", "OtpDelivery", "SavedMethod"),
    "api.models.customer_checkout": ("CheckoutPage", "CheckoutPayment", "CheckoutProgress"),
    "api.models.checkout": ("CheckoutKind", "CheckoutSession", "CheckoutStatus"),
    "api.models.analytics": ("RecoverySummary",),
    "api.models.plans": ("Interval", "Plan"),
    "api.models.subscriptions": (
        "PlanChangeResult",
        "Proration",
        "ProrationKind",
        "Subscription",
        "SubscriptionStatus",
    ),
    "api.models.transactions": ("Rail", "Transaction", "TransactionStatus"),
    "api.codec.open_enum": ("OpenEnum",),
    "api.options": ("CallOptions", "ClientOptions"),
    "api.pages": ("AsyncPages", "Page"),
    "auth.credentials": (
        "ClientCredentials",
        "Credential",
        "SupportsCredential",
        "IdentityToken",
        "PortalSession",
        "SecretKey",
    ),
    "auth.token": ("Token",),
    "blocking.client": ("Duro",),
    "blocking.pages": ("Pages",),
    "client": ("AsyncDuro",),
    "config": ("RetryPolicy",),
    "http.observe": ("Call", "capture"),
    "http.request": ("Response", "Request"),
    "http.transport": ("RequestNotSentError", "ResponseLostError", "ResponseTooLargeError", "Transport"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__ and name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Every name without a room of its own is an error.
    value = getattr(import_module(f".{_HOME.get(name, 'errors')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
