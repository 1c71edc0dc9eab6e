"""Control routes of the clock."""

from __future__ import annotations

import math
from typing import Annotated

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..clock import timestamp
from ..validation import InvalidValueError, invalid_field
from .bodies import read_body

__all__ = ["build_clock_routes"]


def _check_span(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise InvalidValueError("expected number of seconds, at least 0")
    return value


@frozen
class ClockAdvance:
    """Body of ``POST /_sandbox/clock``."""

    advance: Annotated[float, _check_span]


def build_clock_routes(backend: Backend) -> list[Route]:
    """Build the routes that move the clock of a backend."""

    async def advance(request: Request) -> Response:
        body = await read_body(request, ClockAdvance)
        try:
            now = backend.clock.advance(seconds=body.advance)
        except ValueError as error:
            raise invalid_field("advance", str(error)) from None
        return ApiResponse.of({"now": timestamp(now)}).response()

    return [Route("/_sandbox/clock", advance, methods=["POST"])]
