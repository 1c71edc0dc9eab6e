"""``PortalControls``: links to the customer portal of a sandbox, as a method."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..._ids import check_id
from ...errors import InvalidArgumentError
from ..backend import Backend
from ..errors import ApiError
from .links import PortalLink, create_portal_link

__all__ = ["PortalControls"]


class PortalControls(ABC):
    """Links to the customer portal."""

    @property
    @abstractmethod
    def _backend(self) -> Backend: ...

    @property
    @abstractmethod
    def url(self) -> str:
        """URL of the running server, without a trailing slash."""

    def portal_link(self, customer_id: str) -> PortalLink:
        """Return the link that opens the customer portal, as a customer gets it by e-mail.

        Args:
            customer_id: Id of a customer with an e-mail address.

        Raises:
            InvalidArgumentError: The customer does not exist, or does not have an e-mail address.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> link = sandbox.portal_link(customer.id)
            >>> delivery = await client.customer_portal.start(token=link.token)
            >>> delivery.email
            'ada@example.com'
        """
        check_id("customer_id", customer_id)
        try:
            return create_portal_link(self._backend, customer_id, self.url)
        except ApiError as error:
            raise InvalidArgumentError(f"the portal link cannot be created: {error.message}") from None
