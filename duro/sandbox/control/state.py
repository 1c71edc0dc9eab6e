"""Control routes of the whole sandbox: its counts, its fixtures, its database, and its reset."""

from __future__ import annotations

from collections.abc import Callable

import anyio.to_thread
from attrs import asdict, frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..fixtures.ids import read_fixture_ids
from .bodies import read_body, to_json

__all__ = ["build_state_routes"]


@frozen
class Reset:
    """Body of ``POST /_sandbox/reset``. It is an empty object."""


def build_state_routes(backend: Backend, reset: Callable[[], None]) -> list[Route]:
    """Build the routes that read and delete the state of a backend.

    Args:
        backend: Backend to read.
        reset: Function that resets the server.
    """

    async def show_stats(_request: Request) -> Response:
        # In snake_case, unlike the other routes: clients of the sandbox rely on these names.
        return ApiResponse.of(asdict(backend.stats())).response()

    async def show_fixtures(_request: Request) -> Response:
        return ApiResponse.of(to_json(backend.transact(read_fixture_ids))).response()

    async def save(_request: Request) -> Response:
        content = await anyio.to_thread.run_sync(backend.store.serialize)
        headers = {"Content-Disposition": 'attachment; filename="sandbox.db"'}
        return Response(content, headers=headers, media_type="application/vnd.sqlite3")

    async def handle_reset(request: Request) -> Response:
        await read_body(request, Reset)
        reset()
        return await show_stats(request)

    return [
        Route("/_sandbox/stats", show_stats, methods=["GET"]),
        Route("/_sandbox/fixtures", show_fixtures, methods=["GET"]),
        Route("/_sandbox/database", save, methods=["GET"]),
        Route("/_sandbox/reset", handle_reset, methods=["POST"]),
    ]
