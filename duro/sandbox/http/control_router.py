"""Routes below ``/_sandbox``: control interface, dashboard, hosted checkout and customer portal."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import Router
from starlette.types import ASGIApp

from ..backend import Backend
from ..checkout.routes import build_checkout_routes
from ..control.routes import build_control_routes
from ..dashboard.routes import build_dashboard_routes
from ..portal.routes import build_portal_routes

__all__ = ["build_control_router"]


def build_control_router(backend: Backend, reset: Callable[[], None], url: str) -> ASGIApp:
    """Build the routes of a backend that are not part of the API. The pages show test mode only.

    Args:
        backend: Backend to serve.
        reset: Function that resets the server.
        url: URL of the server, without a trailing slash.

    Returns:
        An ASGI application.
    """
    routes = [*build_control_routes(backend, reset, url), *build_checkout_routes(backend, url)]
    if backend.mode == "test":
        routes += [*build_dashboard_routes(backend), *build_portal_routes(backend, url)]
    return Router(routes, redirect_slashes=False)
