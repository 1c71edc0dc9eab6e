"""Control routes of the clock: read the time, and advance it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Final

import anyio.to_thread
from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..._json_types import JSONObject
from ..._unset import UNSET, Unset
from ..api.responses import ApiResponse
from ..backend import Backend
from ..billing.scheduler import AdvanceInProgressError, AdvanceResult, EventNotFoundError
from ..clock import timestamp
from ..deliveries.calling_thread import DeliveryInProgressError
from ..errors import ApiError
from ..validation import Flag, InvalidValueError, Text, check_timestamp, invalid_field
from .bodies import read_body

__all__ = ["ClockAdvance", "advance_clock", "build_clock_routes"]

MAX_SECONDS: Final = timedelta.max.total_seconds()


def _check_span(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise InvalidValueError("expected number of seconds, at least 0")
    return value


@frozen
class ClockAdvance:
    """Body of ``POST /_sandbox/clock``: ``advance`` in seconds, or ``until`` a time or event type."""

    advance: Annotated[float, _check_span] | Unset = UNSET
    until: Text | Unset = UNSET
    limit: Annotated[float, _check_span] | Unset = UNSET
    deliver: Flag = True


def build_clock_routes(backend: Backend) -> list[Route]:
    """Build the routes that read and move the clock of a backend."""

    async def show(_request: Request) -> Response:
        item = backend.clock.next_due()
        due = None if item is None else {"at": timestamp(item.at), "kind": item.kind, "subject": item.subject}
        return ApiResponse.of({"now": timestamp(backend.clock.now()), "nextDue": due}).response()

    async def advance(request: Request) -> Response:
        body = await read_body(request, ClockAdvance)
        # In a worker thread: an advance can take seconds, and its deliveries and requests need the event loop.
        result = await anyio.to_thread.run_sync(partial(advance_clock, backend, body))
        return ApiResponse.of(_to_json(result)).response()

    return [
        Route("/_sandbox/clock", show, methods=["GET"]),
        Route("/_sandbox/clock", advance, methods=["POST"]),
    ]


def advance_clock(backend: Backend, body: ClockAdvance) -> AdvanceResult:
    """Advance the clock of a backend, which can take seconds.

    Args:
        backend: Backend whose clock moves.
        body: Target of the advance.

    Raises:
        ApiError: The target is invalid (422), another advance is in progress, a delivery in progress does not end, or
            the event did not happen (409).
    """
    if isinstance(body.advance, Unset) == isinstance(body.until, Unset):
        raise invalid_field("advance", "expected either advance or until")
    field = "advance" if isinstance(body.until, Unset) else "until"
    seconds = 0 if isinstance(body.advance, Unset) else body.advance
    until = None if isinstance(body.until, Unset) else _parse_until(body.until)
    limit = None if isinstance(body.limit, Unset) else timedelta(seconds=min(body.limit, MAX_SECONDS))
    try:
        return backend.clock.advance(seconds=seconds, until=until, limit=limit, deliver=body.deliver)
    except (AdvanceInProgressError, DeliveryInProgressError, EventNotFoundError) as error:
        message = str(error)
        raise ApiError(409, f"{message[0].upper()}{message[1:]}.") from None
    except ValueError as error:
        raise invalid_field(field, str(error)) from None


def _parse_until(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(check_timestamp(text))
    except InvalidValueError:
        return text


def _to_json(result: AdvanceResult) -> JSONObject:
    return {
        "now": timestamp(result.now),
        "items": result.items,
        "charges": result.charges,
        "events": result.events,
        "deliveries": result.deliveries,
    }
