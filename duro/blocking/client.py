"""``Duro``: the same client, blocking."""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, NoReturn, ParamSpec, Self, Unpack

from .._cached_attribute import cached_attribute
from ..client import AsyncDuro
from .declare import BlockingResource, blocking
from .resources import (
    Analytics,
    Checkout,
    CustomerCheckout,
    CustomerIdentity,
    CustomerPortal,
    Customers,
    Events,
    Invoices,
    OAuth,
    PaymentLinks,
    Plans,
    PromoCodes,
    Settings,
    Subscriptions,
    Transactions,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ..api.options import ClientOptions

__all__ = ["Duro"]

P = ParamSpec("P")


def _constructed_as(
    client: Callable[P, AsyncDuro],
) -> Callable[[Callable[[Duro, AsyncDuro], None]], Callable[Concatenate[Duro, P], None]]:
    """Give a constructor the arguments of the asynchronous client."""

    def decorate(take: Callable[[Duro, AsyncDuro], None]) -> Callable[Concatenate[Duro, P], None]:
        def __init__(self: Duro, /, *args: P.args, **kwargs: P.kwargs) -> None:  # noqa: N807 - it becomes the method
            try:
                asynchronous = client(*args, **kwargs)
            finally:
                # A traceback that captures locals must find no secret here.
                del args, kwargs
            take(self, asynchronous)

        update_wrapper(__init__, AsyncDuro.__init__)
        return __init__

    return decorate


class Duro(BlockingResource[AsyncDuro]):
    """The Duro API, blocking.

    One client serves any number of threads, and forked children. Use it in
    ``with``, or close it with ``close()``. All arguments are those of
    :class:`~duro.AsyncDuro`.

    Example:
        >>> with Duro(**sandbox.options) as client:
        ...     customer = client.customers.create(email="ada@example.com")
        >>> customer.email
        'ada@example.com'
    """

    @_constructed_as(AsyncDuro)
    def __init__(self, asynchronous: AsyncDuro) -> None:
        super().__init__(asynchronous)

    @cached_attribute
    def oauth(self) -> OAuth:
        """The token exchange."""
        return OAuth(self.asynchronous.oauth)

    @cached_attribute
    def plans(self) -> Plans:
        """What customers subscribe to."""
        return Plans(self.asynchronous.plans)

    @cached_attribute
    def promo_codes(self) -> PromoCodes:
        """What lowers the price for those who know it."""
        return PromoCodes(self.asynchronous.promo_codes)

    @cached_attribute
    def payment_links(self) -> PaymentLinks:
        """Links to share, each of which sells one plan."""
        return PaymentLinks(self.asynchronous.payment_links)

    @cached_attribute
    def customers(self) -> Customers:
        """Who pays the merchant."""
        return Customers(self.asynchronous.customers)

    @cached_attribute
    def transactions(self) -> Transactions:
        """Single attempts to charge."""
        return Transactions(self.asynchronous.transactions)

    @cached_attribute
    def subscriptions(self) -> Subscriptions:
        """Who pays for what, and until when."""
        return Subscriptions(self.asynchronous.subscriptions)

    @cached_attribute
    def invoices(self) -> Invoices:
        """What periods cost, and how that was paid."""
        return Invoices(self.asynchronous.invoices)

    @cached_attribute
    def settings(self) -> Settings:
        """How the merchant wants to be served."""
        return Settings(self.asynchronous.settings)

    @cached_attribute
    def analytics(self) -> Analytics:
        """What failed, and what was won back."""
        return Analytics(self.asynchronous.analytics)

    @cached_attribute
    def checkout(self) -> Checkout:
        """Pages of Duro's on which customers pay."""
        return Checkout(self.asynchronous.checkout)

    @cached_attribute
    def events(self) -> Events:
        """What happened, as the API keeps it."""
        return Events(self.asynchronous.events)

    @cached_attribute
    def customer_checkout(self) -> CustomerCheckout:
        """What a checkout page does; the session's token is all that it needs."""
        return CustomerCheckout(self.asynchronous.customer_checkout)

    @cached_attribute
    def customer_identity(self) -> CustomerIdentity:
        """A person behind a telephone number, and their ways to pay."""
        return CustomerIdentity(self.asynchronous.customer_identity)

    @cached_attribute
    def customer_portal(self) -> CustomerPortal:
        """Where customers look after their own subscriptions."""
        return CustomerPortal(self.asynchronous.customer_portal)

    token = blocking(AsyncDuro.token)
    request = blocking(AsyncDuro.request)
    close = blocking(AsyncDuro.aclose)

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:  # noqa: D102 - AsyncDuro's own, below
        copy = object.__new__(type(self))
        copy.asynchronous = self.asynchronous.with_options(**options)
        return copy

    with_options.__doc__ = AsyncDuro.with_options.__doc__

    def __enter__(self) -> Self:
        self.asynchronous.check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Duro client cannot be pickled; make one in each process")

    def __repr__(self) -> str:
        if "asynchronous" not in self.__dict__:
            # A traceback with locals asks for it even when the client could not be made.
            return f"<{type(self).__name__}, unfinished>"
        return repr(self.asynchronous).replace("Async", "", 1)
