"""Models of the customer portal."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import field, frozen

from ...auth.credentials import PortalSession
from ..codec.open_enum import OpenEnum
from ..page import Page
from .base import Model, SecretModel
from .plans import Interval  # noqa: TC001 - the same
from .reprs import hide, mask, shorten
from .subscriptions import SubscriptionStatus  # noqa: TC001 - the same

__all__ = [
    "PortalAccess",
    "PortalAccount",
    "PortalCard",
    "PortalCodeDelivery",
    "PortalMerchantGroup",
    "PortalMerchantPage",
    "PortalPlan",
    "PortalSubscription",
    "PortalSubscriptionAction",
    "PortalTopUp",
    "PortalVirtualAccount",
    "PortalWallet",
    "PortalWalletTransaction",
    "WalletStatus",
]


@frozen(kw_only=True)
class PortalCodeDelivery(Model):
    """Delivery of a sign-in code.

    Attributes:
        email: Email address to which the code was sent.
    """

    email: str


@frozen(kw_only=True)
class PortalAccount(Model):
    """Account of the signed-in customer.

    Attributes:
        email: Email address.
        name: Full name.
    """

    email: str
    name: str


@frozen(kw_only=True)
class PortalPlan(Model):
    """Plan of a subscription in the portal.

    Attributes:
        id: Id (``plan_…``).
        name: Display name.
        amount: Price of one period in minor units (kobo).
        currency: Currency of the amount, as an ISO 4217 code.
        interval: Unit of a period.
        interval_count: Number of intervals in a period.
    """

    id: str
    name: str
    amount: int
    currency: str
    interval: Interval
    interval_count: int


@frozen(kw_only=True)
class PortalSubscription(Model):
    """Subscription in the portal.

    Attributes:
        id: Id (``sub_…``).
        status: Status of the subscription.
        cancel_at_period_end: Whether the subscription ends with the present period.
        current_period_end: Time of the next charge.
        plan: Plan of the subscription.
    """

    id: str
    status: SubscriptionStatus
    cancel_at_period_end: bool
    current_period_end: datetime
    plan: PortalPlan


@frozen(kw_only=True)
class PortalMerchantGroup(Model):
    """Subscriptions of a customer with one merchant.

    Attributes:
        tenant_id: Id of the merchant.
        merchant_name: Display name of the merchant.
        subscriptions: Subscriptions with this merchant.
    """

    tenant_id: str
    merchant_name: str
    subscriptions: tuple[PortalSubscription, ...] = field(repr=shorten)


@frozen(kw_only=True, repr=False)
class PortalMerchantPage(Page[PortalMerchantGroup]):
    """Page of merchants, whose items are named ``merchants`` in JSON."""

    items: tuple[PortalMerchantGroup, ...] = field(repr=shorten, metadata={"wire": "merchants"})


@frozen(kw_only=True)
class PortalAccess(SecretModel):
    """Open portal session. Pass it as ``credential=`` to operations of the portal.

    Attributes:
        session_token: Token of the session. A secret: the repr hides it.
        account: Account of the signed-in customer.
        subscriptions: Subscriptions, grouped by merchant.
    """

    session_token: str = field(repr=hide)
    account: PortalAccount
    subscriptions: tuple[PortalMerchantGroup, ...] = field(repr=shorten)

    @property
    def credential(self) -> PortalSession:
        """The session as a credential."""
        return PortalSession(self.session_token)


@frozen(kw_only=True)
class PortalSubscriptionAction(Model):
    """Result of an action on a subscription.

    Attributes:
        id: Id of the subscription (``sub_…``).
    """

    id: str


@frozen(kw_only=True)
class PortalCard(Model):
    """Saved card.

    Attributes:
        id: Id.
        brand: Brand, ``None`` if unknown.
        last4: Last four digits of the card number, ``None`` if unknown.
        exp_month: Month of expiry, 1 to 12, ``None`` if unknown.
        exp_year: Year of expiry, ``None`` if unknown.
        is_default: Whether this card is charged when no other is selected.
    """

    id: str
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    is_default: bool


class WalletStatus(OpenEnum):
    """Status of a wallet."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


@frozen(kw_only=True)
class PortalWalletTransaction(Model):
    """Transaction of a wallet.

    Attributes:
        id: Id.
        amount: Amount in minor units (kobo).
        balance_after: Balance after the transaction, in minor units (kobo).
        memo: Description.
        merchant_name: Display name of the merchant.
        created_at: Time of the transaction.
    """

    id: str
    amount: int
    balance_after: int
    memo: str
    merchant_name: str
    created_at: datetime


@frozen(kw_only=True)
class PortalWallet(Model):
    """Wallet of a customer, and its transactions.

    Attributes:
        balance: Balance in minor units (kobo).
        currency: Currency of the balance, as an ISO 4217 code.
        status: Status of the wallet.
        transactions: Transactions of the wallet.
    """

    balance: int
    currency: str
    status: WalletStatus
    transactions: tuple[PortalWalletTransaction, ...] = field(repr=shorten)


@frozen(kw_only=True)
class PortalTopUp(SecretModel):
    """Checkout that tops up a wallet.

    Attributes:
        checkout_token: Token that allows a payment (``cs_…``). A secret: the repr masks it.
        checkout_url: URL of the hosted page. It contains the token, and the repr masks it.
    """

    checkout_token: str = field(repr=mask)
    checkout_url: str = field(repr=mask)


@frozen(kw_only=True)
class PortalVirtualAccount(Model):
    """Virtual account of a wallet, in ``extra``.

    The API does not document the fields.
    """
