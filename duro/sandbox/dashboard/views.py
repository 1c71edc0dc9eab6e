"""The page at ``/_sandbox/``: everything that a sandbox holds, at a glance, in one file without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from ..backend import Backend
from ..billing.ledger import Charge
from ..clock import timestamp
from ..deliveries.delivery_log import Delivery
from ..http.request_log import RequestEntry

__all__ = ["render"]

SHOWN: Final = 50

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #17202a; --faint: #66717d; --paper: #f6f7f9; --card: #fff; --line: #e1e5ea;
  --good: #14795a; --bad: #b3261e; --mark: #3b4cca; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --faint: #98a3af; --paper: #12161b; --card: #1a2027;
  --line: #2b333d; --good: #54c79c; --bad: #f2857d; --mark: #9aa6ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { margin: 0; font-size: 1.6rem; letter-spacing: -.01em; }
h1 span { color: var(--mark); }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.05rem; }
p { margin: .25rem 0 0; color: var(--faint); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: .75rem; margin: 1.75rem 0 0; }
dl div { padding: .9rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
dt { color: var(--faint); font-size: .8rem; }
dd { margin: 0; font-size: 1.6rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.sheet { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
table { width: 100%; border-collapse: collapse; font-size: .85rem; }
th, td { padding: .5rem .9rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { color: var(--faint); font-weight: 500; }
td { font-family: ui-monospace, monospace; font-variant-numeric: tabular-nums; }
td.number { text-align: right; }
.good { color: var(--good); }
.bad { color: var(--bad); }
"""


def render(backend: Backend) -> str:
    """Write the page.

    Args:
        backend: What it shows.

    Returns:
        HTML in which every text is escaped, and no credential stands.
    """
    requests = [_request_cells(entry) for entry in reversed(backend.request_log.entries()[-SHOWN:])]
    charges = [_charge_cells(charge) for charge in reversed(backend.ledger()[-SHOWN:])]
    deliveries = [_delivery_cells(delivery) for delivery in reversed(backend.deliveries.entries()[-SHOWN:])]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Duro sandbox</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1><span>Duro</span> sandbox</h1>
<p>Running. Its clock says {escape(timestamp(backend.clock.now()))}; reload this page to see what is new.</p>
<dl>{_tiles(backend)}</dl>
<h2>Latest requests</h2>
{_table(("Time", "Method", "Path", "Status", "Idempotency key", "Request"), requests)}
<h2>Ledger</h2>
{_table(("Time", "Customer", "Invoice", "Amount", "Status", "Idempotency key"), charges)}
<h2>Latest deliveries</h2>
{_table(("Time", "Event", "Type", "Endpoint", "Attempt", "Outcome", "Next attempt"), deliveries)}
</main>
</body>
</html>
"""


def _tiles(backend: Backend) -> str:
    stats = backend.stats()
    figures = {
        **backend.counts(),
        "charges": stats.charges,
        "requests": stats.requests,
        "token exchanges": stats.token_exchanges,
        "deliveries": stats.deliveries,
    }
    return "".join(
        f"<div><dt>{escape(name.capitalize())}</dt><dd>{number:,}</dd></div>" for name, number in figures.items()
    )


def _table(heads: Iterable[str], rows: list[str]) -> str:
    if not rows:
        return "<p>None yet.</p>"
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "\n".join(f"<tr>{cells}</tr>" for cells in rows)
    return f'<div class="sheet"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _request_cells(entry: RequestEntry) -> str:
    return "".join(
        (
            _cell(entry.at),
            _cell(entry.method),
            _cell(entry.path),
            _cell(str(entry.status), "good" if entry.status < 400 else "bad"),
            _cell(entry.idempotency_key or ""),
            _cell(entry.request_id),
        )
    )


def _charge_cells(charge: Charge) -> str:
    return "".join(
        (
            _cell(charge.at),
            _cell(charge.customer_id),
            _cell(charge.invoice_id),
            _cell(f"{charge.amount:,}", "number"),
            _cell(charge.status, "good" if charge.status == "succeeded" else "bad"),
            _cell(charge.idempotency_key or ""),
        )
    )


def _delivery_cells(delivery: Delivery) -> str:
    return "".join(
        (
            _cell(delivery.at),
            _cell(delivery.event_id),
            _cell(delivery.event_type),
            _cell(delivery.url),
            _cell(str(delivery.attempt), "number"),
            _cell(delivery.failure or str(delivery.status), "bad" if delivery.failure else "good"),
            _cell(delivery.retry_at or ""),
        )
    )


def _cell(text: str, style: str = "") -> str:
    attribute = f' class="{style}"' if style else ""
    return f"<td{attribute}>{escape(text)}</td>"
