"""Credentials of the API, validated when they are created."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, overload, runtime_checkable

from .._secrets import Secret
from ..errors import ConfigurationError
from ..http.operation import Surface
from .client_secret import SecretSource
from .key_format import parse_mode, reveal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import Mode
    from .client_secret import ClientSecret

__all__ = [
    "ClientCredentials",
    "Credential",
    "IdentityToken",
    "PortalSession",
    "SecretKey",
    "SupportsCredential",
    "as_credential",
    "wrap_secret",
]

_OPAQUE: Final = re.compile(r"[\x21-\x7e]{1,8192}")


@overload
def wrap_secret(value: str | Secret) -> Secret: ...
@overload
def wrap_secret(value: None) -> None: ...
@overload
def wrap_secret(value: str | None) -> Secret | None: ...
@overload
def wrap_secret(value: ClientSecret | None) -> Secret | Callable[[], Any] | None: ...
@overload
def wrap_secret(value: Credential | SupportsCredential) -> Credential | SupportsCredential: ...
def wrap_secret(value: object) -> object:
    """Wrap a string, so that no later frame of a traceback shows it. Return other values unchanged."""
    return Secret(value) if isinstance(value, str) else value


class SecretKey:
    """Secret key, ``sk_test_…`` or ``sk_live_…``, for all merchant operations of one merchant and mode.

    Args:
        key: Secret key.

    Raises:
        ConfigurationError: The string is not a secret key.

    Example:
        >>> SecretKey("sk_test_4eC39HqLyjWDarjtT1zdp7dc")
        SecretKey(sk_test_…)
    """

    __slots__ = ("key", "mode")

    surfaces: Final = frozenset({Surface.MERCHANT})

    def __init__(self, key: str | Secret) -> None:
        key = wrap_secret(key)
        self.mode: Mode = parse_mode(key, kind="sk", name="secret_key", example="sk_test_…")
        self.key: Secret = key

    def __repr__(self) -> str:
        # A traceback with locals needs the repr even if __init__ fails before it sets the mode.
        return f"SecretKey(sk_{getattr(self, 'mode', '…')}_…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretKey) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class ClientCredentials:
    """OAuth client, exchanged for access tokens at ``POST /v1/oauth/token``.

    Args:
        client_id: Client id, ``cid_test_…`` or ``cid_live_…``.
        client_secret: Client secret, ``csec_…`` of the same mode, or a function
            that returns it. The function may be plain or asynchronous. It is
            called for each token exchange, a plain one in a worker thread. Two
            credentials with a function are equal if the function is the same object.

    Raises:
        ConfigurationError: An argument is malformed, or the modes differ.

    Example:
        >>> ClientCredentials("cid_test_1", "csec_test_1")
        ClientCredentials(client_id='cid_test_1', client_secret=…)
    """

    __slots__ = ("client_id", "client_secret", "mode")

    surfaces: Final = frozenset({Surface.MERCHANT})

    def __init__(self, client_id: str | Secret, client_secret: ClientSecret | Secret) -> None:
        # Users swap the two by mistake. The id therefore stays wrapped until its form is checked.
        client_id = wrap_secret(client_id)
        wrapped: object = Secret(client_secret) if isinstance(client_secret, str) else client_secret
        del client_secret
        self.mode: Mode = parse_mode(client_id, kind="cid", name="client_id", example="cid_test_…")
        self.client_id: str = client_id.reveal()
        self.client_secret: Secret | SecretSource = (
            SecretSource(wrapped) if callable(wrapped) else self._check_secret(wrapped, name="client_secret")
        )

    async def read_secret(self) -> Secret:
        """Return the client secret. This may call the function that was passed as ``client_secret``.

        Returns:
            The secret.

        Raises:
            ClientSecretError: The function raised an exception.
            ConfigurationError: The function did not return a client secret of the same mode.
        """
        if isinstance(self.client_secret, Secret):
            return self.client_secret
        return self._check_secret(await self.client_secret.read(), name="client_secret()")

    def _check_secret(self, secret: object, *, name: str) -> Secret:
        if not isinstance(secret, Secret):
            raise ConfigurationError(
                f"{name} must have the form 'csec_test_…', got {type(secret).__name__}; copy it from the dashboard"
            )
        if parse_mode(secret, kind="csec", name=name, example="csec_test_…") != self.mode:
            raise ConfigurationError(
                f"client_id and {name} must have the same mode, got client_id of mode {self.mode!r}; "
                "pass both from one pair"
            )
        return secret

    def __repr__(self) -> str:
        return f"ClientCredentials(client_id={getattr(self, 'client_id', '…')!r}, client_secret=…)"

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ClientCredentials)
            and self.client_id == other.client_id
            and self.client_secret == other.client_secret
        )

    def __hash__(self) -> int:
        return hash((self.client_id, self.client_secret))


class _OpaqueToken:
    """Token without a documented form."""

    __slots__ = ("mode", "token")

    def __init__(self, token: str | Secret, *, mode: Mode | None = None) -> None:
        token = wrap_secret(token)
        if not _OPAQUE.fullmatch(reveal(token)):
            raise ConfigurationError(
                f"token of {type(self).__name__} must be a string of printable ASCII characters without spaces; "
                "pass the token that the API returned"
            )
        if mode not in (None, "test", "live"):
            raise ConfigurationError("mode must be 'test', 'live' or None; pass the mode in which the token was issued")
        self.token: Secret = token
        self.mode: Mode | None = mode

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OpaqueToken) and type(self) is type(other) and self.token == other.token

    def __hash__(self) -> int:
        return hash((type(self), self.token))


class IdentityToken(_OpaqueToken):
    """Identity token of a customer, from ``customer_identity.verify_otp``, for that customer's identity only.

    Args:
        token: Token string.
        mode: Mode of the token, which selects Duro's host without a base URL.

    Raises:
        ConfigurationError: The token is empty or malformed.
    """

    __slots__ = ()

    surfaces: Final = frozenset({Surface.IDENTITY})


class PortalSession(_OpaqueToken):
    """Session of the customer portal, from ``customer_portal.verify``.

    Args:
        token: Session token.
        mode: Mode of the token, which selects Duro's host without a base URL.

    Raises:
        ConfigurationError: The token is empty or malformed.
    """

    __slots__ = ()

    surfaces: Final = frozenset({Surface.PORTAL})


Credential: TypeAlias = SecretKey | ClientCredentials | IdentityToken | PortalSession


@runtime_checkable
class SupportsCredential(Protocol):
    """API response that contains a credential, and that is accepted in its place."""

    @property
    def credential(self) -> Credential:
        """Credential of the response."""
        ...


def as_credential(credential: Credential | SupportsCredential | Secret) -> Credential:
    """Convert an argument to a credential.

    Args:
        credential: Credential, an API response that contains one, or a wrapped secret key.

    Returns:
        The credential.

    Raises:
        ConfigurationError: The argument has another type, or the secret key is malformed.
    """
    if isinstance(credential, Secret):
        return SecretKey(credential)
    if isinstance(credential, SecretKey | ClientCredentials | IdentityToken | PortalSession):
        return credential
    if isinstance(credential, SupportsCredential):
        return credential.credential
    advice = "pass a string, ClientCredentials, IdentityToken or PortalSession"
    if inspect.iscoroutine(credential):
        advice = "write 'await' before the call that returns the credential"
    raise ConfigurationError(
        f"credential must be a secret key or a credential object, got {type(credential).__name__}; {advice}"
    )
