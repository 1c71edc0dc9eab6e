"""Exceptions of token exchanges."""

from __future__ import annotations

from .api import AuthenticationError
from .base import CallError

__all__ = ["ClientSecretError", "CredentialsRejectedError", "TokenEndpointUnavailableError", "TokenExchangeError"]


class TokenExchangeError(CallError):
    """Rejection by the token endpoint, or an invalid response from it (``POST /v1/oauth/token``).

    The call that needed the token was not sent.

    Attributes:
        status: HTTP status, ``None`` without a response.
        code: Error code of the API, or OAuth ``error``; ``None`` if the response has neither.
        retry_after: Seconds to wait, from the ``Retry-After`` header; ``None`` without one.
        request_id: Id that the server gave to the exchange, ``None`` without one.
    """

    # Set again, because a subclass is an APIError as well.
    _verb = "failed:"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.request_id = request_id

    def _describe(self) -> str:
        return str(self.args[0]) if self.args else ""


class TokenEndpointUnavailableError(TokenExchangeError):
    """Transient failure of the token endpoint (5xx, 408 or 429)."""

    @property
    def is_transient(self) -> bool:
        """``True``: the endpoint may work again later."""
        return True


class ClientSecretError(TokenExchangeError):
    """Failure of the callable that was passed as ``client_secret=``. ``__cause__`` is its exception."""

    @property
    def is_transient(self) -> bool:
        """``True``: the store of the secret may work again later."""
        return True


class CredentialsRejectedError(TokenExchangeError, AuthenticationError):
    """Rejection of the client credentials by the token endpoint (401, or the OAuth error ``invalid_client``)."""

    status: int

    def __init__(
        self,
        message: str,
        *,
        status: int = 401,
        code: str | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        AuthenticationError.__init__(self, message, status=status, code=code, request_id=request_id)
        self.retry_after = retry_after
