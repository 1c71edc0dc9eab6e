"""The exchange itself: client credentials for an access token (``POST /v1/oauth/token``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import anyio

from ..errors import ConnectionFailedError, DeadlineExceededError, DuroError, TokenExchangeError
from ..http.error_response import read_refusal
from ..http.request import NO_HEADERS, USER_AGENT, Headers, Request, Response
from ..http.retry import GiveUp, decide, retry_after_of
from ..http.transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError
from .token import Moment, Token, parse_token

if TYPE_CHECKING:
    from ..config import Settings
    from ..http.event_loop import PerLoop
    from ..http.transport import Transport
    from .credentials import ClientCredentials

__all__ = ["EXCHANGE_TIMEOUT", "TokenExchange"]

EXCHANGE_TIMEOUT: Final = 10.0
PATH: Final = "/v1/oauth/token"

_HEADERS: Final = (
    (b"accept", b"application/json"),
    (b"content-type", b"application/json"),
    USER_AGENT,
)


class TokenExchange:
    """Exchanges one OAuth client's credentials, over connections of its own.

    Business calls wait for connections, follow the user's hooks and log what
    they do; an exchange must do none of that. It asks again only when nothing
    left: an endpoint in trouble sees one request, however many callers wait.

    Args:
        credentials: The OAuth client.
        settings: Where to ask, and the clock.
        transports: What carries exchanges, for each event loop.
    """

    def __init__(self, credentials: ClientCredentials, settings: Settings, transports: PerLoop[Transport]) -> None:
        self._credentials = credentials
        self._settings = settings
        self._clock = settings.clock
        self._transports = transports

    async def __call__(self, headers: Headers = NO_HEADERS) -> Token:
        """Ask for a token once.

        Args:
            headers: Further header lines.

        Returns:
            The token.

        Raises:
            TokenExchangeError: The endpoint refused, or answered nonsense.
            ConnectionFailedError: The endpoint could not be reached, or the connection was lost.
            DeadlineExceededError: No answer came in time.
        """
        asked_at = Moment.now(self._clock)
        with anyio.CancelScope(deadline=anyio.current_time() + EXCHANGE_TIMEOUT):
            outcome = await self._ask(headers, until=asked_at.monotonic + EXCHANGE_TIMEOUT)
            if isinstance(outcome, Response) and outcome.status < 300:
                return parse_token(outcome, asked_at=asked_at, clock=self._clock)
            raise self._error(outcome)
        raise DeadlineExceededError(
            f"the token endpoint did not answer within {EXCHANGE_TIMEOUT:g} s; the request itself was not sent"
        )

    async def _ask(self, headers: Headers, *, until: float) -> Response | RequestNotSentError | ResponseLostError:
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._transports.get().send(self._request(headers))
            except ResponseLostError as failure:
                return failure
            except RequestNotSentError as failure:
                refused = failure
            decision = decide(
                refused,
                safe=False,
                attempt=attempt,
                time_left=until - self._clock.monotonic(),
                policy=self._settings.retry,
                wall=self._clock.wall(),
                uniform=self._clock.uniform,
            )
            if isinstance(decision, GiveUp):
                return refused
            await self._clock.sleep(decision.delay)

    def _request(self, headers: Headers) -> Request:
        return Request(
            "POST",
            self._settings.base_url + PATH,
            Headers(_HEADERS + headers),
            _body(self._credentials),
            EXCHANGE_TIMEOUT,
            self._settings.max_response_bytes,
        )

    def _error(self, outcome: Response | RequestNotSentError | ResponseLostError) -> DuroError:
        if isinstance(outcome, ResponseTooLargeError):
            return TokenExchangeError(f"the token endpoint answered nonsense ({outcome}); check base_url")
        if isinstance(outcome, RequestNotSentError | ResponseLostError):
            return ConnectionFailedError(
                f"the token endpoint could not be reached ({outcome}); the request itself was not sent"
            )
        refusal = read_refusal(outcome.body, secret=self._credentials.client_secret.reveal().encode())
        reason = refusal.message or "no reason given"
        return TokenExchangeError(
            f"the token endpoint refused with {outcome.status} ({refusal.code or 'no code'}): {reason}",
            status=outcome.status,
            code=refusal.code,
            retry_after=retry_after_of(outcome.headers, wall=self._clock.wall()),
            request_id=outcome.request_id,
        )


def _body(credentials: ClientCredentials) -> bytes:
    """Write the body: the one place where the client secret is taken out of its wrapping."""
    return json.dumps(
        {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret.reveal(),
        }
    ).encode()
