"""Handlers of due items: the function that settles each kind of item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .renewals import settle_period_end
from .scheduler import Handler

__all__ = ["HANDLERS"]

HANDLERS: Final[Mapping[str, Handler]] = {
    "period_end": settle_period_end,
}
