"""Authorizers, which turn a credential into the headers of a request."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from ..errors import ClientClosedError, ConfigurationError, DuroError
from ..http.event_loop import PerLoop
from ..http.exchange_wait import wait_for_next_exchange
from ..http.operation import Surface
from ..http.request import NO_HEADERS, Headers
from .cache import TokenCache
from .credentials import ClientCredentials, IdentityToken, PortalSession, SecretKey
from .exchange import TokenExchange
from .shared_exchange import SharedTokenExchange, build_store_key
from .stores.counters import MutableCounters
from .stores.guard import StoreGuard

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import ClientSettings, RetryPolicy
    from ..http.operation import Operation
    from ..http.request import Authorizer
    from ..http.transport import Transport
    from .credentials import Credential
    from .stores.selection import ChosenStore
    from .token import Token

__all__ = ["Authorizers", "OAuthAuthorizer", "StaticAuthorizer"]

_ADVICE: Final = {
    Surface.MERCHANT: "pass a secret key or ClientCredentials",
    Surface.IDENTITY: "pass credential=IdentityToken(…)",
    Surface.PORTAL: "pass credential=PortalSession(…)",
}


class StaticAuthorizer:
    """Authorizer with fixed headers.

    Args:
        headers: Headers of each request, possibly none.
    """

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def cached_headers(self) -> Headers:
        """Return the headers."""
        return self._headers

    async def get_headers(self) -> Headers:
        """Return the headers."""
        return self._headers

    def on_unauthorized(self, headers: Headers) -> bool:  # noqa: ARG002 - part of the protocol
        """Return ``False``, because the headers never change."""
        return False

    def on_accepted(self, headers: Headers) -> None:
        """Do nothing, because the headers never change."""

    def choose_delay(self, error: DuroError) -> float | None:  # noqa: ARG002 - part of the protocol
        """Return ``None``, because the headers do not need an exchange."""
        return None


class OAuthAuthorizer:
    """Authorizer with an access token, which it exchanges and refreshes as needed.

    Args:
        credentials: OAuth client.
        settings: Settings of the SDK client, for the address and the clock.
        transports: Transports for exchanges, one per event loop.
        check_open: Function that raises ``ClientClosedError`` if the SDK client is closed.
        counters: Counters of the SDK client.
        store: Token store of the SDK client, ``None`` without one.
    """

    def __init__(
        self,
        credentials: ClientCredentials,
        settings: ClientSettings,
        transports: PerLoop[Transport],
        check_open: Callable[[], None],
        *,
        counters: MutableCounters,
        store: StoreGuard | None = None,
    ) -> None:
        self.exchange: TokenExchange = TokenExchange(credentials, settings, transports, check_open, counters)
        if store is None:
            self.cache: TokenCache = TokenCache(self.exchange, settings.clock)
        else:
            key = build_store_key(settings.base_url, credentials.client_id)
            shared = SharedTokenExchange(self.exchange, store, key, settings.clock)
            self.cache = TokenCache(shared, settings.clock, shared.reject)
        self._clock = settings.clock

    def cached_headers(self) -> Headers | None:
        """Return the headers of a token below its soft limit, else ``None``."""
        token = self.cache.cached_token()
        return None if token is None else token.headers

    async def get_headers(self) -> Headers:
        """Return the headers of a usable token. This may wait for an exchange."""
        return (await self.cache.get()).headers

    def on_unauthorized(self, headers: Headers) -> bool:
        """Invalidate the token of these headers, and return whether there will be another one.

        An API that rejects every new token gets one for each cooldown, and
        not one for each call.
        """
        return self.cache.reject(headers)

    def on_accepted(self, headers: Headers) -> None:
        """Store that the API accepted the token."""
        self.cache.accept(headers)

    def choose_delay(self, error: DuroError) -> float | None:
        """Return the seconds until the next exchange may start, ``None`` if a wait does not help."""
        return self.cache.choose_delay(error)

    async def get_token(self, *, policy: RetryPolicy, time_left: float) -> Token:
        """Return a usable token. Wait for the next exchange if one fails.

        Args:
            policy: Number of retries.
            time_left: Seconds until the deadline of the call.

        Returns:
            The token.

        Raises:
            DuroError: The exchange failed, and a retry is not possible or does not help.
        """
        deadline = self._clock.monotonic() + time_left
        attempt = 0
        while True:
            failure: DuroError
            try:
                return await self.cache.get()
            except DuroError as error:
                failure = error
            attempt += 1
            await wait_for_next_exchange(
                failure,
                self.choose_delay(failure),
                attempt=attempt,
                time_left=deadline - self._clock.monotonic(),
                policy=policy,
                clock=self._clock,
            )


_ANONYMOUS: Final = StaticAuthorizer(NO_HEADERS)


class Authorizers:
    """Authorizers of one client and its copies, with one token cache for each OAuth client.

    The authorizers of the OAuth clients that were used last are kept. An
    older one lives as long as a call or a copy of the client uses it. Until
    then, its OAuth client has no second authorizer and no second exchange.

    Args:
        settings: Settings of the client, for the address and the clock.
        open_transport: Function that creates the transport for the exchanges of an event loop.
        token_store: Token store, ``None`` without one.
    """

    def __init__(
        self,
        settings: ClientSettings,
        open_transport: Callable[[], Transport],
        token_store: ChosenStore | None = None,
    ) -> None:
        self.counters: MutableCounters = MutableCounters()
        self._store = None if token_store is None else StoreGuard(token_store, settings.clock, self.counters)
        self._settings = settings
        self._transports = PerLoop(open_transport)
        self._recent: OrderedDict[ClientCredentials, OAuthAuthorizer] = OrderedDict()
        self._live: WeakValueDictionary[ClientCredentials, OAuthAuthorizer] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._closed = False

    def authorizer_for(self, credential: Credential, operation: Operation) -> Authorizer:
        """Return the authorizer for calls of an operation.

        Args:
            credential: Credential of the client or of the call.
            operation: Operation to call.

        Returns:
            The authorizer.

        Raises:
            ConfigurationError: The operation requires another kind of credential.
        """
        surface = operation.surface
        if surface is Surface.PUBLIC:
            return _ANONYMOUS
        if surface is not Surface.ANY and surface not in credential.surfaces:
            raise ConfigurationError(f"{operation.id} does not accept {credential!r}; {_ADVICE[surface]}")
        if isinstance(credential, ClientCredentials):
            return self.oauth_authorizer_for(credential)
        return StaticAuthorizer(_build_headers(credential))

    def oauth_authorizer_for(self, credentials: ClientCredentials) -> OAuthAuthorizer:
        """Return the authorizer of an OAuth client, and with it the token cache."""
        if self._pid != os.getpid():
            # A thread of the parent process may have held the lock during the fork.
            self._lock, self._pid = threading.Lock(), os.getpid()
        with self._lock:
            authorizer = self._recent.get(credentials) or self._live.get(credentials)
            if authorizer is None:
                authorizer = OAuthAuthorizer(
                    credentials,
                    self._settings,
                    self._transports,
                    self._check_open,
                    counters=self.counters,
                    store=self._store,
                )
                self._live[credentials] = authorizer
            self._recent[credentials] = authorizer
            self._recent.move_to_end(credentials)
            while len(self._recent) > self._settings.max_oauth_clients:
                self._recent.popitem(last=False)
        return authorizer

    def stop_exchanges(self) -> None:
        """Reject all further exchanges with ``ClientClosedError``, on every event loop."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ClientClosedError("this client is closed; create a new one")

    async def aclose(self) -> None:
        """Close the connections of the running loop, and reject further exchanges."""
        self.stop_exchanges()
        try:
            if transport := self._transports.pop():
                await transport.aclose()
        finally:
            if self._store is not None:
                await self._store.aclose()


def _build_headers(credential: SecretKey | IdentityToken | PortalSession) -> Headers:
    # The only place that unwraps these secrets.
    if isinstance(credential, PortalSession):
        return Headers.from_lines([(b"x-portal-session", credential.token.reveal().encode("ascii"))])
    secret = credential.key if isinstance(credential, SecretKey) else credential.token
    return Headers.from_lines([(b"authorization", b"Bearer " + secret.reveal().encode("ascii"))])
