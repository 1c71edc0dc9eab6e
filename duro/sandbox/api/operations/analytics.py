"""Analytics: failed charges and their recovery."""

from __future__ import annotations

from typing import Final

from ...._json_types import JSONObject
from ...recovery.analytics import summarize_failures
from ..operation import ApiOperation
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]


def get_failures(context: RequestContext) -> JSONObject:
    """``getAnalyticsFailures``."""
    return summarize_failures(context.uow.db)


OPERATIONS: Final = (ApiOperation("GET", "/v1/analytics/failures", get_failures),)
