"""Analytics."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import frozen

from .base import Model

__all__ = ["RecoverySummary"]


@frozen(kw_only=True)
class RecoverySummary(Model):
    """What failed, and what was won back.

    Attributes:
        in_flight: Still at risk while recovery is running.
        recovered: Won back.
        exhausted: Given up.
        recovery_rate: The share that was won back.
        by_failure_code: How many failures had each code.
    """

    in_flight: int
    recovered: int
    exhausted: int
    recovery_rate: float
    by_failure_code: Mapping[str, int]
