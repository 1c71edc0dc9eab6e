"""Resource of analytics (``/v1/analytics``)."""

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
    """Analytics: totals of failed payments and their recovery."""

    async def failures(self, **options: Unpack[CallOptions]) -> RecoverySummary:
        """Retrieve totals of failures and recovery (``getAnalyticsFailures``, ``GET /v1/analytics/failures``).

        Args:
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The totals, and the number of failures for each failure code.

        Raises:
            APIError: The API rejected the request for another reason.

        Example:
            >>> summary = await client.analytics.failures()
            >>> summary.recovered, dict(summary.by_failure_code)
            (0, {})
        """
        return await self._requester.call(FAILURES, into=RecoverySummary, options=options)
