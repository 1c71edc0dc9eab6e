"""Dashboard routes: pages, static files, live updates, and the page at ``/`` that links to the dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from ..backend import Backend
from .frame import HEADERS, Frame
from .live import LiveUpdates
from .pages import FORMS, PAGES
from .templating import render_template

__all__ = ["build_dashboard_routes"]

STATIC: Final = Path(__file__).parent / "static"
HOME: Final = "/_sandbox/"


def build_dashboard_routes(backend: Backend) -> list[BaseRoute]:
    """Build the dashboard routes of a backend.

    Args:
        backend: Backend to show.
    """
    return [
        Route("/", _show_index, methods=["GET"]),
        Route("/_sandbox", _redirect_to_home, methods=["GET"]),
        Route("/_sandbox/live", LiveUpdates(backend), methods=["GET"]),
        Mount("/_sandbox/static", StaticFiles(directory=STATIC)),
        *Frame(backend, PAGES).build_routes(FORMS),
    ]


async def _show_index(_request: Request) -> Response:
    return HTMLResponse(render_template("index.html", {}), headers=HEADERS)


async def _redirect_to_home(_request: Request) -> Response:
    return RedirectResponse(HOME, 303)
