"""Control routes of recovery: outcomes of charges."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..recovery.card_commands import parse_command
from ..validation import parse_json

__all__ = ["build_recovery_routes"]


def build_recovery_routes(backend: Backend) -> list[Route]:
    """Build the route that determines the outcomes of charges of a backend."""

    async def run_command(request: Request) -> Response:
        name, command = parse_command(parse_json(await request.body()))
        backend.cards.apply(command)
        return ApiResponse.of({"applied": name}).response()

    return [Route("/_sandbox/cards", run_command, methods=["POST"])]
