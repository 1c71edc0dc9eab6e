"""Pages of the dashboard, one module each. To add one, write its module and append its constants here."""

from __future__ import annotations

from typing import Final

from ..page import DashboardForm, DashboardPage
from . import codes, deliveries, events, faults, ledger, overview, requests

__all__ = ["FORMS", "PAGES"]

PAGES: Final[tuple[DashboardPage, ...]] = (
    *overview.PAGES,
    *ledger.PAGES,
    *events.PAGES,
    *deliveries.PAGES,
    *requests.PAGES,
    *faults.PAGES,
    *codes.PAGES,
)
FORMS: Final[tuple[DashboardForm, ...]] = (
    *overview.FORMS,
    *deliveries.FORMS,
    *faults.FORMS,
)
