"""The credentials that Duro knows, checked when they are made."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast, overload, runtime_checkable

from .._secrets import Secret
from ..errors import ConfigurationError
from ..http.operation import Surface

if TYPE_CHECKING:
    from ..config import Mode

__all__ = [
    "ClientCredentials",
    "Credential",
    "IdentityToken",
    "PortalSession",
    "SecretKey",
    "SupportsCredential",
    "as_credential",
    "conceal",
    "resolve_credential",
]

_FORM: Final = re.compile(r"(?P<kind>sk|cid|csec)_(?P<mode>test|live)_[A-Za-z0-9_\-]{1,512}")
_OPAQUE: Final = re.compile(r"[\x21-\x7e]{1,8192}")


@overload
def conceal(value: str | Secret) -> Secret: ...
@overload
def conceal(value: None) -> None: ...
@overload
def conceal(value: Credential | SupportsCredential) -> Credential | SupportsCredential: ...
def conceal(value: object) -> object:
    """Wrap a text where it enters, so that no frame after this one holds it; leave all else as it is."""
    return Secret(value) if isinstance(value, str) else value


class SecretKey:
    """A secret key, ``sk_test_…`` or ``sk_live_…``: full scope in one tenant and one mode.

    Args:
        key: The key.

    Raises:
        ConfigurationError: It has not the form of a secret key.

    Example:
        >>> SecretKey("sk_test_4eC39HqLyjWDarjtT1zdp7dc")
        SecretKey(sk_test_…)
    """

    __slots__ = ("key", "mode")

    surfaces: Final = frozenset({Surface.MERCHANT})

    def __init__(self, key: str | Secret) -> None:
        key = conceal(key)
        self.mode: Mode = _mode_of(key, kind="sk", what="secret key", example="sk_test_…")
        self.key = key

    def __repr__(self) -> str:
        # A traceback with locals asks for it even before the form is known.
        return f"SecretKey(sk_{getattr(self, 'mode', '…')}_…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretKey) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class ClientCredentials:
    """An OAuth client, exchanged for access tokens at ``POST /v1/oauth/token``.

    Args:
        client_id: ``cid_test_…`` or ``cid_live_…``.
        client_secret: ``csec_…`` of the same mode.

    Raises:
        ConfigurationError: One of them is malformed, or their modes differ.

    Example:
        >>> ClientCredentials("cid_test_1", "csec_test_1")
        ClientCredentials(client_id='cid_test_1', client_secret=…)
    """

    __slots__ = ("client_id", "client_secret", "mode")

    surfaces: Final = frozenset({Surface.MERCHANT})

    def __init__(self, client_id: str | Secret, client_secret: str | Secret) -> None:
        # Keys get mixed up, and so the id is concealed as well until its form is known.
        client_id, client_secret = conceal(client_id), conceal(client_secret)
        self.mode: Mode = _mode_of(client_id, kind="cid", what="client_id", example="cid_test_…")
        if _mode_of(client_secret, kind="csec", what="client_secret", example="csec_test_…") != self.mode:
            raise ConfigurationError(
                f"client_id is of mode {self.mode!r} and client_secret of the other; take both from one pair"
            )
        self.client_id = client_id.reveal()
        self.client_secret = client_secret

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
    """A token whose form Duro does not tell."""

    __slots__ = ("mode", "token")

    def __init__(self, token: str | Secret, *, mode: Mode | None = None) -> None:
        token = conceal(token)
        if not _OPAQUE.fullmatch(_text_of(token)):
            raise ConfigurationError(f"this {type(self).__name__} is empty or holds spaces; give the token as answered")
        if mode not in (None, "test", "live"):
            raise ConfigurationError(f"mode is {mode!r}; give 'test' or 'live'")
        self.token = token
        self.mode: Mode | None = mode

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _OpaqueToken) and type(self) is type(other) and self.token == other.token

    def __hash__(self) -> int:
        return hash((type(self), self.token))


class IdentityToken(_OpaqueToken):
    """A customer's identity token, from ``customer_identity.verify_otp``; good for that customer's identity alone.

    Args:
        token: The token.
        mode: Which of Duro's hosts it belongs to, where no base URL says so.

    Raises:
        ConfigurationError: It is empty or malformed.
    """

    __slots__ = ()

    surfaces: Final = frozenset({Surface.IDENTITY})


class PortalSession(_OpaqueToken):
    """A session of the customer portal, from ``customer_portal.verify``.

    Args:
        token: The session token.
        mode: Which of Duro's hosts it belongs to, where no base URL says so.

    Raises:
        ConfigurationError: It is empty or malformed.
    """

    __slots__ = ()

    surfaces: Final = frozenset({Surface.PORTAL})


Credential: TypeAlias = SecretKey | ClientCredentials | IdentityToken | PortalSession


@runtime_checkable
class SupportsCredential(Protocol):
    """An answer of the API that a credential came with, and that is taken for one."""

    @property
    def credential(self) -> Credential:
        """The credential."""
        ...


def resolve_credential(
    credential: Credential | SupportsCredential | Secret | None,
    *,
    client_id: Secret | None = None,
    client_secret: Secret | None = None,
) -> Credential:
    """Settle which credential a client uses.

    Args:
        credential: A credential, or a secret key's concealed text.
        client_id: The OAuth client's concealed id, with ``client_secret``.
        client_secret: The OAuth client's concealed secret.

    Returns:
        The credential given, else that of ``DURO_SECRET_KEY``, else that of
        ``DURO_CLIENT_ID`` and ``DURO_CLIENT_SECRET``.

    Raises:
        ConfigurationError: There is none, there are two, half of one is missing, or it is malformed.
    """
    if credential is not None:
        if client_id is not None or client_secret is not None:
            raise ConfigurationError("two credentials were given; give a key, or client_id with client_secret")
        return as_credential(credential)
    if client_id is not None or client_secret is not None:
        return _pair(client_id, client_secret, names="client_id and client_secret")
    return _from_environment()


def as_credential(credential: Credential | SupportsCredential | Secret) -> Credential:
    """Take a credential as it is, an answer that holds one for it, and a concealed text as a secret key.

    Raises:
        ConfigurationError: It is no credential.
    """
    if isinstance(credential, Secret):
        return SecretKey(credential)
    if isinstance(credential, SecretKey | ClientCredentials | IdentityToken | PortalSession):
        return credential
    if isinstance(credential, SupportsCredential):
        return credential.credential
    raise ConfigurationError(
        f"a {type(credential).__name__} is no credential; give a secret key, ClientCredentials, IdentityToken "
        "or PortalSession"
    )


def _from_environment() -> Credential:
    key, client_id, client_secret = map(
        _concealed_variable, ("DURO_SECRET_KEY", "DURO_CLIENT_ID", "DURO_CLIENT_SECRET")
    )
    if key is not None and (client_id or client_secret) is not None:
        raise ConfigurationError(
            "the environment holds two credentials; unset DURO_SECRET_KEY, or DURO_CLIENT_ID and DURO_CLIENT_SECRET"
        )
    if key is not None:
        return SecretKey(key)
    if (client_id or client_secret) is not None:
        return _pair(client_id, client_secret, names="DURO_CLIENT_ID and DURO_CLIENT_SECRET")
    raise ConfigurationError(
        "no credential: give a secret key, or client_id and client_secret, or set DURO_SECRET_KEY, or DURO_CLIENT_ID "
        "and DURO_CLIENT_SECRET"
    )


def _concealed_variable(name: str) -> Secret | None:
    value = os.environ.get(name)
    return Secret(value) if value else None


def _pair(client_id: Secret | None, client_secret: Secret | None, *, names: str) -> ClientCredentials:
    if client_id is None or client_secret is None:
        raise ConfigurationError(f"half of an OAuth client is missing; give both {names}")
    return ClientCredentials(client_id, client_secret)


def _mode_of(secret: Secret, *, kind: str, what: str, example: str) -> Mode:
    found, mode = _kind_and_mode_of(secret)
    if found != kind:
        raise ConfigurationError(f"this {what} has not the form {example!r}{_advice(secret)}")
    return cast("Mode", mode)


def _kind_and_mode_of(secret: Secret) -> tuple[str, str] | tuple[None, None]:
    # The repr of a match shows its text, and so no frame that raises holds one.
    form = _FORM.fullmatch(_text_of(secret))
    return (form["kind"], form["mode"]) if form else (None, None)


def _advice(secret: Secret) -> str:
    for prefix, advice in (
        ("pk_", "; a publishable key is for browsers, take the secret key (sk_…)"),
        ("cid_", "; this is an OAuth client id, give client_id= and client_secret="),
        ("csec_", "; this is an OAuth client secret, give client_id= and client_secret="),
        ("cs_", "; a checkout token is no credential"),
        ("sk_", "; check for spaces or a part that was cut off"),
    ):
        if _text_of(secret).startswith(prefix):
            return advice
    return ""


def _text_of(secret: Secret) -> str:
    text = secret.reveal() if isinstance(secret, Secret) else None
    return text if isinstance(text, str) else ""
