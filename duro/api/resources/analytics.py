"""Analytics (``/v1/analytics``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..models.analytics import RecoverySummary
from .base import AsyncResource

if TYPE_CHECKING:
    from ..options import CallOptions

__all__ = ["AsyncAnalytics"]

FAILURES: Final = Operation("getAnalyticsFailures", "GET", "/v1/analytics/failures")


class AsyncAnalytics(AsyncResource):
    """What failed, and what was won back."""

    async def failures(self, **options: Unpack[CallOptions]) -> RecoverySummary:
        """Sum up failed payments and their recovery (``getAnalyticsFailures``, ``GET /v1/analytics/failures``).

        Args:
            **options: What may be said with every call.

        Returns:
            The totals, and how many failures had each code.

        Raises:
            APIError: The API refused.

        Example:
            >>> summary = await client.analytics.failures()
            >>> summary.recovered, dict(summary.by_failure_code)
            (0, {})
        """
        return await self._requester.call(FAILURES, into=RecoverySummary, options=options)
