"""Asynchronous client of the Duro API: ``AsyncDuro``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, Unpack

from ._annotations import readable_annotations
from ._base_url import resolve_base_url
from ._log_output import configure_log_output
from ._misuse import unsupported
from ._nearest_names import hinting_getattr
from ._secrets import RedactedStr
from ._unset import UNSET, Unset
from .api.argument_errors import explains_arguments
from .api.client_state import ClientState, Defaults
from .api.codec import decode_json, encode_json
from .api.options import check_headers
from .api.requester import Requester
from .api.resources.analytics import AsyncAnalytics
from .api.resources.base import resource
from .api.resources.checkout import AsyncCheckout
from .api.resources.customer_checkout import AsyncCustomerCheckout
from .api.resources.customer_identity import AsyncCustomerIdentity
from .api.resources.customer_portal import AsyncCustomerPortal
from .api.resources.customers import AsyncCustomers
from .api.resources.events import AsyncEvents
from .api.resources.invoices import AsyncInvoices
from .api.resources.oauth import AsyncOAuth
from .api.resources.payment_links import AsyncPaymentLinks
from .api.resources.plans import AsyncPlans
from .api.resources.promo_codes import AsyncPromoCodes
from .api.resources.settings import AsyncSettings
from .api.resources.subscriptions import AsyncSubscriptions
from .api.resources.transactions import AsyncTransactions
from .auth.authorizers import Authorizers
from .auth.credential_choice import is_sandbox_credential, resolve_credential
from .auth.credentials import wrap_secret
from .auth.stores.selection import resolve_token_store
from .config import (
    DEFAULT_MAX_CONNECTIONS,
    DEFAULT_MAX_OAUTH_CLIENTS,
    DEFAULT_MAX_RESPONSE_BYTES,
    DEFAULT_TIMEOUT_SECONDS,
    ClientSettings,
    RetryPolicy,
    check_max_connections,
    check_max_oauth_clients,
    check_max_response_bytes,
    check_ssl_context,
    check_timeout,
    to_retry_policy,
)
from .http.operation import raw_operation
from .http.pipeline import Pipeline
from .http.request import NO_HEADERS
from .http.transport.factory import TransportFactory
from .http.transport.proxies import ProxyUrl, check_proxy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from types import TracebackType

    from .api.options import CallOptions, ClientOptions
    from .auth.client_secret import ClientSecret
    from .auth.credentials import Credential, SecretKey, SupportsCredential
    from .auth.stores.counters import TokenStoreCounters
    from .auth.stores.selection import AnyTokenStore
    from .auth.token import Token
    from .http.transport.factory import AnyTransport

__all__ = ["AsyncDuro"]


@readable_annotations
class AsyncDuro:
    """Asynchronous client of the Duro API, for asyncio and trio.

    One client serves any number of tasks and event loops, one after another
    or at the same time. Use it in ``async with``, or close it with
    ``aclose()``.

    Args:
        credential: Credential of the calls: a secret key (``sk_…``) as a string, or a credential
            object such as ``SecretKey``. Default: the environment (``DURO_SECRET_KEY``, or
            ``DURO_CLIENT_ID`` and ``DURO_CLIENT_SECRET``).
        secret_key: Secret key (``sk_…``), in place of ``credential``.
        client_id: ID of an OAuth client (``cid_…``).
        client_secret: Secret of that OAuth client (``csec_…``), or a function that
            returns it, plain or asynchronous. The function is called for each token
            exchange, a plain one in a worker thread.
        base_url: URL of the API, without ``/v1``. ``http://`` is for loopback, and for the
            credentials of the served sandbox. Default: ``DURO_BASE_URL``, then Duro's host for
            the credential's mode.
        timeout: Deadline of a call in seconds, all attempts and the token
            exchange included. Default: 30.
        retries: Number of retries of a call, or a ``RetryPolicy``. Default: 3.
        max_connections: Maximum number of connections per event loop. Default: 100.
        max_response_bytes: Maximum size of a response in bytes, compressed and
            decompressed. Default: 16 MiB. A larger response is not read to its end.
        max_oauth_clients: Maximum number of OAuth clients whose tokens are cached,
            for calls with ``credential=``. Default: 256.
        transport: HTTP transport: ``"httpx"`` (default), ``"httpx2"`` or ``"aiohttp"``, an
            ``AsyncClient`` of httpx or httpx2, an ``aiohttp.ClientSession``, any
            ``Transport``, or a function that creates one of these. The function is called
            once per event loop and process. Token exchanges are sent through it, too.
        ssl_context: TLS context, for example for a private certificate
            authority or a client certificate. Default: the certificate
            authorities of the package certifi, or of ``SSL_CERT_FILE``.
        proxy: URL of a proxy (``http://``, ``https://``, ``socks5://``), or
            ``None`` for none. Default: the proxy from the environment, except
            for loopback addresses.
        headers: Header lines of every call. Default: none.
        token_store: Store that shares access tokens between processes, as a URL (``"file:"``,
            ``"redis://…"``), a ``redis.asyncio.Redis`` or a ``TokenStore``. Default: ``DURO_TOKEN_STORE``, then none.

    Raises:
        ConfigurationError: The credential is missing or ambiguous, its modes
            differ, or another argument is invalid. Nothing was sent.

    Example:
        >>> async with AsyncDuro(**sandbox.options) as client:
        ...     customer = await client.customers.create(email="ada@example.com")
        >>> customer.email
        'ada@example.com'
    """

    @explains_arguments
    def __init__(
        self,
        credential: Credential | SupportsCredential | str | None = None,
        *,
        secret_key: SecretKey | str | None = None,
        client_id: str | None = None,
        client_secret: ClientSecret | None = None,
        base_url: str | None = None,
        timeout: float | Unset = UNSET,
        retries: int | RetryPolicy | Unset = UNSET,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        max_oauth_clients: int = DEFAULT_MAX_OAUTH_CLIENTS,
        transport: AnyTransport = "httpx",
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | Unset | None = UNSET,
        headers: Mapping[str, str] | None = None,
        token_store: AnyTokenStore | None = None,
    ) -> None:
        # A traceback can show local variables, so none of them may keep a secret as a plain string.
        wrapped_credential, wrapped_key, wrapped_id, wrapped_secret = (
            wrap_secret(credential),
            wrap_secret(secret_key),
            wrap_secret(client_id),
            wrap_secret(client_secret),
        )
        del credential, secret_key, client_id, client_secret
        configure_log_output()
        resolved = resolve_credential(
            wrapped_credential, secret_key=wrapped_key, client_id=wrapped_id, client_secret=wrapped_secret
        )
        base_url = None if base_url is None else RedactedStr.of(base_url)
        proxy = ProxyUrl(proxy) if isinstance(proxy, str) else proxy
        checked_headers = NO_HEADERS if headers is None else check_headers(headers)
        del headers
        is_sandbox = is_sandbox_credential(resolved)
        settings = ClientSettings(
            base_url=resolve_base_url(base_url, resolved.mode, allow_http=is_sandbox),
            timeout=DEFAULT_TIMEOUT_SECONDS if isinstance(timeout, Unset) else check_timeout(timeout),
            retry=RetryPolicy() if isinstance(retries, Unset) else to_retry_policy(retries),
            max_connections=check_max_connections(max_connections),
            max_response_bytes=check_max_response_bytes(max_response_bytes),
            ssl_context=check_ssl_context(ssl_context),
            proxy=proxy if proxy is None or isinstance(proxy, Unset) else check_proxy(proxy),
            max_oauth_clients=check_max_oauth_clients(max_oauth_clients),
            is_sandbox=is_sandbox,
        )
        transports = TransportFactory(transport, settings)
        authorizers = Authorizers(settings, transports.create_for_exchanges, resolve_token_store(token_store))
        state = ClientState(Pipeline(settings, transports.create), authorizers)
        self._requester = Requester(state, Defaults(resolved, settings.timeout, settings.retry, checked_headers))

    oauth = resource(AsyncOAuth)
    plans = resource(AsyncPlans)
    promo_codes = resource(AsyncPromoCodes)
    payment_links = resource(AsyncPaymentLinks)
    customers = resource(AsyncCustomers)
    transactions = resource(AsyncTransactions)
    subscriptions = resource(AsyncSubscriptions)
    invoices = resource(AsyncInvoices)
    settings = resource(AsyncSettings)
    analytics = resource(AsyncAnalytics)
    checkout = resource(AsyncCheckout)
    events = resource(AsyncEvents)
    customer_checkout = resource(AsyncCustomerCheckout)
    customer_identity = resource(AsyncCustomerIdentity)
    customer_portal = resource(AsyncCustomerPortal)

    async def token(self, **options: Unpack[CallOptions]) -> Token:
        """Return the cached access token; exchange the credential if no valid token is cached (``oauthToken``).

        Args:
            **options: Per-call options; see ``CallOptions``.

        Returns:
            A valid token.

        Raises:
            ConfigurationError: The credential is not an OAuth client.
            TokenExchangeError: The token endpoint refused the request, or returned an invalid response.
            ConnectionFailedError: No connection to the token endpoint could be opened.
            DeadlineExceededError: The exchange did not finish before the deadline.

        Example:
            >>> (await client.token()) == (await client.token())
            True
        """
        return await self._requester.get_token(options)

    async def request(
        self,
        method: str,
        path: str,
        /,
        *,
        params: Mapping[str, str | int | bool] | None = None,
        json: Any = UNSET,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Send a request to any path of the API, with the client's credential, retries and errors.

        Args:
            method: HTTP method.
            path: Path with its leading slash, percent-encoded where necessary.
            params: Parameters of the query string.
            json: Request body, any JSON value. If left out, the request has an empty body.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The response body as plain data, ``None`` if it is empty.

        Raises:
            InvalidArgumentError: The method, path or body is malformed.
            APIError: The API returned an error.
            OutcomeUnknownError: A write may have been processed.

        Example:
            >>> await client.request("GET", "/v1/plans", params={"limit": 5})
            {'items': [], 'nextCursor': None, 'hasMore': False}
        """
        path = RedactedStr.of(path)
        operation = raw_operation(method, path)
        content = None if json is UNSET else encode_json(json)
        invocation = self._requester.prepare(
            operation, path, content=content, query={} if params is None else params, options=options
        )
        return await self._requester.execute(invocation, decode_json)

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """Return a copy with other options, which shares the connections and the token cache.

        A copy is cheap. Closing the copy or the original closes both.

        Args:
            **options: Options to change: ``timeout``, ``retries``, ``headers``, ``credential``.

        Returns:
            The copy.

        Raises:
            ConfigurationError: A value is invalid.
            TypeError: The name of an option is unknown.

        Example:
            >>> batch_client = client.with_options(timeout=120)
            >>> batch_client.plans is client.plans
            False
        """
        copy = object.__new__(type(self))
        copy._requester = self._requester.copy(options)
        return copy

    @property
    def token_store_counters(self) -> TokenStoreCounters:
        """Token exchanges of this client and its copies, and the use of its token store."""
        return self._requester.state.authorizers.counters.read()

    async def aclose(self) -> None:
        """Close the connections.

        Later calls raise ``ClientClosedError``. Closing twice is allowed.
        """
        await self._requester.state.aclose()

    def check_open(self) -> None:
        """Check that the client is not closed.

        Raises:
            ClientClosedError: The client is closed.
        """
        self._requester.state.pipeline.check_open()

    if not TYPE_CHECKING:
        __getattr__ = hinting_getattr("client")
        __enter__ = __exit__ = unsupported("is asynchronous; write 'async with', or use Duro")

    async def __aenter__(self) -> Self:
        self.check_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        if "_requester" not in self.__dict__:
            # A traceback with local variables calls this even if the constructor failed.
            return f"<{type(self).__name__} (not initialized)>"
        return (
            f"<{type(self).__name__} {self._requester.state.pipeline.base_url} {self._requester.defaults.credential!r}>"
        )
