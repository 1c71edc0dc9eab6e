"""Operations of the API: one module for each tag of the contract."""

from __future__ import annotations

from typing import Final

from ..operation import ApiOperation
from . import (
    analytics,
    checkout,
    customer_checkout,
    customer_identity,
    customer_portal,
    customers,
    events,
    invoices,
    oauth,
    payment_links,
    plans,
    promo_codes,
    settings,
    subscriptions,
    transactions,
)

__all__ = ["OPERATIONS"]

OPERATIONS: Final[tuple[ApiOperation, ...]] = (
    *oauth.OPERATIONS,
    *plans.OPERATIONS,
    *promo_codes.OPERATIONS,
    *payment_links.OPERATIONS,
    *customers.OPERATIONS,
    *subscriptions.OPERATIONS,
    *invoices.OPERATIONS,
    *transactions.OPERATIONS,
    *settings.OPERATIONS,
    *analytics.OPERATIONS,
    *checkout.OPERATIONS,
    *events.OPERATIONS,
    *customer_checkout.OPERATIONS,
    *customer_identity.OPERATIONS,
    *customer_portal.OPERATIONS,
)
