"""Events: what happened, and the bytes that told of it."""

from __future__ import annotations

import json
from typing import Final

from ...._json import JSONObject
from ...storage.rows import find
from ..dispatch import Call, Operation
from ..responses import ApiResponse

__all__ = ["OPERATIONS"]


def retrieve_event(call: Call) -> JSONObject:
    """``getEvent``: the record, with what its payload says."""
    event = find(call.db, "events", call.path["id"])
    return {
        "id": event["id"],
        "type": event["type"],
        "data": json.loads(event["payload"])["data"],
        "dispatchedAt": event["dispatched_at"],
        "createdAt": event["created_at"],
    }


def retrieve_event_payload(call: Call) -> ApiResponse:
    """``getEventPayload``: the payload itself, unchanged to the byte."""
    return ApiResponse(200, find(call.db, "events", call.path["id"])["payload"])


OPERATIONS: Final = (
    Operation("GET", "/v1/events/{id}", retrieve_event),
    Operation("GET", "/v1/events/{id}/payload", retrieve_event_payload),
)
