"""Events: the record, and the bytes that webhooks deliver."""

from __future__ import annotations

from typing import Final

from ...._json_types import JSONObject
from ...representation import event_to_json
from ...storage.rows import find
from ..operation import ApiOperation
from ..request_context import RequestContext
from ..responses import ApiResponse

__all__ = ["OPERATIONS"]


def retrieve_event(context: RequestContext) -> JSONObject:
    """``getEvent``."""
    return event_to_json(find(context.uow.db, "events", context.path["id"]))


def retrieve_event_payload(context: RequestContext) -> ApiResponse:
    """``getEventPayload``: the delivered bytes, because the signature covers them."""
    return ApiResponse(200, find(context.uow.db, "events", context.path["id"])["payload"])


OPERATIONS: Final = (
    ApiOperation("GET", "/v1/events/{id}", retrieve_event),
    ApiOperation("GET", "/v1/events/{id}/payload", retrieve_event_payload),
)
