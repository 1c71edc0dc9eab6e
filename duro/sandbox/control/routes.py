"""Control routes: JSON under ``/_sandbox`` to read and control a running sandbox from any language.

The real API does not have these routes. They do not require a credential, and the request log leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import Route

from ..backend import Backend
from .clock import build_clock_routes
from .deliveries import build_delivery_routes
from .endpoints import build_endpoint_routes
from .faults import build_fault_routes
from .lists import build_list_routes
from .portal_links import build_portal_link_routes
from .promo_codes import build_promo_code_routes
from .recovery import build_recovery_routes
from .scheduled_plans import build_scheduled_plan_routes
from .state import build_state_routes
from .tokens import build_token_routes
from .traces import build_trace_routes
from .transfers import build_transfer_routes

__all__ = ["build_control_routes"]


def build_control_routes(backend: Backend, reset: Callable[[], None], url: str) -> list[Route]:
    """Build the control routes of a backend.

    Args:
        backend: Backend to read and control.
        reset: Function that resets the server.
        url: URL of the server, without a trailing slash.
    """
    return [
        *build_state_routes(backend, reset),
        *build_list_routes(backend),
        *build_clock_routes(backend),
        *build_delivery_routes(backend),
        *build_endpoint_routes(backend),
        *build_fault_routes(backend),
        *build_recovery_routes(backend),
        *build_token_routes(backend),
        *build_portal_link_routes(backend, url),
        *build_promo_code_routes(backend),
        *build_scheduled_plan_routes(backend),
        *build_trace_routes(backend),
        *build_transfer_routes(backend),
    ]
