"""Blocking resources: one declaration per operation.

The docstrings are derived from those of the asynchronous classes; see ``BlockingResource``.
"""
# ruff: noqa: D101 - for this reason

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


class OAuth(BlockingResource[AsyncOAuth]):
    token = blocking(AsyncOAuth.token)


class Plans(BlockingResource[AsyncPlans]):
    list = blocking_pages(AsyncPlans.list)
    create = blocking(AsyncPlans.create)
    update = blocking(AsyncPlans.update)
    archive = blocking(AsyncPlans.archive)


class PromoCodes(BlockingResource[AsyncPromoCodes]):
    create = blocking(AsyncPromoCodes.create)
    retrieve = blocking(AsyncPromoCodes.retrieve)
    update = blocking(AsyncPromoCodes.update)


class PaymentLinks(BlockingResource[AsyncPaymentLinks]):
    create = blocking(AsyncPaymentLinks.create)


class Customers(BlockingResource[AsyncCustomers]):
    list = blocking_pages(AsyncCustomers.list)
    create = blocking(AsyncCustomers.create)
    retrieve = blocking(AsyncCustomers.retrieve)
    retrieve_by_ref = blocking(AsyncCustomers.retrieve_by_ref)
    blacklist = blocking(AsyncCustomers.blacklist)
    list_subscriptions = blocking_pages(AsyncCustomers.list_subscriptions)
    list_transactions = blocking_pages(AsyncCustomers.list_transactions)


class Transactions(BlockingResource[AsyncTransactions]):
    retrieve = blocking(AsyncTransactions.retrieve)


class Subscriptions(BlockingResource[AsyncSubscriptions]):
    create = blocking(AsyncSubscriptions.create)
    cancel = blocking(AsyncSubscriptions.cancel)
    pause = blocking(AsyncSubscriptions.pause)
    resume = blocking(AsyncSubscriptions.resume)
    change_plan = blocking(AsyncSubscriptions.change_plan)


class Invoices(BlockingResource[AsyncInvoices]):
    retrieve = blocking(AsyncInvoices.retrieve)
    refund = blocking(AsyncInvoices.refund)


class Settings(BlockingResource[AsyncSettings]):
    update_recovery = blocking(AsyncSettings.update_recovery)


class Analytics(BlockingResource[AsyncAnalytics]):
    failures = blocking(AsyncAnalytics.failures)


class Checkout(BlockingResource[AsyncCheckout]):
    create_session = blocking(AsyncCheckout.create_session)
    retrieve_session = blocking(AsyncCheckout.retrieve_session)


class Events(BlockingResource[AsyncEvents]):
    retrieve = blocking(AsyncEvents.retrieve)
    retrieve_payload = blocking(AsyncEvents.retrieve_payload)


class CustomerCheckout(BlockingResource[AsyncCustomerCheckout]):
    hydrate = blocking(AsyncCustomerCheckout.hydrate)
    pay = blocking(AsyncCustomerCheckout.pay)
    status = blocking(AsyncCustomerCheckout.status)


class CustomerIdentity(BlockingResource[AsyncCustomerIdentity]):
    request_otp = blocking(AsyncCustomerIdentity.request_otp)
    verify_otp = blocking(AsyncCustomerIdentity.verify_otp)
    me = blocking(AsyncCustomerIdentity.me)
    list_methods = blocking_pages(AsyncCustomerIdentity.list_methods)


class CustomerPortal(BlockingResource[AsyncCustomerPortal]):
    start = blocking(AsyncCustomerPortal.start)
    verify = blocking(AsyncCustomerPortal.verify)
    subscriptions = blocking_pages(AsyncCustomerPortal.subscriptions)
    pause = blocking(AsyncCustomerPortal.pause)
    cards = blocking_pages(AsyncCustomerPortal.cards)
    wallet = blocking(AsyncCustomerPortal.wallet)
    top_up = blocking(AsyncCustomerPortal.top_up)
    request_virtual_account = blocking(AsyncCustomerPortal.request_virtual_account)
