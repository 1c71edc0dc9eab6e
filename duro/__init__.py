"""Python SDK for Duro: subscription billing that recovers failed payments.

The two clients have the same resources, methods and arguments:

    import duro

    with duro.Duro("sk_test_…") as client:                # blocking
        plan = client.plans.create(name="Pro", amount=500_000, interval="month")

    async with duro.AsyncDuro("sk_test_…") as client:     # asyncio and trio
        plan = await client.plans.create(name="Pro", amount=500_000, interval="month")

Without arguments, a client reads DURO_SECRET_KEY, or DURO_CLIENT_ID and
DURO_CLIENT_SECRET.

    help(duro.Duro)             arguments of a client, its resources and methods
    help(duro.Duro.plans)       methods of a resource, with examples
    duro.errors                 exception classes; duro.DuroError is the base class
    duro.webhooks               verification, routing and deduplication of deliveries
    duro.sandbox                local Duro server for tests; needs duro-sdk[sandbox]

Names and modules are imported at their first use, so import duro is fast.

Documentation: https://duro-sdk.readthedocs.io
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors as errors
    from . import sandbox as sandbox
    from . import webhooks as webhooks

    # For type checkers. "A as A" marks a name as public; a test keeps these imports equal to the mapping below.
    from ._idempotency import derive_key as derive_key
    from ._secrets import Secret as Secret
    from ._unset import UNSET as UNSET
    from ._unset import Unset as Unset
    from ._version import __version__ as __version__
    from .api.codec.open_enum import OpenEnum as OpenEnum
    from .api.models.analytics import RecoverySummary as RecoverySummary
    from .api.models.checkout import CheckoutKind as CheckoutKind
    from .api.models.checkout import CheckoutSession as CheckoutSession
    from .api.models.checkout import CheckoutStatus as CheckoutStatus
    from .api.models.customer_checkout import CheckoutPage as CheckoutPage
    from .api.models.customer_checkout import CheckoutPayment as CheckoutPayment
    from .api.models.customer_checkout import CheckoutProgress as CheckoutProgress
    from .api.models.customer_identity import Identity as Identity
    from .api.models.customer_identity import IdentityVerification as IdentityVerification
    from .api.models.customer_identity import OtpDelivery as OtpDelivery
    from .api.models.customer_identity import SavedMethod as SavedMethod
    from .api.models.customer_portal import PortalAccess as PortalAccess
    from .api.models.customer_portal import PortalAccount as PortalAccount
    from .api.models.customer_portal import PortalCard as PortalCard
    from .api.models.customer_portal import PortalCodeDelivery as PortalCodeDelivery
    from .api.models.customer_portal import PortalMerchantGroup as PortalMerchantGroup
    from .api.models.customer_portal import PortalPlan as PortalPlan
    from .api.models.customer_portal import PortalSubscription as PortalSubscription
    from .api.models.customer_portal import PortalSubscriptionAction as PortalSubscriptionAction
    from .api.models.customer_portal import PortalTopUp as PortalTopUp
    from .api.models.customer_portal import PortalVirtualAccount as PortalVirtualAccount
    from .api.models.customer_portal import PortalWallet as PortalWallet
    from .api.models.customer_portal import PortalWalletTransaction as PortalWalletTransaction
    from .api.models.customer_portal import WalletStatus as WalletStatus
    from .api.models.customers import Customer as Customer
    from .api.models.event_data import EventData as EventData
    from .api.models.event_data import EventType as EventType
    from .api.models.events import Event as Event
    from .api.models.events import EventPayload as EventPayload
    from .api.models.events import UnknownEvent as UnknownEvent
    from .api.models.invoices import Invoice as Invoice
    from .api.models.invoices import InvoiceDetail as InvoiceDetail
    from .api.models.invoices import InvoiceRefundResult as InvoiceRefundResult
    from .api.models.invoices import InvoiceStatus as InvoiceStatus
    from .api.models.payment_links import PaymentLink as PaymentLink
    from .api.models.plans import Interval as Interval
    from .api.models.plans import Plan as Plan
    from .api.models.promo_codes import DiscountDuration as DiscountDuration
    from .api.models.promo_codes import DiscountType as DiscountType
    from .api.models.promo_codes import PromoCode as PromoCode
    from .api.models.settings import DunningEscalation as DunningEscalation
    from .api.models.settings import RecoverySettings as RecoverySettings
    from .api.models.subscriptions import PlanChangeResult as PlanChangeResult
    from .api.models.subscriptions import Proration as Proration
    from .api.models.subscriptions import ProrationKind as ProrationKind
    from .api.models.subscriptions import Subscription as Subscription
    from .api.models.subscriptions import SubscriptionStatus as SubscriptionStatus
    from .api.models.transactions import Rail as Rail
    from .api.models.transactions import Transaction as Transaction
    from .api.models.transactions import TransactionStatus as TransactionStatus
    from .api.options import CallOptions as CallOptions
    from .api.options import ClientOptions as ClientOptions
    from .api.page import Page as Page
    from .api.pages import AsyncPages as AsyncPages
    from .auth.credentials import ClientCredentials as ClientCredentials
    from .auth.credentials import Credential as Credential
    from .auth.credentials import IdentityToken as IdentityToken
    from .auth.credentials import PortalSession as PortalSession
    from .auth.credentials import SecretKey as SecretKey
    from .auth.credentials import SupportsCredential as SupportsCredential
    from .auth.stores.counters import TokenStoreCounters as TokenStoreCounters
    from .auth.stores.file import FileTokenStore as FileTokenStore
    from .auth.stores.memory import MemoryTokenStore as MemoryTokenStore
    from .auth.stores.protocol import StoredToken as StoredToken
    from .auth.stores.protocol import TokenStore as TokenStore
    from .auth.token import Token as Token
    from .blocking.client import Duro as Duro
    from .blocking.pages import Pages as Pages
    from .client import AsyncDuro as AsyncDuro
    from .config import RetryPolicy as RetryPolicy
    from .errors import RETRYABLE as RETRYABLE
    from .errors import APIError as APIError
    from .errors import AuthenticationError as AuthenticationError
    from .errors import BadRequestError as BadRequestError
    from .errors import CallError as CallError
    from .errors import ClientClosedError as ClientClosedError
    from .errors import ClientSecretError as ClientSecretError
    from .errors import ConfigurationError as ConfigurationError
    from .errors import ConflictError as ConflictError
    from .errors import ConnectionFailedError as ConnectionFailedError
    from .errors import CredentialsRejectedError as CredentialsRejectedError
    from .errors import DeadlineExceededError as DeadlineExceededError
    from .errors import DecodingError as DecodingError
    from .errors import DuroError as DuroError
    from .errors import ErrorDetail as ErrorDetail
    from .errors import FailedCall as FailedCall
    from .errors import InternalServerError as InternalServerError
    from .errors import InvalidArgumentError as InvalidArgumentError
    from .errors import NotFoundError as NotFoundError
    from .errors import OutcomeUnknownError as OutcomeUnknownError
    from .errors import PayloadError as PayloadError
    from .errors import PermissionDeniedError as PermissionDeniedError
    from .errors import RateLimitError as RateLimitError
    from .errors import RequestTimeoutError as RequestTimeoutError
    from .errors import SignatureMismatchError as SignatureMismatchError
    from .errors import SignatureMissingError as SignatureMissingError
    from .errors import TimestampError as TimestampError
    from .errors import TokenEndpointUnavailableError as TokenEndpointUnavailableError
    from .errors import TokenExchangeError as TokenExchangeError
    from .errors import TransportError as TransportError
    from .errors import ValidationError as ValidationError
    from .errors import WebhookError as WebhookError
    from .http.headers import Headers as Headers
    from .http.observe import Call as Call
    from .http.observe import capture as capture
    from .http.request import Request as Request
    from .http.request import Response as Response
    from .http.transport import RequestNotSentError as RequestNotSentError
    from .http.transport import ResponseLostError as ResponseLostError
    from .http.transport import ResponseTooLargeError as ResponseTooLargeError
    from .http.transport import Transport as Transport

# Module and its public names, for imports at first use.
_PUBLIC_NAMES = {
    "_idempotency": "derive_key",
    "_secrets": "Secret",
    "_unset": "UNSET Unset",
    "_version": "__version__",
    "api.codec.open_enum": "OpenEnum",
    "api.models.analytics": "RecoverySummary",
    "api.models.checkout": "CheckoutKind CheckoutSession CheckoutStatus",
    "api.models.customer_checkout": "CheckoutPage CheckoutPayment CheckoutProgress",
    "api.models.customer_identity": "Identity IdentityVerification OtpDelivery SavedMethod",
    "api.models.customer_portal": (
        "PortalAccess PortalAccount PortalCard PortalCodeDelivery PortalMerchantGroup PortalPlan PortalSubscription "
        "PortalSubscriptionAction PortalTopUp PortalVirtualAccount PortalWallet PortalWalletTransaction WalletStatus"
    ),
    "api.models.customers": "Customer",
    "api.models.event_data": "EventData EventType",
    "api.models.events": "Event EventPayload UnknownEvent",
    "api.models.invoices": "Invoice InvoiceDetail InvoiceRefundResult InvoiceStatus",
    "api.models.payment_links": "PaymentLink",
    "api.models.plans": "Interval Plan",
    "api.models.promo_codes": "DiscountDuration DiscountType PromoCode",
    "api.models.settings": "DunningEscalation RecoverySettings",
    "api.models.subscriptions": "PlanChangeResult Proration ProrationKind Subscription SubscriptionStatus",
    "api.models.transactions": "Rail Transaction TransactionStatus",
    "api.options": "CallOptions ClientOptions",
    "api.pages": "AsyncPages",
    "api.page": "Page",
    "auth.credentials": "ClientCredentials Credential IdentityToken PortalSession SecretKey SupportsCredential",
    "auth.stores.counters": "TokenStoreCounters",
    "auth.stores.file": "FileTokenStore",
    "auth.stores.memory": "MemoryTokenStore",
    "auth.stores.protocol": "StoredToken TokenStore",
    "auth.token": "Token",
    "blocking.client": "Duro",
    "blocking.pages": "Pages",
    "client": "AsyncDuro",
    "config": "RetryPolicy",
    "errors": (
        "RETRYABLE APIError AuthenticationError BadRequestError CallError ClientClosedError ClientSecretError "
        "ConfigurationError ConflictError ConnectionFailedError CredentialsRejectedError DeadlineExceededError "
        "DecodingError DuroError ErrorDetail FailedCall InternalServerError InvalidArgumentError NotFoundError "
        "OutcomeUnknownError PayloadError PermissionDeniedError RateLimitError RequestTimeoutError "
        "SignatureMismatchError SignatureMissingError TimestampError TokenEndpointUnavailableError "
        "TokenExchangeError TransportError ValidationError WebhookError"
    ),
    "http.observe": "Call capture",
    "http.headers": "Headers",
    "http.request": "Request Response",
    "http.transport": "RequestNotSentError ResponseLostError ResponseTooLargeError Transport",
}
_MODULES = {name: module for module, names in _PUBLIC_NAMES.items() for name in names.split()}
_SUBMODULES = ("errors", "sandbox", "webhooks")

if not TYPE_CHECKING:
    # Type checkers cannot read a computed list, and would accept every name for the sake of "__getattr__".
    __all__ = [name for name in _MODULES if name != "__version__"]

    def __getattr__(name: str) -> Any:
        if name in _SUBMODULES:
            # The import sets the attribute.
            return import_module(f".{name}", __name__)
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        # From now on Python finds the name without this function.
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*_MODULES, *_SUBMODULES})
