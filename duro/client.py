"""``AsyncDuro``: from settings to a core, from a core to resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, Unpack

from ._cached_attribute import cached_attribute
from ._secrets import RedactedStr
from ._unset import UNSET, Unset
from .api.client_state import ClientState, Defaults
from .api.codec import decode_json, encode_json
from .api.requester import Requester
from .api.resources.analytics import AsyncAnalytics
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
from .auth.credentials import conceal, resolve_credential
from .config import (
    DEFAULT_ANSWER_BYTES,
    DEFAULT_CONNECTIONS,
    DEFAULT_TIMEOUT,
    RetryPolicy,
    Settings,
    check_max_connections,
    check_max_response_bytes,
    check_timeout,
    resolve_base_url,
    to_retry_policy,
)
from .http.operation import raw_operation
from .http.pipeline import Pipeline
from .http.transport.factory import exchange_transport_opener, transport_opener

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from .api.options import CallOptions, ClientOptions
    from .auth.credentials import Credential, SupportsCredential
    from .auth.token import Token
    from .http.transport.factory import AnyTransport

__all__ = ["AsyncDuro"]


class AsyncDuro:
    """The Duro API, awaited, on asyncio or trio.

    One client serves any number of tasks, several event loops in turn, and
    several at once. Use it in ``async with``, or close it with ``aclose()``.

    Args:
        credential: A secret key (``sk_…``), or any credential.
        client_id: An OAuth client's id (``cid_…``).
        client_secret: That client's secret (``csec_…``).
        base_url: Where to speak to; else ``DURO_BASE_URL``, else Duro's own
            host for the credential's mode.
        timeout: The deadline of a call, in seconds; 30 if left out.
        retries: How a call is tried again: a number, or a policy.
        max_connections: Connections at most, for each event loop.
        max_response_bytes: How large an answer may be, as it comes and unpacked;
            16 MiB if left out. A larger one is not read to its end.
        transport: ``"httpx"``, an ``httpx.AsyncClient``, or any ``Transport``.

    Raises:
        ConfigurationError: There is no credential, there are two, their modes
            differ, or another argument is wrong. Nothing was sent.

    Example:
        >>> async with AsyncDuro(**sandbox.options) as client:
        ...     customer = await client.customers.create(email="ada@example.com")
        >>> customer.email
        'ada@example.com'
    """

    def __init__(
        self,
        credential: Credential | SupportsCredential | str | None = None,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        base_url: str | None = None,
        timeout: float | Unset = UNSET,
        retries: int | RetryPolicy | Unset = UNSET,
        max_connections: int = DEFAULT_CONNECTIONS,
        max_response_bytes: int = DEFAULT_ANSWER_BYTES,
        transport: AnyTransport = "httpx",
    ) -> None:
        # From here on no local of any frame holds a secret's text.
        key, identifier, secret = conceal(credential), conceal(client_id), conceal(client_secret)
        del credential, client_id, client_secret
        requester = resolve_credential(key, client_id=identifier, client_secret=secret)
        base_url = None if base_url is None else RedactedStr.of(base_url)
        settings = Settings(
            base_url=resolve_base_url(base_url, requester.mode),
            timeout=DEFAULT_TIMEOUT if isinstance(timeout, Unset) else check_timeout(timeout),
            retry=RetryPolicy() if isinstance(retries, Unset) else to_retry_policy(retries),
            max_connections=check_max_connections(max_connections),
            max_response_bytes=check_max_response_bytes(max_response_bytes),
        )
        core = ClientState(
            Pipeline(settings, transport_opener(transport, settings)),
            Authorizers(settings, exchange_transport_opener(transport, settings)),
        )
        self._requester = Requester(core, Defaults(requester, settings.timeout, settings.retry))

    @cached_attribute
    def oauth(self) -> AsyncOAuth:
        """The token exchange."""
        return AsyncOAuth(self._requester)

    @cached_attribute
    def plans(self) -> AsyncPlans:
        """What customers subscribe to."""
        return AsyncPlans(self._requester)

    @cached_attribute
    def promo_codes(self) -> AsyncPromoCodes:
        """What lowers the price for those who know it."""
        return AsyncPromoCodes(self._requester)

    @cached_attribute
    def payment_links(self) -> AsyncPaymentLinks:
        """Links to share, each of which sells one plan."""
        return AsyncPaymentLinks(self._requester)

    @cached_attribute
    def customers(self) -> AsyncCustomers:
        """Who pays the merchant."""
        return AsyncCustomers(self._requester)

    @cached_attribute
    def transactions(self) -> AsyncTransactions:
        """Single attempts to charge."""
        return AsyncTransactions(self._requester)

    @cached_attribute
    def subscriptions(self) -> AsyncSubscriptions:
        """Who pays for what, and until when."""
        return AsyncSubscriptions(self._requester)

    @cached_attribute
    def invoices(self) -> AsyncInvoices:
        """What periods cost, and how that was paid."""
        return AsyncInvoices(self._requester)

    @cached_attribute
    def settings(self) -> AsyncSettings:
        """How the merchant wants to be served."""
        return AsyncSettings(self._requester)

    @cached_attribute
    def analytics(self) -> AsyncAnalytics:
        """What failed, and what was won back."""
        return AsyncAnalytics(self._requester)

    @cached_attribute
    def checkout(self) -> AsyncCheckout:
        """Pages of Duro's on which customers pay."""
        return AsyncCheckout(self._requester)

    @cached_attribute
    def events(self) -> AsyncEvents:
        """What happened, as the API keeps it."""
        return AsyncEvents(self._requester)

    @cached_attribute
    def customer_checkout(self) -> AsyncCustomerCheckout:
        """What a checkout page does; the session's token is all that it needs."""
        return AsyncCustomerCheckout(self._requester)

    @cached_attribute
    def customer_identity(self) -> AsyncCustomerIdentity:
        """A person behind a telephone number, and their ways to pay."""
        return AsyncCustomerIdentity(self._requester)

    @cached_attribute
    def customer_portal(self) -> AsyncCustomerPortal:
        """Where customers look after their own subscriptions."""
        return AsyncCustomerPortal(self._requester)

    async def token(self, **options: Unpack[CallOptions]) -> Token:
        """Give the cached access token, exchanging if there is none (``oauthToken``).

        Args:
            **options: What may be said with every call.

        Returns:
            A usable token.

        Raises:
            ConfigurationError: The credential is no OAuth client.
            TokenExchangeError: The endpoint refused, or answered nonsense.
            ConnectionFailedError: The endpoint could not be reached.
            DeadlineExceededError: No answer came in time.

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
        """Reach any path of the API, with the same credential, retries and errors.

        Args:
            method: The HTTP method.
            path: The path, from the slash on, quoted where it has to be.
            params: Values of the query string.
            json: The body, any JSON; leave out for none.
            **options: What may be said with every call.

        Returns:
            The answer as plain data, ``None`` for an empty one.

        Raises:
            InvalidArgumentError: The method, path or body is malformed.
            APIError: The API refused.
            OutcomeUnknownError: A write may have happened.

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
        """Make a cheap copy that shares connections and tokens, and says other things with each call.

        Closing either closes both.

        Args:
            **options: What to say otherwise: ``timeout``, ``retries``, ``headers``, ``credential``.

        Returns:
            The copy.

        Raises:
            ConfigurationError: A value is wrong.
            TypeError: There is no option of that name.

        Example:
            >>> patient = client.with_options(timeout=120)
            >>> patient.plans is client.plans
            False
        """
        copy = object.__new__(type(self))
        copy._requester = self._requester.copy(options)
        return copy

    async def aclose(self) -> None:
        """Close the connections; calling it twice is fine, and later calls raise ``ClientClosedError``."""
        await self._requester.state.aclose()

    def check_open(self) -> None:
        """Refuse what comes after the end.

        Raises:
            ClientClosedError: The client was closed.
        """
        self._requester.state.pipeline.check_open()

    async def __aenter__(self) -> Self:
        self.check_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        if "_requester" not in self.__dict__:
            # A traceback with locals asks for it even when the client could not be made.
            return f"<{type(self).__name__}, unfinished>"
        return (
            f"<{type(self).__name__} {self._requester.state.pipeline.base_url} {self._requester.defaults.credential!r}>"
        )
