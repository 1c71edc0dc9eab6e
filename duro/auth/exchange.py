"""Exchange of client credentials for an access token (``POST /v1/oauth/token``)."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import anyio

from ..errors import (
    CallError,
    ConnectionFailedError,
    CredentialsRejectedError,
    DeadlineExceededError,
    DuroError,
    FailedCall,
    TokenEndpointUnavailableError,
    TokenExchangeError,
)
from ..http.error_response import describe_foreign_response, parse_error_response
from ..http.request import NO_HEADERS, USER_AGENT, Headers, Request, Response
from ..http.retry import get_retry_after
from ..http.transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError
from ..http.transport.route import describe_connection, find_sandbox_hint
from .stores.counters import MutableCounters
from .token import ClockReading, Token, parse_token

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from .._secrets import Secret
    from ..config import ClientSettings
    from ..http.event_loop import PerLoop
    from ..http.transport import AttemptOutcome, Transport
    from .credentials import ClientCredentials

__all__ = ["EXCHANGE_TIMEOUT_SECONDS", "PATH", "TokenExchange", "build_deadline_error"]

EXCHANGE_TIMEOUT_SECONDS: Final = 10.0
PATH: Final = "/v1/oauth/token"
_CALL: Final = FailedCall("oauthToken", "POST", PATH)

_HEADERS: Final = (
    (b"accept", b"application/json"),
    (b"content-type", b"application/json"),
    USER_AGENT,
)


class TokenExchange:
    """Token exchange of one OAuth client, over connections of its own.

    Business calls wait for connections, run the user's hooks and log each
    attempt. An exchange does not. It sends one request. The calls that wait for
    it retry, and share the next exchange.

    Args:
        credentials: OAuth client.
        settings: Settings of the SDK client, for the address and the clock.
        transports: Transports for exchanges, one per event loop.
        check_open: Function that raises ``ClientClosedError`` if the SDK client is closed.
        counters: Counters of the client.
    """

    def __init__(
        self,
        credentials: ClientCredentials,
        settings: ClientSettings,
        transports: PerLoop[Transport],
        check_open: Callable[[], None],
        counters: MutableCounters | None = None,
    ) -> None:
        self._credentials = credentials
        self._settings = settings
        self._counters = MutableCounters() if counters is None else counters
        self._clock = settings.clock
        self._transports = transports
        self._check_open = check_open

    async def __call__(self, headers: Headers = NO_HEADERS, *, secret: Secret | None = None) -> Token:
        """Request a token.

        Args:
            headers: Additional header lines.
            secret: Client secret, if it was already read.

        Returns:
            The token.

        Raises:
            ClientClosedError: The client was closed before or during the exchange.
            ClientSecretError: The function that returns the client secret failed.
            ConfigurationError: That function did not return a client secret.
            CredentialsRejectedError: The endpoint rejected the client credentials.
            TokenExchangeError: The endpoint returned another error, or an invalid response.
            ConnectionFailedError: The connection to the endpoint failed.
            DeadlineExceededError: The endpoint did not respond in time.
        """
        self._counters.exchanges += 1
        with _names_the_call():
            return await self._exchange(headers, secret)

    async def read_secret(self) -> Secret:
        """Return the client secret.

        Returns:
            The secret.

        Raises:
            ClientClosedError: The client is closed.
            ClientSecretError: The function that returns the client secret failed.
            ConfigurationError: That function did not return a client secret.
            DeadlineExceededError: That function did not return in time.
        """
        with _names_the_call():
            self._check_open()
            with anyio.CancelScope(deadline=anyio.current_time() + EXCHANGE_TIMEOUT_SECONDS):
                return await self._credentials.read_secret()
            raise _build_timeout_error("client_secret()")

    async def _exchange(self, headers: Headers, secret: Secret | None) -> Token:
        requested_at = ClockReading.read(self._clock)
        waits_for = "client_secret()"
        self._check_open()
        with anyio.CancelScope(deadline=anyio.current_time() + EXCHANGE_TIMEOUT_SECONDS):
            secret = await self._credentials.read_secret() if secret is None else secret
            waits_for = "the token endpoint"
            outcome = await self._send(headers, secret)
            if isinstance(outcome, Response) and outcome.status < 300:
                return parse_token(outcome, requested_at=requested_at, clock=self._clock)
            raise self._build_error(outcome, secret)
        raise _build_timeout_error(waits_for)

    async def _send(self, headers: Headers, secret: Secret) -> AttemptOutcome:
        # No await follows before the request is sent, so a closed client opens no connection.
        self._check_open()
        try:
            return await self._transports.get().send(self._build_request(headers, secret))
        except (RequestNotSentError, ResponseLostError) as failure:
            return failure

    def _build_request(self, headers: Headers, secret: Secret) -> Request:
        return Request(
            "POST",
            self._settings.base_url + PATH,
            Headers.from_lines(_HEADERS + headers),
            _encode_body(self._credentials.client_id, secret),
            EXCHANGE_TIMEOUT_SECONDS,
            self._settings.max_response_bytes,
        )

    def _build_error(self, outcome: AttemptOutcome, secret: Secret) -> DuroError:
        if isinstance(outcome, ResponseTooLargeError):
            return TokenExchangeError(f"the token endpoint returned an invalid response ({outcome}); check base_url")
        if isinstance(outcome, RequestNotSentError | ResponseLostError):
            # The client may have closed the connection itself.
            self._check_open()
            return self._build_connection_error(outcome)
        encoded = secret.reveal().encode()
        description = parse_error_response(outcome.body, secret=encoded)
        if description.code is None:
            problem = f": {describe_foreign_response(outcome, secret=encoded)}"
        else:
            problem = f" ({description.code}): {description.message or 'no message'}"
        return _choose_class(outcome.status, description.code)(
            f"the token endpoint returned {outcome.status}{problem}",
            status=outcome.status,
            code=description.code,
            retry_after=get_retry_after(outcome.headers, wall=self._clock.wall()),
            request_id=outcome.request_id,
        )

    def _build_connection_error(self, outcome: RequestNotSentError | ResponseLostError) -> ConnectionFailedError:
        base_url = self._settings.base_url
        hint = None if outcome.is_permanent else find_sandbox_hint(base_url)
        failure = f"{outcome}; {hint}" if hint else str(outcome)
        error = ConnectionFailedError(
            f"the connection to the token endpoint at {describe_connection(base_url, self._transports.get())} failed "
            f"({failure}); the call itself was not sent",
            is_transient=not outcome.is_permanent,
        )
        error.__cause__ = outcome.__cause__
        return error


@contextmanager
def _names_the_call() -> Generator[None]:
    try:
        yield
    except CallError as error:
        # A call that waits for the token replaces it by its own name.
        error.call = _CALL
        raise


def _build_timeout_error(waits_for: str) -> DeadlineExceededError:
    return DeadlineExceededError(
        f"{waits_for} did not respond within {EXCHANGE_TIMEOUT_SECONDS:g} s; the call itself was not sent"
    )


def build_deadline_error(timeout: float) -> DeadlineExceededError:
    """Build the error for a token that did not arrive before the deadline of its call.

    Args:
        timeout: Deadline in seconds.
    """
    error = DeadlineExceededError(f"the token did not arrive within {timeout:g} s; pass a longer timeout=")
    error.call = _CALL
    return error


def _choose_class(status: int, code: str | None) -> type[TokenExchangeError]:
    if status == 401 or code == "invalid_client":
        return CredentialsRejectedError
    is_transient = status >= 500 or status in (408, 429)
    return TokenEndpointUnavailableError if is_transient else TokenExchangeError


def _encode_body(client_id: str, secret: Secret) -> bytes:
    # The only place that unwraps the client secret for a request.
    return json.dumps(
        {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret.reveal(),
        }
    ).encode()
