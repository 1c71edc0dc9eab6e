"""Dashboard views: the data of the page, and its rendering with Jinja2."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..backend import Backend
from ..billing.ledger_pages import select_charges
from ..clock import timestamp
from ..storage.database import count
from ..storage.pages import Selection

__all__ = ["render_dashboard", "render_index"]

MAX_ROWS: Final = 50
_LATEST: Final = Selection(MAX_ROWS, newest_first=True)

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# At import: reading the file while a request waits would block the event loop.
_DASHBOARD: Final = _TEMPLATES.get_template("dashboard.html")
_INDEX: Final = _TEMPLATES.get_template("index.html")


def render_dashboard(backend: Backend) -> str:
    """Render the dashboard.

    Args:
        backend: Backend to show.

    Returns:
        HTML with every text escaped. It does not contain credentials.
    """
    return _DASHBOARD.render(
        now=timestamp(backend.clock.now()),
        figures=_figures(backend),
        requests=backend.request_log.entries()[: -MAX_ROWS - 1 : -1],
        charges=backend.transact(partial(select_charges, selection=_LATEST)).entries,
        deliveries=backend.deliveries.entries(MAX_ROWS)[::-1],
    )


def render_index() -> str:
    """Render the page that links to the dashboard, for people who open the address of the sandbox."""
    return _INDEX.render()


def _figures(backend: Backend) -> dict[str, int]:
    stats = backend.stats()
    with backend.store.transaction() as db:
        records = {table.capitalize(): count(db, table) for table in ("plans", "customers", "subscriptions")}
    return records | {
        "Charges": stats.charges,
        "Requests": stats.requests,
        "Token exchanges": stats.token_exchanges,
        "Deliveries": stats.deliveries,
    }
