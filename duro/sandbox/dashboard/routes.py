"""Dashboard routes: the page at ``/_sandbox/``, its stylesheet, and the page at ``/`` that links to it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from ..backend import Backend
from .views import render_dashboard, render_index

__all__ = ["build_dashboard_routes"]

STATIC: Final = Path(__file__).parent / "static"

# The page shows text from requests. Only its own stylesheet may load, no script may run, and no page may frame it.
_HEADERS: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'"}


def build_dashboard_routes(backend: Backend) -> list[BaseRoute]:
    """Build the dashboard routes of a backend.

    Args:
        backend: Backend to show.
    """

    async def show_dashboard(_request: Request) -> Response:
        return HTMLResponse(render_dashboard(backend), headers=_HEADERS)

    async def show_index(_request: Request) -> Response:
        return HTMLResponse(render_index(), headers=_HEADERS)

    return [
        Route("/", show_index, methods=["GET"]),
        Route("/_sandbox", show_dashboard, methods=["GET"]),
        Route("/_sandbox/", show_dashboard, methods=["GET"]),
        Mount("/_sandbox/static", StaticFiles(directory=STATIC)),
    ]
