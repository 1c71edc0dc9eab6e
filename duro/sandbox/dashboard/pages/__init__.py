"""Pages of the dashboard, one module each. To add one, write its module and append its constants here."""

from __future__ import annotations

from typing import Final

from ..page import DashboardForm, DashboardPage
from . import customers, overview, recovery, subscriptions

__all__ = ["FORMS", "PAGES"]

PAGES: Final[tuple[DashboardPage, ...]] = (
    *overview.PAGES,
    *subscriptions.PAGES,
    *customers.PAGES,
    *recovery.PAGES,
)
FORMS: Final[tuple[DashboardForm, ...]] = (
    *overview.FORMS,
    *subscriptions.FORMS,
    *customers.FORMS,
)
