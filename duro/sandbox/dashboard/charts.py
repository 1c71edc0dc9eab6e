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
# Round distances of the grid lines in minor units, times powers of ten. All of them are whole units of the currency.
_STEPS: Final = (100, 200, 500, 2_500)
# Numbers of grid lines above the one of zero.
_GRID_LINES: Final = (3, 4, 5)
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
    step, number_of_lines = _find_scale(max(map(max, series.values())))
    top = step * number_of_lines
    return RecoveryChart(
        currency,
        tuple(ChartLine(name, _draw_line(amounts, top), amounts[-1]) for name, amounts in series.items()),
        tuple(GridLine(HEIGHT - HEIGHT * amount / top, amount) for amount in range(0, top + 1, step)),
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


def _find_scale(largest: int) -> tuple[int, int]:
    """Return the distance of the grid lines and their number above zero, for the lowest round top.

    The largest amount uses two thirds of the height or more, from three whole units of the currency on.
    """
    sizes = [10**exponent for exponent in range(len(str(largest)))]
    scales = [(size * step, number) for size in sizes for step in _STEPS for number in _GRID_LINES]
    return min(
        ((step, number) for step, number in scales if step * number >= largest),
        key=lambda scale: (scale[0] * scale[1], scale[0]),
    )


def _draw_line(amounts: Sequence[int], top: int) -> str:
    width = WIDTH / (len(amounts) - 1)
    return " ".join(
        f"{number * width:.1f},{HEIGHT - HEIGHT * amount / top:.1f}" for number, amount in enumerate(amounts)
    )
