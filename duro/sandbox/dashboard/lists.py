"""Lists of the dashboard: pages of rows, newest first, selected by the query of a visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ..storage.pages import Selection
from .formats import humanize

__all__ = ["MAX_ROWS", "build_options", "read_selection"]

MAX_ROWS: Final = 50


def read_selection(query: Mapping[str, str], *filters: str) -> Selection:
    """Return the selection of a list page. Empty filters are left out, as forms send all of their fields.

    Args:
        query: Parameters of the query.
        *filters: Names of the filters, which are columns or attributes of the rows.
    """
    values = {name: query.get(name, "").strip() for name in filters}
    return Selection(
        MAX_ROWS,
        query.get("cursor") or None,
        {name: value for name, value in values.items() if value},
        newest_first=True,
    )


def build_options(names: Iterable[str], default: str = "Any") -> list[tuple[str, str]]:
    """Return the options of a selection, as pairs of a value and a label.

    Args:
        names: Values.
        default: Label of the first option, whose value is empty.

    Example:
        >>> build_options(["past_due"])
        [('', 'Any'), ('past_due', 'Past due')]
    """
    return [("", default), *((name, humanize(name)) for name in names)]
