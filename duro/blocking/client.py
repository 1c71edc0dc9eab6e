"""Blocking client of the Duro API: ``Duro``."""

from __future__ import annotations

from functools import update_wrapper
from typing import TYPE_CHECKING, Concatenate, NoReturn, ParamSpec, Self, Unpack

from .._misuse import unsupported
from .._nearest_names import hinting_getattr
from ..api.argument_errors import explains_arguments
from ..client import AsyncDuro
from . import portal, resources
from .declare import BlockingResource, blocking, blocking_resource
from .docstrings import documented_like, with_arguments_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ..api.options import ClientOptions
    from ..auth.stores.counters import TokenStoreCounters

__all__ = ["Duro"]

P = ParamSpec("P")


def _with_arguments_of(
    client_class: Callable[P, AsyncDuro],
) -> Callable[[Callable[[Duro, AsyncDuro], None]], Callable[Concatenate[Duro, P], None]]:
    """Return a decorator that gives a constructor the arguments of the asynchronous client."""

    def decorate(initialize: Callable[[Duro, AsyncDuro], None]) -> Callable[Concatenate[Duro, P], None]:
        def __init__(self: Duro, /, *args: P.args, **kwargs: P.kwargs) -> None:  # noqa: N807 - becomes the method
            try:
                asynchronous = client_class(*args, **kwargs)
            finally:
                # Secrets among the arguments must not be in a traceback that shows local variables.
                del args, kwargs
            initialize(self, asynchronous)

        update_wrapper(__init__, AsyncDuro.__init__)
        return __init__

    return decorate


@with_arguments_of(AsyncDuro)
class Duro(BlockingResource[AsyncDuro]):
    """Blocking client of the Duro API.

    One client serves any number of threads, and can be used in forked child
    processes. Use it in ``with``, or close it with ``close()``. It has the
    arguments, resources and methods of ``AsyncDuro``.

    Example:
        >>> with Duro(**sandbox.options) as client:
        ...     customer = client.customers.create(email="ada@example.com")
        >>> customer.email
        'ada@example.com'
    """

    @explains_arguments
    @_with_arguments_of(AsyncDuro)
    def __init__(self, asynchronous: AsyncDuro) -> None:
        super().__init__(asynchronous)

    oauth = blocking_resource(resources.OAuth)
    plans = blocking_resource(resources.Plans)
    promo_codes = blocking_resource(resources.PromoCodes)
    payment_links = blocking_resource(resources.PaymentLinks)
    customers = blocking_resource(resources.Customers)
    transactions = blocking_resource(resources.Transactions)
    subscriptions = blocking_resource(resources.Subscriptions)
    invoices = blocking_resource(resources.Invoices)
    settings = blocking_resource(resources.Settings)
    analytics = blocking_resource(resources.Analytics)
    checkout = blocking_resource(resources.Checkout)
    events = blocking_resource(resources.Events)
    customer_checkout = blocking_resource(resources.CustomerCheckout)
    customer_identity = blocking_resource(resources.CustomerIdentity)
    customer_portal = blocking_resource(resources.CustomerPortal)

    token = blocking(AsyncDuro.token)
    request = blocking(AsyncDuro.request)

    @property
    def token_store_counters(self) -> TokenStoreCounters:
        """Token exchanges of this client and its copies, and the use of its token store."""
        return self._asynchronous.token_store_counters

    @documented_like(AsyncDuro.aclose)
    def close(self) -> None:  # noqa: D102 - derived
        # Not at the end of the program, and not for a client that was never used: there are no connections to close.
        portal.run_if_started(self._asynchronous.aclose)
        self._asynchronous._requester.state.pipeline.reject_calls()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    @documented_like(AsyncDuro.with_options)
    def with_options(self, **options: Unpack[ClientOptions]) -> Self:  # noqa: D102 - derived
        copy = object.__new__(type(self))
        copy._asynchronous = self._asynchronous.with_options(**options)
        return copy

    if not TYPE_CHECKING:
        __getattr__ = hinting_getattr("client")
        __aenter__ = __aexit__ = unsupported("is blocking; write 'with', or use AsyncDuro")

    def __enter__(self) -> Self:
        self._asynchronous.check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Duro client cannot be pickled; create one in each process")

    def __repr__(self) -> str:
        if "_asynchronous" not in self.__dict__:
            # A traceback with local variables calls this even if the constructor failed.
            return f"<{type(self).__name__} (not initialized)>"
        return repr(self._asynchronous).replace("Async", "", 1)
