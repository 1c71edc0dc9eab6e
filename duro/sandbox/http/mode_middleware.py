"""ASGI middleware that selects the backend of a request: that of test or live mode."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from ...errors import ConfigurationError
from ..api.responses import ApiResponse
from ..auth.credentials import CREDENTIALS
from ..auth.modes import find_credential
from ..backend import Backend
from ..billing.checkout_sessions import HOSTED_PATH
from ..control.selections import MODE_PARAMETER
from ..errors import ApiError, ResponseError
from ..faults.path_pattern import is_control_path
from ..modes.backends import Modes
from ..validation import invalid_field

__all__ = ["ModeMiddleware", "backend_of", "use_backend"]

_KEY: Final = "duro.backend"
_CHECKOUT: Final = f"{HOSTED_PATH}/"


def backend_of(scope: Scope) -> Backend:
    """Return the backend that serves a request.

    Args:
        scope: ASGI scope of the request.
    """
    backend: Backend = scope[_KEY]
    return backend


def use_backend(scope: Scope, backend: Backend) -> None:
    """Store the backend that serves a request.

    Args:
        scope: ASGI scope of the request.
        backend: Backend.
    """
    scope[_KEY] = backend


class ModeMiddleware:
    """Middleware that stores the backend of each request in its scope.

    Args:
        application: ASGI application that reads it with ``backend_of``.
        modes: Backends of the server.
    """

    def __init__(self, application: ASGIApp, modes: Modes) -> None:
        self._application = application
        self._modes = modes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request. The server is configured to pass only HTTP requests."""
        application = self._application
        try:
            use_backend(scope, self._select(scope["path"], scope))
        except ResponseError as error:
            application = ApiResponse.from_error(error).response()
        except ConfigurationError as error:
            # Another sandbox uses the file of live mode, for example.
            application = ApiResponse.from_error(ApiError(500, f"Live mode cannot be opened: {error}.")).response()
        await application(scope, receive, send)

    def _select(self, path: str, scope: Scope) -> Backend:
        if not is_control_path(path):
            # A search for the credential takes longer, and most requests do not contain a live one anywhere.
            if "_live_" not in path and not any(b"_live_" in value for _, value in scope["headers"]):
                return self._modes.test
            return self._modes.select(find_credential(path, Headers(scope=scope)))
        if path.startswith(_CHECKOUT):
            return self._modes.select(path.removeprefix(_CHECKOUT))
        if b"mode=" not in scope["query_string"]:
            return self._modes.test
        mode = _parse_mode(QueryParams(scope["query_string"]))
        return self._modes.open_live() if mode == "live" else self._modes.test


def _parse_mode(query: QueryParams) -> str:
    mode = query.get(MODE_PARAMETER, "test")
    if mode not in CREDENTIALS:
        raise invalid_field(MODE_PARAMETER, f"expected one of {', '.join(CREDENTIALS)}")
    return mode
