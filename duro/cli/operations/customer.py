"""Options for the credential of a customer, which the operations of a customer need."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from attrs import field, frozen
from cyclopts import Parameter

from ...errors import ConfigurationError
from ...http.operation import Surface
from ..account import GROUP, Account

if TYPE_CHECKING:
    from ...auth.credentials import IdentityToken, PortalSession

__all__ = ["CustomerAccount"]

VARIABLE: Final = "DURO_CUSTOMER_TOKEN"


@Parameter(name="*", group=GROUP)
@frozen(kw_only=True)
class CustomerAccount(Account):
    """Credential of a customer, next to the options of the merchant's account.

    Attributes:
        customer_token: Token of the customer, from a sign-in. Default: the variable DURO_CUSTOMER_TOKEN.
    """

    customer_token: str | None = field(default=None, repr=False)

    def customer_credential(self, surface: Surface) -> IdentityToken | PortalSession:
        """Return the credential of the customer.

        Args:
            surface: Part of the API, which determines the kind of the credential.

        Raises:
            ConfigurationError: The token is missing or malformed.
        """
        from ...auth.credentials import IdentityToken, PortalSession, wrap_secret

        token = self.customer_token or os.environ.get(VARIABLE)
        if not token:
            raise ConfigurationError(
                f"the customer's token is missing; set {VARIABLE} to the token of a sign-in, see: duro "
                + ("customer-portal verify" if surface is Surface.PORTAL else "customer-identity verify-otp")
                + " --reveal"
            )
        kind = PortalSession if surface is Surface.PORTAL else IdentityToken
        return kind(wrap_secret(token), mode=self.mode)
