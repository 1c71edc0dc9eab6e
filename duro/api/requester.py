"""Requester: turns a method's arguments into an invocation, and the response into a model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import anyio
from attrs import evolve

from .._unset import UNSET, Unset
from ..auth.credential_choice import check_encryption
from ..auth.credentials import ClientCredentials, as_credential, wrap_secret
from ..auth.exchange import build_deadline_error
from ..config import check_timeout, to_retry_policy
from ..errors import ConfigurationError, DecodingError
from ..http.failed_call import set_call
from ..http.operation import check_url_length
from ..http.request import USER_AGENT, Headers, Invocation
from ..http.unknown_outcome import build_outcome_unknown_error
from .argument_errors import check_option_names
from .arguments import check_page_position
from .codec import decode, encode
from .options import (
    CallOptions,
    ClientOptions,
    check_headers,
    resolve_idempotency_key,
)
from .pages import AsyncPages
from .query import encode_query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ..auth.authorizers import OAuthAuthorizer
    from ..auth.credentials import Credential
    from ..auth.token import Token
    from ..http.operation import Operation, Surface
    from ..http.request import Authorizer, Response
    from .client_state import ClientState, Defaults
    from .page import Page

__all__ = ["Requester"]

T = TypeVar("T")

_COMMON_HEADERS: Final = Headers([(b"accept", b"application/json"), (b"accept-encoding", b"gzip"), USER_AGENT])
_JSON_HEADER: Final = ((b"content-type", b"application/json"),)
_NO_QUERY: Final[dict[str, object]] = {}


class Requester:
    """Sender of requests for the resources of one client.

    Args:
        state: Connections and tokens, shared with the client's copies.
        defaults: Options of this copy's calls.
    """

    def __init__(self, state: ClientState, defaults: Defaults) -> None:
        self.state = state
        self.defaults = defaults
        self._headers = _COMMON_HEADERS.merge(defaults.headers)
        self._authorizers: dict[Surface, Authorizer] = {}

    def copy(self, options: ClientOptions) -> Requester:
        """Create a requester with other defaults on the same state.

        Args:
            options: Defaults to replace.

        Returns:
            The requester.

        Raises:
            ConfigurationError: A value is invalid.
            TypeError: An option does not exist.
        """
        check_option_names(options, ClientOptions)
        changes: dict[str, Any] = {}
        if "timeout" in options:
            changes["timeout"] = check_timeout(options["timeout"])
        if "retries" in options:
            changes["retry"] = to_retry_policy(options["retries"])
        if "headers" in options:
            changes["headers"] = self.defaults.headers.merge(check_headers(options["headers"]))
        if "credential" in options:
            changes["credential"] = self._resolve_credential(options)
        return Requester(self.state, evolve(self.defaults, **changes))

    async def call(
        self,
        operation: Operation,
        *path: str,
        into: type[T],
        options: CallOptions,
        body: Mapping[str, object] | None = None,
    ) -> T:
        """Call an operation and decode the response into a model.

        Args:
            operation: Operation to call.
            path: Values of the path parameters, in order.
            into: Class of the model.
            options: Per-call options.
            body: Members of the request body by their Python names, ``None`` for no body.

        Returns:
            The model.
        """
        content = None if body is None else encode(body)
        invocation = self.prepare(operation, operation.format_path(*path), content=content, options=options)
        return await self.execute(invocation, lambda received: decode(received, into))

    def prepare(
        self,
        operation: Operation,
        path: str,
        *,
        options: CallOptions,
        content: bytes | None = None,
        query: Mapping[str, object] = _NO_QUERY,
    ) -> Invocation:
        """Check the options of a call, and create its invocation. No request is sent.

        Args:
            operation: Operation to call.
            path: Path with the values of its parameters.
            options: Per-call options.
            content: Request body.
            query: Query parameters by their wire names. ``UNSET`` ones are left out.

        Returns:
            The invocation.

        Raises:
            InvalidArgumentError: An option or query parameter is invalid.
            ConfigurationError: The timeout or the credential is invalid.
            TypeError: An option does not exist.
        """
        check_option_names(options, CallOptions)
        encoded_query = encode_query(query) if query else ""
        check_url_length(
            self.state.pipeline.base_url,
            path,
            encoded_query,
            path_name=" and ".join(operation.arguments) or "path",
            query_name="cursor" if operation.path else "params",
        )
        key = resolve_idempotency_key(operation, options)
        headers: tuple[tuple[bytes, bytes], ...] = self._headers
        if "headers" in options:
            headers = self._headers.merge(check_headers(options["headers"]))
        if content is not None:
            headers += _JSON_HEADER
        if key is not None:
            headers += ((b"idempotency-key", key.encode("ascii")),)
        return Invocation(
            operation,
            path,
            authorizer=self._resolve_authorizer(operation, options),
            timeout=self._resolve_timeout(options),
            retry=self.defaults.retry,
            query=encoded_query,
            content=content,
            idempotency_key=key,
            headers=Headers.from_lines(headers),
        )

    async def execute(self, invocation: Invocation, read: Callable[[bytes], T]) -> T:
        """Execute an invocation and read the response body.

        Args:
            invocation: Invocation, created by ``prepare``.
            read: Function that decodes the response body.

        Returns:
            The result of ``read``.

        Raises:
            DecodingError: The response of a read breaks the contract.
            OutcomeUnknownError: The response of a write breaks the contract, or the write may have been processed.
        """

        def read_response(response: Response) -> T:
            unreadable: DecodingError
            try:
                return read(response.body)
            except DecodingError as error:
                unreadable = error
                set_call(error, invocation, attempts=response.attempts)
            if not invocation.operation.is_mutation:
                raise unreadable
            # The response may come from a proxy. Only a repeated request under the same key shows the outcome.
            cause = f"the response could not be decoded ({unreadable.description})"
            raise build_outcome_unknown_error(invocation, cause, attempts=response.attempts) from unreadable

        # Read inside the pipeline, which reports the key of a write if an interrupt arrives while it is read.
        return await self.state.pipeline.execute(invocation, read_response)

    def paginate(
        self,
        operation: Operation,
        *path: str,
        into: type[Page[T]],
        page_size: int | Unset | None = None,
        cursor: str | Unset | None = None,
        options: CallOptions,
    ) -> AsyncPages[T]:
        """Create the pages of a list operation. No request is sent before the first page is needed.

        Args:
            operation: Operation to call.
            path: Values of the path parameters, in order.
            into: Class of a page.
            page_size: Items per page. Left out where the API returns all items on one page.
            cursor: Cursor of the page to start at.
            options: Per-call options.

        Returns:
            The pages.

        Raises:
            InvalidArgumentError: ``page_size`` or ``cursor`` breaks the contract.
        """
        size, start = check_page_position(page_size, cursor)

        def prepare(position: str | Unset) -> Invocation:
            query = {"limit": size, "cursor": position}
            return self.prepare(operation, operation.format_path(*path), query=query, options=options)

        # Prepared once in advance, so that an invalid option fails in this call and not in a later loop.
        prepare(start)

        async def fetch(position: str | None) -> Page[T]:
            invocation = prepare(UNSET if position is None else position)
            return await self.execute(invocation, lambda received: decode(received, into))

        return AsyncPages(fetch, None if isinstance(start, Unset) else start, name=operation.id, page_size=size)

    async def get_token(self, options: CallOptions) -> Token:
        """Return a valid token from the cache of the call's OAuth client."""
        check_option_names(options, CallOptions)
        authorizer = self.get_oauth_authorizer(options)
        if token := authorizer.cache.cached_token():
            return token
        fetch = partial(authorizer.get_token, policy=self.defaults.retry, time_left=self._resolve_timeout(options))
        return await self.wait_for_token(options, fetch)

    async def wait_for_token(self, options: CallOptions, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Fetch a token within the deadline of the call.

        Raises:
            DeadlineExceededError: The token did not arrive in time.
        """
        timeout = self._resolve_timeout(options)
        with anyio.CancelScope(deadline=anyio.current_time() + timeout):
            return await fetch()
        raise build_deadline_error(timeout)

    def get_oauth_authorizer(self, options: CallOptions) -> OAuthAuthorizer:
        """Return the authorizer that exchanges and caches the tokens of a call.

        Args:
            options: Per-call options.

        Returns:
            The authorizer of the OAuth client.

        Raises:
            ClientClosedError: The client is closed.
            ConfigurationError: The credential is not an OAuth client.
        """
        self.state.pipeline.check_open()
        credential = self._resolve_credential(options)
        if not isinstance(credential, ClientCredentials):
            raise ConfigurationError(
                f"the credential must be an OAuth client to get a token, got {credential!r}; "
                "pass client_id and client_secret"
            )
        return self.state.authorizers.oauth_authorizer_for(credential)

    def _resolve_timeout(self, options: CallOptions) -> float:
        return check_timeout(options["timeout"]) if "timeout" in options else self.defaults.timeout

    def _resolve_authorizer(self, operation: Operation, options: CallOptions) -> Authorizer:
        if "credential" in options:
            return self.state.authorizers.authorizer_for(self._resolve_credential(options), operation)
        authorizer = self._authorizers.get(operation.surface)
        if authorizer is None:
            authorizer = self.state.authorizers.authorizer_for(self.defaults.credential, operation)
            self._authorizers[operation.surface] = authorizer
        return authorizer

    def _resolve_credential(self, options: CallOptions | ClientOptions) -> Credential:
        if "credential" not in options:
            return self.defaults.credential
        # The wrapped secret replaces the text, because the frames of a traceback share these options.
        concealed: Any = wrap_secret(options["credential"])
        options["credential"] = concealed
        credential = as_credential(concealed)
        if len({credential.mode, self.defaults.credential.mode} - {None}) > 1:
            raise ConfigurationError(
                f"credential must be of the client's mode, got one of mode {credential.mode!r}; "
                "create one client for each mode"
            )
        check_encryption(credential, self.state.pipeline.base_url)
        return credential

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Duro client cannot be pickled; create one in each process")
