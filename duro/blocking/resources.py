"""The operations, blocking: one declaration each."""

from __future__ import annotations

from ..api.resources.analytics import AsyncAnalytics
from ..api.resources.checkout import AsyncCheckout
from ..api.resources.customer_checkout import AsyncCustomerCheckout
from ..api.resources.customer_identity import AsyncCustomerIdentity
from ..api.resources.customer_portal import AsyncCustomerPortal
from ..api.resources.customers import AsyncCustomers
from ..api.resources.events import AsyncEvents
from ..api.resources.invoices import AsyncInvoices
from ..api.resources.oauth import AsyncOAuth
from ..api.resources.payment_links import AsyncPaymentLinks
from ..api.resources.plans import AsyncPlans
from ..api.resources.promo_codes import AsyncPromoCodes
from ..api.resources.settings import AsyncSettings
from ..api.resources.subscriptions import AsyncSubscriptions
from ..api.resources.transactions import AsyncTransactions
from .declare import BlockingResource, blocking, blocking_pages

__all__ = [
    "Analytics",
    "Checkout",
    "CustomerCheckout",
    "CustomerIdentity",
    "CustomerPortal",
    "Customers",
    "Events",
    "Invoices",
    "OAuth",
    "PaymentLinks",
    "Plans",
    "PromoCodes",
    "Settings",
    "Subscriptions",
    "Transactions",
]


class OAuth(BlockingResource[AsyncOAuth]):
    """OAuth: exchange of client credentials for access tokens."""

    token = blocking(AsyncOAuth.token)


class Plans(BlockingResource[AsyncPlans]):
    """Plans: prices and billing periods that customers subscribe to."""

    list = blocking_pages(AsyncPlans.list)
    create = blocking(AsyncPlans.create)
    update = blocking(AsyncPlans.update)
    archive = blocking(AsyncPlans.archive)


class PromoCodes(BlockingResource[AsyncPromoCodes]):
    """Promo codes: discounts that customers redeem with a code."""

    create = blocking(AsyncPromoCodes.create)
    retrieve = blocking(AsyncPromoCodes.retrieve)
    update = blocking(AsyncPromoCodes.update)


class PaymentLinks(BlockingResource[AsyncPaymentLinks]):
    """Payment links: shareable links that sell one plan each."""

    create = blocking(AsyncPaymentLinks.create)


class Customers(BlockingResource[AsyncCustomers]):
    """Customers: create, find, blacklist, list subscriptions and transactions."""

    list = blocking_pages(AsyncCustomers.list)
    create = blocking(AsyncCustomers.create)
    retrieve = blocking(AsyncCustomers.retrieve)
    retrieve_by_ref = blocking(AsyncCustomers.retrieve_by_ref)
    blacklist = blocking(AsyncCustomers.blacklist)
    list_subscriptions = blocking_pages(AsyncCustomers.list_subscriptions)
    list_transactions = blocking_pages(AsyncCustomers.list_transactions)


class Transactions(BlockingResource[AsyncTransactions]):
    """Transactions: single attempts to charge an invoice."""

    retrieve = blocking(AsyncTransactions.retrieve)


class Subscriptions(BlockingResource[AsyncSubscriptions]):
    """Subscriptions: create, cancel, pause, resume, change plan."""

    create = blocking(AsyncSubscriptions.create)
    cancel = blocking(AsyncSubscriptions.cancel)
    pause = blocking(AsyncSubscriptions.pause)
    resume = blocking(AsyncSubscriptions.resume)
    change_plan = blocking(AsyncSubscriptions.change_plan)


class Invoices(BlockingResource[AsyncInvoices]):
    """Invoices: retrieve with all charge attempts, refund."""

    retrieve = blocking(AsyncInvoices.retrieve)
    refund = blocking(AsyncInvoices.refund)


class Settings(BlockingResource[AsyncSettings]):
    """Settings: recovery of failed payments, and reminders."""

    update_recovery = blocking(AsyncSettings.update_recovery)


class Analytics(BlockingResource[AsyncAnalytics]):
    """Analytics: totals of failed payments and their recovery."""

    failures = blocking(AsyncAnalytics.failures)


class Checkout(BlockingResource[AsyncCheckout]):
    """Checkout sessions on the merchant's server: create, and verify the outcome."""

    create_session = blocking(AsyncCheckout.create_session)
    retrieve_session = blocking(AsyncCheckout.retrieve_session)


class Events(BlockingResource[AsyncEvents]):
    """Events: retrieve the record, or the payload sent to webhook endpoints."""

    retrieve = blocking(AsyncEvents.retrieve)
    retrieve_payload = blocking(AsyncEvents.retrieve_payload)


class CustomerCheckout(BlockingResource[AsyncCustomerCheckout]):
    """Checkout in the customer's browser: load the page, pay, poll the status."""

    hydrate = blocking(AsyncCustomerCheckout.hydrate)
    pay = blocking(AsyncCustomerCheckout.pay)
    status = blocking(AsyncCustomerCheckout.status)


class CustomerIdentity(BlockingResource[AsyncCustomerIdentity]):
    """Customer identity: sign in by phone, list saved payment methods."""

    request_otp = blocking(AsyncCustomerIdentity.request_otp)
    verify_otp = blocking(AsyncCustomerIdentity.verify_otp)
    me = blocking(AsyncCustomerIdentity.me)
    list_methods = blocking_pages(AsyncCustomerIdentity.list_methods)


class CustomerPortal(BlockingResource[AsyncCustomerPortal]):
    """Customer portal: sign in by email, manage subscriptions, cards and the wallet."""

    start = blocking(AsyncCustomerPortal.start)
    verify = blocking(AsyncCustomerPortal.verify)
    subscriptions = blocking_pages(AsyncCustomerPortal.subscriptions)
    pause = blocking(AsyncCustomerPortal.pause)
    cards = blocking_pages(AsyncCustomerPortal.cards)
    wallet = blocking(AsyncCustomerPortal.wallet)
    top_up = blocking(AsyncCustomerPortal.top_up)
    request_virtual_account = blocking(AsyncCustomerPortal.request_virtual_account)
