"""Options of the command line for the credential and the address of the API."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from attrs import asdict, field, frozen
from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from ..auth.credentials import Credential
    from ..blocking.client import Duro
    from ..config import Mode

__all__ = ["ACCOUNT_OF_ENVIRONMENT", "GROUP", "Account"]

VARIABLES: Final = ("DURO_SECRET_KEY", "DURO_CLIENT_ID", "DURO_CLIENT_SECRET", "DURO_BASE_URL")

GROUP: Final = Group(
    "Account",
    help=(
        "Prefer environment variables: DURO_SECRET_KEY, or DURO_CLIENT_ID and DURO_CLIENT_SECRET, and DURO_BASE_URL. "
        "Every user of this machine can read the options of a running program."
    ),
    sort_key=2,  # after a command's own options
)


@Parameter(name="*", group=GROUP)
@frozen(kw_only=True)
class Account:
    """Credential and address of the API; options that are left out are read from the environment.

    Attributes:
        secret_key: Secret key (sk_...).
        client_id: Id of an OAuth client (cid_...).
        client_secret: Secret of that client (csec_...).
        base_url: URL of the API. Default: selected by the credential's mode, test or live.
    """

    secret_key: str | None = field(default=None, repr=False)
    client_id: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)
    base_url: str | None = None

    @property
    def is_configured(self) -> bool:
        """Whether at least one option or environment variable is set."""
        given = any(value is not None for value in asdict(self).values())
        return given or any(os.environ.get(name) for name in VARIABLES)

    def credential(self) -> Credential:
        """Return the credential of the options, else that of the environment.

        Raises:
            ConfigurationError: The credential is missing, ambiguous or malformed.
        """
        from ..auth.credential_choice import resolve_credential
        from ..auth.credentials import wrap_secret

        return resolve_credential(
            wrap_secret(self.secret_key),
            client_id=wrap_secret(self.client_id),
            client_secret=wrap_secret(self.client_secret),
        )

    @property
    def mode(self) -> Mode | None:
        """Mode of the credential, ``None`` if no option or variable sets one.

        Raises:
            ConfigurationError: The credential is ambiguous or malformed.
        """
        has_credential = self.secret_key or self.client_id or any(os.environ.get(name) for name in VARIABLES[:2])
        return self.credential().mode if has_credential else None

    def resolve_base_url(self, mode: Mode | None, *, allow_http: bool) -> str:
        """Return the address of the options, else that of the environment or of a mode.

        Args:
            mode: Mode of the credential.
            allow_http: Whether ``http://`` is allowed on every host.

        Raises:
            ConfigurationError: The address is malformed or missing.
        """
        from .._base_url import resolve_base_url

        return resolve_base_url(self.base_url, mode, allow_http=allow_http)

    def client(self) -> Duro:
        """Create a blocking client; the caller closes it.

        Raises:
            ConfigurationError: The credential or the address cannot be used.
        """
        from ..blocking.client import Duro

        return Duro(self.credential(), base_url=self.base_url)


ACCOUNT_OF_ENVIRONMENT: Final = Account()
