"""Pages of the dashboard, one module each. To add one, write its module and append its constants here."""

from __future__ import annotations

from typing import Final

from ..page import DashboardForm, DashboardPage
from . import codes, customers, deliveries, events, faults, ledger, overview, recovery, requests, subscriptions

__all__ = ["FORMS", "PAGES"]

PAGES: Final[tuple[DashboardPage, ...]] = (
    *overview.PAGES,
    *subscriptions.PAGES,
    *customers.PAGES,
    *recovery.PAGES,
    *ledger.PAGES,
    *events.PAGES,
    *deliveries.PAGES,
    *requests.PAGES,
    *faults.PAGES,
    *codes.PAGES,
)
FORMS: Final[tuple[DashboardForm, ...]] = (
    *overview.FORMS,
    *subscriptions.FORMS,
    *customers.FORMS,
    *deliveries.FORMS,
    *faults.FORMS,
)
