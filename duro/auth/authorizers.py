"""From a credential to the headers of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from ..errors import ConfigurationError
from ..http.event_loop import PerLoop
from ..http.operation import Surface
from ..http.request import NO_HEADERS, Headers
from .cache import TokenCache
from .credentials import ClientCredentials, IdentityToken, PortalSession, SecretKey
from .exchange import TokenExchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import Settings
    from ..http.operation import Operation
    from ..http.request import Authorizer
    from ..http.transport import Transport
    from .credentials import Credential

__all__ = ["Authorizers", "OAuthAuthorizer", "StaticAuthorizer"]

# With more OAuth clients than this in one SDK client, the oldest exchange anew when they call again.
MOST_OAUTH_CLIENTS: Final = 256

_ADVICE: Final = {
    Surface.MERCHANT: "use a secret key or an OAuth client",
    Surface.IDENTITY: "give credential=IdentityToken(…)",
    Surface.PORTAL: "give credential=PortalSession(…)",
}


class StaticAuthorizer:
    """Headers that never change.

    Args:
        headers: The headers, perhaps none.
    """

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def cached_headers(self) -> Headers:
        """Give the headers."""
        return self._headers

    async def get_headers(self) -> Headers:
        """Give the headers."""
        return self._headers

    def on_unauthorized(self, headers: Headers) -> bool:  # noqa: ARG002 - the protocol's, whichever headers they were
        """Say that there are no others."""
        return False


class OAuthAuthorizer:
    """Headers of an access token, exchanged and renewed as needed.

    Args:
        credentials: The OAuth client.
        settings: Where to exchange, and the clock.
        transports: What carries exchanges, for each event loop.
    """

    def __init__(self, credentials: ClientCredentials, settings: Settings, transports: PerLoop[Transport]) -> None:
        self.exchange = TokenExchange(credentials, settings, transports)
        self.cache = TokenCache(self.exchange, settings.clock)

    def cached_headers(self) -> Headers | None:
        """Give the headers of a fresh token."""
        token = self.cache.fresh()
        return None if token is None else token.headers

    async def get_headers(self) -> Headers:
        """Give the headers of a usable token, exchanging if there is none."""
        return (await self.cache.get()).headers

    def on_unauthorized(self, headers: Headers) -> bool:
        """Drop the token that these headers are of; say that another can be had."""
        if token := self.cache.token_for(headers):
            self.cache.drop(token)
        return True


_NOBODY: Final = StaticAuthorizer(NO_HEADERS)


class Authorizers:
    """The authorizers of one client and its copies: one token cache for each OAuth client.

    Args:
        settings: Where to exchange, and the clock.
        open_transport: Makes the transport for the exchanges of an event loop.
    """

    def __init__(self, settings: Settings, open_transport: Callable[[], Transport]) -> None:
        self._settings = settings
        self._transports = PerLoop(open_transport)
        self._oauth: dict[ClientCredentials, OAuthAuthorizer] = {}

    def authorizer_for(self, credential: Credential, operation: Operation) -> Authorizer:
        """Pick who calls an operation.

        Args:
            credential: The client's credential or the call's own.
            operation: What is called.

        Returns:
            The authorizer.

        Raises:
            ConfigurationError: The operation takes another kind of credential.
        """
        surface = operation.surface
        if surface is Surface.PUBLIC:
            return _NOBODY
        if surface is not Surface.ANY and surface not in credential.surfaces:
            raise ConfigurationError(f"{operation.id} does not take the credential {credential!r}; {_ADVICE[surface]}")
        if isinstance(credential, ClientCredentials):
            return self.oauth(credential)
        return StaticAuthorizer(_headers_of(credential))

    def oauth(self, credentials: ClientCredentials) -> OAuthAuthorizer:
        """Give the authorizer, and so the token cache, of an OAuth client."""
        authorizer = self._oauth.get(credentials)
        if authorizer is None:
            while len(self._oauth) >= MOST_OAUTH_CLIENTS:
                self._oauth.pop(next(iter(self._oauth)), None)
            # Two threads may come here at once; setdefault lets both have the same one.
            authorizer = self._oauth.setdefault(
                credentials, OAuthAuthorizer(credentials, self._settings, self._transports)
            )
        return authorizer

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        transport = self._transports.pop()
        if transport is not None:
            with anyio.CancelScope(shield=True):
                await transport.aclose()


def _headers_of(credential: SecretKey | IdentityToken | PortalSession) -> Headers:
    """Write the header that proves who calls: the one place where these secrets are taken out of their wrapping."""
    if isinstance(credential, PortalSession):
        return Headers([(b"x-portal-session", credential.token.reveal().encode("ascii"))])
    secret = credential.key if isinstance(credential, SecretKey) else credential.token
    return Headers([(b"authorization", b"Bearer " + secret.reveal().encode("ascii"))])
