"""How the resources of a client call: from arguments to an invocation, from an answer to a model."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import anyio
from attrs import evolve

from .._unset import UNSET, Unset
from ..auth.credentials import ClientCredentials, as_credential, wrap_secret
from ..config import check_timeout, to_retry_policy
from ..errors import ConfigurationError, DeadlineExceededError, DecodingError, InvalidArgumentError
from ..http.call_state import build_outcome_unknown_error
from ..http.request import USER_AGENT, Headers, Invocation
from .arguments import check_page_position
from .codec.codec import decode, encode
from .options import (
    CallOptions,
    ClientOptions,
    check_headers,
    check_idempotency_key,
    check_names,
    check_query,
)
from .pages import AsyncPages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ..auth.authorizers import OAuthAuthorizer
    from ..auth.credentials import Credential
    from ..auth.token import Token
    from ..http.operation import Operation, Surface
    from ..http.request import Authorizer
    from .client_state import ClientState, Defaults
    from .pages import Page

__all__ = ["Requester"]

T = TypeVar("T")

_COMMON_HEADERS: Final = Headers([(b"accept", b"application/json"), (b"accept-encoding", b"gzip"), USER_AGENT])
_JSON_HEADER: Final = ((b"content-type", b"application/json"),)
_NO_QUERY: Final[dict[str, object]] = {}


class Requester:
    """Calls operations for the resources of one client.

    Args:
        core: What the client shares with its copies.
        defaults: What this copy says with every call.
    """

    def __init__(self, core: ClientState, defaults: Defaults) -> None:
        self.core = core
        self.defaults = defaults
        self._headers = _COMMON_HEADERS.merge(defaults.headers)
        self._authorizers: dict[Surface, Authorizer] = {}

    def copy(self, options: ClientOptions) -> Requester:
        """Make a caller on the same core that says other things.

        Args:
            options: What to say otherwise.

        Returns:
            The caller.

        Raises:
            ConfigurationError: A value is wrong.
            TypeError: There is no option of that name.
        """
        check_names(options, ClientOptions)
        changes: dict[str, Any] = {}
        if "timeout" in options:
            changes["timeout"] = check_timeout(options["timeout"])
        if "retries" in options:
            changes["retry"] = to_retry_policy(options["retries"])
        if "headers" in options:
            changes["headers"] = self.defaults.headers.merge(check_headers(options["headers"]))
        if "credential" in options:
            changes["credential"] = self._credential(options)
        return Requester(self.core, evolve(self.defaults, **changes))

    async def call(
        self,
        operation: Operation,
        *path: str,
        into: type[T],
        options: CallOptions,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] = _NO_QUERY,
    ) -> T:
        """Call an operation.

        Args:
            operation: What is called.
            path: The values for the places of its path.
            into: The model of the answer.
            options: What the user said with this call.
            body: Values by their Python names, ``None`` for no body.
            query: Values of the query string by their wire names; ``UNSET`` ones are left out.

        Returns:
            The answer as a model.
        """
        return await self.fetch(
            operation, *path, read=lambda answered: decode(answered, into), options=options, body=body, query=query
        )

    async def fetch(
        self,
        operation: Operation,
        *path: str,
        read: Callable[[bytes], T],
        options: CallOptions,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] = _NO_QUERY,
    ) -> T:
        """Call an operation, and make something else than a model of its answer.

        Args:
            operation: What is called.
            path: The values for the places of its path.
            read: Makes what is wanted of the answer's body.
            options: What the user said with this call.
            body: Values by their Python names, ``None`` for no body.
            query: Values of the query string by their wire names; ``UNSET`` ones are left out.

        Returns:
            What ``read`` made.
        """
        return await self.execute(
            operation,
            operation.format_path(*path),
            content=None if body is None else encode(body),
            query=query,
            options=options,
            read=read,
        )

    async def execute(
        self,
        operation: Operation,
        path: str,
        *,
        content: bytes | None,
        query: Mapping[str, object],
        options: CallOptions,
        read: Callable[[bytes], T],
    ) -> T:
        """Call an operation whose path and body are ready.

        Args:
            operation: What is called.
            path: The path with its values in place.
            content: The body.
            query: Values of the query string.
            options: What the user said with this call.
            read: Makes what is wanted of the answer's body.

        Returns:
            What ``read`` made.

        Raises:
            DecodingError: The answer to a read breaks the contract.
            OutcomeUnknownError: The answer to a write does, or the write may have happened for another reason.
        """
        invocation = self._invocation(operation, path, content=content, query=query, options=options)
        answer = await self.core.pipeline.execute(invocation)
        unreadable: DecodingError
        try:
            return read(answer.body)
        except DecodingError as error:
            unreadable = error
        if not operation.is_mutation:
            raise unreadable
        # Somebody answered, perhaps a proxy; only the first answer under the key tells what became of the write.
        cause = f"The answer could not be read ({unreadable})"
        raise build_outcome_unknown_error(invocation, cause, attempts=answer.attempts) from unreadable

    def pages(
        self,
        operation: Operation,
        *path: str,
        into: type[Page[T]],
        limit: int | Unset = UNSET,
        cursor: str | None = None,
        options: CallOptions,
    ) -> AsyncPages[T]:
        """Make the pages of a list operation; nothing is sent yet.

        Args:
            operation: What is called.
            path: The values for the places of its path.
            into: The model of a page.
            limit: Items a page; left out where the operation answers all of them at once.
            cursor: Where to begin.
            options: What the user said with this call.

        Returns:
            The pages.

        Raises:
            InvalidArgumentError: The limit or the cursor breaks the contract.
        """
        check_page_position(limit, cursor)
        # Checked here, so that a mistake shows where it was made and not where the list is walked.
        self._invocation(operation, operation.format_path(*path), content=None, query=_NO_QUERY, options=options)

        async def fetch(begin: str | None) -> Page[T]:
            query = {"limit": limit, "cursor": UNSET if begin is None else begin}
            return await self.call(operation, *path, into=into, query=query, options=options)

        return AsyncPages(fetch, cursor)

    async def oauth_token(self, options: CallOptions) -> Token:
        """Give a usable token from the cache of the call's OAuth client."""
        check_names(options, CallOptions)
        cache = self.oauth_authorizer(options).cache
        return cache.cached_token() or await self.within_deadline(options, cache.get)

    async def within_deadline(self, options: CallOptions, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """Wait for a token no longer than the call may take.

        Raises:
            DeadlineExceededError: It did not come in time.
        """
        timeout = self._timeout(options)
        with anyio.CancelScope(deadline=anyio.current_time() + timeout):
            return await fetch()
        raise DeadlineExceededError(f"no token came within {timeout:g} s; give the call a longer timeout=")

    def oauth_authorizer(self, options: CallOptions) -> OAuthAuthorizer:
        """Give what exchanges and caches the tokens of a call.

        Args:
            options: What the user said with this call.

        Returns:
            The authorizer of the OAuth client.

        Raises:
            ClientClosedError: The client was closed.
            ConfigurationError: The credential is no OAuth client.
        """
        self.core.pipeline.check_open()
        credential = self._credential(options)
        if not isinstance(credential, ClientCredentials):
            raise ConfigurationError(
                f"{credential!r} is not exchanged for tokens; a token takes an OAuth client (client_id, client_secret)"
            )
        return self.core.authorizers.oauth_authorizer_for(credential)

    def _invocation(
        self,
        operation: Operation,
        path: str,
        *,
        content: bytes | None,
        query: Mapping[str, object],
        options: CallOptions,
    ) -> Invocation:
        check_names(options, CallOptions)
        key = _key_for(operation, options)
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
            authorizer=self._authorizer(operation, options),
            timeout=self._timeout(options),
            retry=self.defaults.retry,
            query=check_query(query) if query else "",
            content=content,
            idempotency_key=key,
            headers=Headers(headers),
        )

    def _timeout(self, options: CallOptions) -> float:
        return check_timeout(options["timeout"]) if "timeout" in options else self.defaults.timeout

    def _authorizer(self, operation: Operation, options: CallOptions) -> Authorizer:
        if "credential" in options:
            return self.core.authorizers.authorizer_for(self._credential(options), operation)
        authorizer = self._authorizers.get(operation.surface)
        if authorizer is None:
            authorizer = self.core.authorizers.authorizer_for(self.defaults.credential, operation)
            self._authorizers[operation.surface] = authorizer
        return authorizer

    def _credential(self, options: CallOptions | ClientOptions) -> Credential:
        if "credential" not in options:
            return self.defaults.credential
        # Put back concealed: the frames of a traceback share these options.
        wrap_secrets: Any = wrap_secret(options["credential"])
        options["credential"] = wrap_secrets
        credential = as_credential(wrap_secrets)
        if len({credential.mode, self.defaults.credential.mode} - {None}) > 1:
            raise ConfigurationError(
                f"this call's credential is of mode {credential.mode!r}, the client's of the other; "
                "make a client for each mode"
            )
        return credential

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Duro client cannot be pickled; make one in each process")


def _key_for(operation: Operation, options: CallOptions) -> str | None:
    if not operation.is_mutation:
        if "idempotency_key" in options:
            raise InvalidArgumentError(f"{operation.id} changes nothing and takes no idempotency_key; leave it out")
        return None
    return check_idempotency_key(options["idempotency_key"]) if "idempotency_key" in options else str(uuid.uuid4())
