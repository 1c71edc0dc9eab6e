"""Models of analytics."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations at run time

from attrs import field, frozen

from .base import Model

__all__ = ["RecoverySummary"]


@frozen(kw_only=True)
class RecoverySummary(Model):
    """Totals of failed payments and their recovery.

    The contract does not name the unit of the totals. The sandbox returns minor units (kobo).

    Attributes:
        in_flight: Total at risk, whose recovery is in progress.
        recovered: Total that was recovered.
        exhausted: Total whose recovery ended without success.
        recovery_rate: Recovered share of the total whose recovery ended, 0 to 1.
        by_failure_code: Number of failures for each failure code.
    """

    in_flight: int
    recovered: int
    exhausted: int
    recovery_rate: float
    by_failure_code: Mapping[str, int] = field(hash=False)
