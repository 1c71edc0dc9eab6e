"""OAuth (``/v1/oauth``)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Unpack

from ...errors import InvalidArgumentError
from ...http.request import NO_HEADERS
from ..options import CallOptions, check_headers, check_names
from .base import AsyncResource

if TYPE_CHECKING:
    from ...auth.token import Token

__all__ = ["AsyncOAuth"]


class AsyncOAuth(AsyncResource):
    """The exchange of client credentials for an access token."""

    async def token(self, **options: Unpack[CallOptions]) -> Token:
        """Exchange once, past the cache (``oauthToken``, ``POST /v1/oauth/token``).

        Calls renew their token by themselves; this is for handing one to
        somebody else. The cache neither serves nor keeps it.

        Args:
            **options: What may be said with every call, but for an idempotency key, which this operation has not.

        Returns:
            A new token.

        Raises:
            ConfigurationError: The credential is no OAuth client.
            TokenExchangeError: The endpoint refused, or answered nonsense.
            ConnectionFailedError: The endpoint could not be reached.
            DeadlineExceededError: No answer came in time.

        Example:
            >>> token = await client.oauth.token()
            >>> token.token_type, token.expires_in
            ('Bearer', 3600.0)
        """
        check_names(options, CallOptions)
        if "idempotency_key" in options:
            raise InvalidArgumentError("oauthToken takes no idempotency_key; leave it out")
        exchange = self._requester.oauth_authorizer(options).exchange
        headers = check_headers(options["headers"]) if "headers" in options else NO_HEADERS
        return await self._requester.within_deadline(options, partial(exchange, headers))
