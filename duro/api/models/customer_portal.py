"""The portal, in which customers look after their own subscriptions."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import field, frozen

from ...auth.credentials import PortalSession
from ..codec.open_enum import OpenEnum
from ..pages import Page
from .base import Model, SecretModel, hidden, masked
from .plans import Interval  # noqa: TC001 - the same
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
    """A sign-in code that is on its way.

    Attributes:
        email: Where it was sent.
    """

    email: str


@frozen(kw_only=True)
class PortalAccount(Model):
    """Who is signed in.

    Attributes:
        email: The address.
        name: The name.
    """

    email: str
    name: str


@frozen(kw_only=True)
class PortalPlan(Model):
    """The plan of a subscription, as the portal shows it.

    Attributes:
        id: Carries the prefix ``plan_``.
        name: What people call it.
        amount: The price of one period, in minor units (kobo).
        currency: The currency of the amount.
        interval: The unit of a period.
        interval_count: How many units a period has.
    """

    id: str
    name: str
    amount: int
    currency: str
    interval: Interval
    interval_count: int


@frozen(kw_only=True)
class PortalSubscription(Model):
    """A subscription, as the portal shows it.

    Attributes:
        id: Carries the prefix ``sub_``.
        status: Where it stands.
        cancel_at_period_end: Whether it ends with the period.
        current_period_end: When the next charge is due.
        plan: What is paid for.
    """

    id: str
    status: SubscriptionStatus
    cancel_at_period_end: bool
    current_period_end: datetime
    plan: PortalPlan


@frozen(kw_only=True)
class PortalMerchantGroup(Model):
    """A customer's subscriptions with one merchant.

    Attributes:
        tenant_id: The merchant.
        merchant_name: What people call it.
        subscriptions: The subscriptions.
    """

    tenant_id: str
    merchant_name: str
    subscriptions: tuple[PortalSubscription, ...]


@frozen(kw_only=True)
class PortalMerchantPage(Page[PortalMerchantGroup]):
    """The one page of merchants, which the wire calls so."""

    items: tuple[PortalMerchantGroup, ...] = field(metadata={"wire": "merchants"})


@frozen(kw_only=True)
class PortalAccess(SecretModel):
    """An open portal session; give it as ``credential=`` to the operations of the portal.

    Attributes:
        session_token: The session's token; no repr shows it.
        account: Who is signed in.
        subscriptions: Their subscriptions, grouped by merchant.
    """

    session_token: str = field(repr=hidden)
    account: PortalAccount
    subscriptions: tuple[PortalMerchantGroup, ...]

    @property
    def credential(self) -> PortalSession:
        """The session as a credential."""
        return PortalSession(self.session_token)


@frozen(kw_only=True)
class PortalSubscriptionAction(Model):
    """A subscription that something was done to.

    Attributes:
        id: Carries the prefix ``sub_``.
    """

    id: str


@frozen(kw_only=True)
class PortalCard(Model):
    """A saved card.

    Attributes:
        id: The card.
        brand: Its brand, if known.
        last4: The last four digits, if known.
        exp_month: The month in which it expires, 1 to 12, if known.
        exp_year: The year, if known.
        is_default: Whether it is used when none is named.
    """

    id: str
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    is_default: bool


class WalletStatus(OpenEnum):
    """Whether a wallet can be used."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


@frozen(kw_only=True)
class PortalWalletTransaction(Model):
    """A movement of a wallet.

    Attributes:
        id: The movement.
        amount: In minor units (kobo).
        balance_after: What the wallet held then, in minor units (kobo).
        memo: What it was for.
        merchant_name: With whom.
        created_at: When it happened.
    """

    id: str
    amount: int
    balance_after: int
    memo: str
    merchant_name: str
    created_at: datetime


@frozen(kw_only=True)
class PortalWallet(Model):
    """A customer's wallet and its history.

    Attributes:
        balance: What it holds, in minor units (kobo).
        currency: The currency of the balance.
        status: Whether it can be used.
        transactions: Its movements.
    """

    balance: int
    currency: str
    status: WalletStatus
    transactions: tuple[PortalWalletTransaction, ...]


@frozen(kw_only=True)
class PortalTopUp(SecretModel):
    """The checkout that fills a wallet.

    Attributes:
        checkout_token: Who has it may pay; no repr shows it.
        checkout_url: Where to send the browser; holds the token, and no repr shows that.
    """

    checkout_token: str = field(repr=masked)
    checkout_url: str = field(repr=masked)


@frozen(kw_only=True)
class PortalVirtualAccount(Model):
    """A bank account that fills a wallet; the API does not document the fields, and all of them are in ``extra``."""
