"""Resource of the OAuth token exchange (``/v1/oauth``)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Unpack

from ...errors import InvalidArgumentError
from ...http.request import NO_HEADERS
from ..argument_errors import check_option_names
from ..options import CallOptions, check_headers
from .base import AsyncResource

if TYPE_CHECKING:
    from ...auth.token import Token

__all__ = ["AsyncOAuth"]


class AsyncOAuth(AsyncResource):
    """OAuth: exchange of client credentials for access tokens."""

    async def token(self, **options: Unpack[CallOptions]) -> Token:
        """Exchange client credentials for a new token, without the cache (``oauthToken``, ``POST /v1/oauth/token``).

        Calls refresh their token automatically. Use this method to pass a token to another program. The cache neither
        returns nor stores this token.

        Args:
            **options: Per-call options; see ``CallOptions``. This operation does not accept an ``idempotency_key``.

        Returns:
            A new token.

        Raises:
            ConfigurationError: The credential is not an OAuth client.
            TokenExchangeError: The token endpoint rejected the request, or returned an invalid response.
            ConnectionFailedError: The token endpoint could not be reached.
            DeadlineExceededError: No response arrived in time.

        Example:
            >>> token = await client.oauth.token()
            >>> token.token_type, token.expires_in
            ('Bearer', 3600.0)
        """
        check_option_names(options, CallOptions)
        if "idempotency_key" in options:
            raise InvalidArgumentError("idempotency_key must not be passed to oauthToken; leave it out")
        exchange = self._requester.get_oauth_authorizer(options).exchange
        headers = check_headers(options["headers"]) if "headers" in options else NO_HEADERS
        return await self._requester.wait_for_token(options, partial(exchange, headers))
