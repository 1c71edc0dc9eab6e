"""Records of the model: plans, promo codes, declines and invoices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Decline", "Invoice", "Plan", "Promo"]


@dataclass(frozen=True)
class Plan:
    """Plan that a subscription buys."""

    id: str
    amount: int
    interval: str
    count: int
    trial_days: int
    max_cycles: int | None


@dataclass
class Promo:
    """Redeemed promo code. `left` is the number of invoices that it still lowers, or None."""

    type: str
    value: int
    left: int | None


@dataclass
class Decline:
    """Failures of the next charges over a rail, or over any rail if it is None."""

    category: str
    left: int
    rail: str | None


@dataclass
class Invoice:
    """Invoice with the categories and rails of its attempts."""

    kind: str
    amount: int
    price: int
    credit: int
    start: datetime
    end: datetime
    status: str = "open"
    categories: list[str] = field(default_factory=list)
    rails: list[str] = field(default_factory=list)
    first: datetime | None = None
