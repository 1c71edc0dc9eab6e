"""Chart of the money recovered, at risk and lost over time, as points of an SVG image."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from ..clock import parse_timestamp, timestamp

__all__ = ["RecoveryChart", "draw_recovery_chart"]

MIN_DAYS: Final = 28
MAX_DAYS: Final = 84
WIDTH: Final = 720
HEIGHT: Final = 200
_STEPS: Final = (1, 2, 2.5, 5, 10)
_GRID_LINES: Final = 4
_SERIES: Final = ("recovered", "at_risk", "lost")

# Grouped by the columns of an index, so that they are summed while it is read.
_STARTED: Final = "SELECT started_at, sum(amount) FROM recoveries WHERE currency = ? GROUP BY started_at"
_ENDED: Final = """
    SELECT changed_at, sum(amount) FROM recoveries WHERE currency = ? AND state = ? GROUP BY changed_at
"""


@frozen
class ChartLine:
    """Line of the chart.

    Attributes:
        name: ``recovered``, ``at_risk`` or ``lost``.
        points: Coordinates of the line, as SVG writes them.
        last: Amount at the end in minor units.
    """

    name: str
    points: str
    last: int


@frozen
class GridLine:
    """Horizontal line of the chart, with its amount in minor units."""

    y: float
    amount: int


@frozen
class RecoveryChart:
    """Chart of the last weeks.

    Attributes:
        currency: Currency of the amounts.
        lines: Lines of the chart.
        grid: Horizontal lines.
        first_at: First day, in the API's format.
        last_at: Last day, in the API's format.
    """

    currency: str
    lines: tuple[ChartLine, ...]
    grid: tuple[GridLine, ...]
    first_at: str
    last_at: str
    width: int = WIDTH
    height: int = HEIGHT


def draw_recovery_chart(db: sqlite3.Connection, currency: str, now: datetime) -> RecoveryChart:
    """Draw the chart of the recoveries in one currency.

    Recovered and lost money adds up from the first day of the database. Money at risk is that of the open recoveries.

    Args:
        db: Open transaction.
        currency: Currency of the amounts.
        now: Sandbox time, at the right edge.
    """
    rows = db.execute(_STARTED, (currency,)).fetchall()
    days = _list_days(rows[0][0] if rows else timestamp(now), now)
    started = _add_up(days, rows)
    recovered = _add_up(days, db.execute(_ENDED, (currency, "recovered")))
    lost = _add_up(days, db.execute(_ENDED, (currency, "lost")))
    at_risk = [all_ - won - gone for all_, won, gone in zip(started, recovered, lost, strict=True)]
    series = dict(zip(_SERIES, (recovered, at_risk, lost), strict=True))
    step = _find_step(max(map(max, series.values())))
    top = step * _GRID_LINES
    return RecoveryChart(
        currency,
        tuple(ChartLine(name, _draw_line(amounts, top), amounts[-1]) for name, amounts in series.items()),
        tuple(GridLine(HEIGHT - HEIGHT * number / _GRID_LINES, step * number) for number in range(_GRID_LINES + 1)),
        timestamp(now - timedelta(days=len(days) - 1)),
        timestamp(now),
    )


def _list_days(first_at: str, now: datetime) -> list[str]:
    """Return the days of the chart, from the first recovery if that is within its bounds."""
    number = min(max((now - parse_timestamp(first_at)).days + 3, MIN_DAYS), MAX_DAYS)
    return [timestamp(now - timedelta(days=back))[:10] for back in reversed(range(number))]


def _add_up(days: Sequence[str], rows: Iterable[tuple[str, int]]) -> list[int]:
    """Return the sum up to each day. Amounts before the first day belong to it."""
    by_day = dict.fromkeys(days, 0)
    for at, amount in rows:
        by_day[max(at[:10], days[0])] += amount
    return list(itertools.accumulate(by_day.values()))


def _find_step(largest: int) -> int:
    """Return a round distance of the grid lines, in whole units of the currency."""
    least = max(largest / _GRID_LINES, 100)
    size = 10 ** (len(str(int(least))) - 1)
    return next(int(size * step) for step in _STEPS if size * step >= least)


def _draw_line(amounts: Sequence[int], top: int) -> str:
    width = WIDTH / (len(amounts) - 1)
    return " ".join(
        f"{number * width:.1f},{HEIGHT - HEIGHT * amount / top:.1f}" for number, amount in enumerate(amounts)
    )
