"""The operations, blocking: one declaration each."""

from __future__ import annotations

from ..api.resources.customers import AsyncCustomers
from ..api.resources.oauth import AsyncOAuth
from ..api.resources.plans import AsyncPlans
from ..api.resources.subscriptions import AsyncSubscriptions
from .resource import BlockingResource, blocking, blocking_pages

__all__ = ["Customers", "OAuth", "Plans", "Subscriptions"]


class OAuth(BlockingResource[AsyncOAuth]):
    """The exchange of client credentials for an access token."""

    token = blocking(AsyncOAuth.token)


class Plans(BlockingResource[AsyncPlans]):
    """What customers subscribe to."""

    list = blocking_pages(AsyncPlans.list)
    create = blocking(AsyncPlans.create)
    update = blocking(AsyncPlans.update)
    archive = blocking(AsyncPlans.archive)


class Customers(BlockingResource[AsyncCustomers]):
    """Who pays the merchant."""

    list = blocking_pages(AsyncCustomers.list)
    create = blocking(AsyncCustomers.create)
    retrieve = blocking(AsyncCustomers.retrieve)
    retrieve_by_ref = blocking(AsyncCustomers.retrieve_by_ref)
    blacklist = blocking(AsyncCustomers.blacklist)
    list_subscriptions = blocking_pages(AsyncCustomers.list_subscriptions)
    list_transactions = blocking_pages(AsyncCustomers.list_transactions)


class Subscriptions(BlockingResource[AsyncSubscriptions]):
    """Who pays for what, and until when."""

    create = blocking(AsyncSubscriptions.create)
    cancel = blocking(AsyncSubscriptions.cancel)
    pause = blocking(AsyncSubscriptions.pause)
    resume = blocking(AsyncSubscriptions.resume)
    change_plan = blocking(AsyncSubscriptions.change_plan)
