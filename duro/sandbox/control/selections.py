"""Query of the list routes: ``limit``, ``cursor``, ``order`` and filters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import URL
from starlette.requests import Request

from ..._json_types import camel_case
from ..errors import ApiError
from ..storage.pages import Selection
from ..validation import find_unknown, invalid_field

__all__ = ["MAX_LIMIT", "MODE_PARAMETER", "next_link", "parse_selection"]

MAX_LIMIT: Final = 1000
# It selects the backend before the route runs.
MODE_PARAMETER: Final = "mode"
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_ORDERS: Final = ("oldest", "newest")


def parse_selection(request: Request, filters: Iterable[str]) -> Selection:
    """Parse the query of a list route.

    Args:
        request: Request with the query.
        filters: Attributes that the list can be filtered by.

    Raises:
        ApiError: A parameter is unknown or invalid (422).
    """
    query = request.query_params
    names = {camel_case(name): name for name in filters}
    if unknown := find_unknown(query, ["limit", "cursor", "order", MODE_PARAMETER, *names]):
        raise ApiError(422, f"Not valid: {', '.join(detail['path'] for detail in unknown)}.", unknown)
    limit, order = query.get("limit", str(MAX_LIMIT)), query.get("order", _ORDERS[0])
    if not _LIMIT.fullmatch(limit) or int(limit) > MAX_LIMIT:
        raise invalid_field("limit", f"expected integer from 1 to {MAX_LIMIT}")
    if order not in _ORDERS:
        raise invalid_field("order", f"expected one of {', '.join(_ORDERS)}")
    return Selection(
        limit=int(limit),
        cursor=query.get("cursor"),
        filters={name: query[parameter] for parameter, name in names.items() if parameter in query},
        newest_first=order == "newest",
    )


def next_link(url: URL, cursor: str) -> str:
    """Return the ``Link`` header of a page that another page follows.

    Args:
        url: URL of the request.
        cursor: Cursor of the next page.
    """
    target = url.include_query_params(cursor=cursor)
    return f'<{target.path}?{target.query}>; rel="next"'
