"""Choice of a client's credential: the arguments, then the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from .._secrets import Secret
from .._urls import is_unencrypted
from ..errors import ConfigurationError
from .credentials import ClientCredentials, SecretKey, as_credential
from .key_format import parse_mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from .credentials import Credential, SupportsCredential

__all__ = ["check_encryption", "is_sandbox_credential", "resolve_credential"]

_VARIABLES: Final = ("DURO_SECRET_KEY", "DURO_CLIENT_ID", "DURO_CLIENT_SECRET")
# Credentials of the served sandbox. They are public, and no other server accepts them.
_SANDBOX_CREDENTIALS: Final = (
    SecretKey("sk_test_sandbox"),
    ClientCredentials("cid_test_sandbox", "csec_test_sandbox"),
    SecretKey("sk_live_sandbox"),
    ClientCredentials("cid_live_sandbox", "csec_live_sandbox"),
)


def resolve_credential(
    credential: Credential | SupportsCredential | Secret | None,
    *,
    secret_key: Credential | SupportsCredential | Secret | None = None,
    client_id: Secret | None = None,
    client_secret: Secret | Callable[[], Any] | None = None,
) -> Credential:
    """Choose the credential of a client.

    Args:
        credential: Credential, or a wrapped secret key.
        secret_key: Secret key, or a wrapped one.
        client_id: Wrapped id of an OAuth client, together with ``client_secret``.
        client_secret: Wrapped secret of an OAuth client.

    Returns:
        The credential from the arguments. Without one, the credential from ``DURO_SECRET_KEY``,
        or else from ``DURO_CLIENT_ID`` and ``DURO_CLIENT_SECRET``.

    Raises:
        ConfigurationError: The credential is missing, incomplete, ambiguous or malformed.
    """
    has_oauth_client = client_id is not None or client_secret is not None
    if (credential is not None) + (secret_key is not None) + has_oauth_client > 1:
        raise ConfigurationError(
            "two credentials were passed; pass either a secret key, or client_id and client_secret, and pass it once"
        )
    if credential is not None:
        return as_credential(credential)
    if secret_key is not None:
        return _check_secret_key(secret_key)
    if has_oauth_client:
        return _build_client_credentials(client_id, client_secret, names="client_id and client_secret")
    return _load_from_environment()


def is_sandbox_credential(credential: Credential) -> bool:
    """Return whether a credential is one of the served sandbox, which are public."""
    return credential in _SANDBOX_CREDENTIALS


def check_encryption(credential: Credential, base_url: str) -> None:
    """Check that a credential may be sent to the address of a client.

    Args:
        credential: Credential of one call, or of a copy of the client.
        base_url: Valid address of the API.

    Raises:
        ConfigurationError: The credential is a secret, and it would cross a network in clear text.
    """
    if is_unencrypted(base_url) and not is_sandbox_credential(credential):
        raise ConfigurationError(
            "credential must be the sandbox's own, because base_url is http:// and would send a secret unencrypted; "
            "create a client with an https:// address"
        )


def _check_secret_key(secret_key: Credential | SupportsCredential | Secret) -> SecretKey:
    if isinstance(secret_key, SecretKey):
        return secret_key
    if isinstance(secret_key, Secret):
        return SecretKey(secret_key)
    raise ConfigurationError(
        f"secret_key must be a string or SecretKey, got {type(secret_key).__name__}; "
        "pass other credentials as the first argument"
    )


def _load_from_environment() -> Credential:
    key, client_id, client_secret = map(_read_variable, _VARIABLES)
    if key is not None and (client_id or client_secret) is not None:
        raise ConfigurationError(
            "the environment contains two credentials; unset DURO_SECRET_KEY, or DURO_CLIENT_ID and DURO_CLIENT_SECRET"
        )
    if key is not None:
        parse_mode(key, kind="sk", name="DURO_SECRET_KEY", example="sk_test_…")
        return SecretKey(key)
    if (client_id or client_secret) is not None:
        return _load_client_credentials(client_id, client_secret)
    if empty := [name for name in _VARIABLES if name in os.environ]:
        raise ConfigurationError(
            f"the credential is missing, because {' and '.join(empty)} in the environment "
            f"{'is' if len(empty) == 1 else 'are'} empty; set DURO_SECRET_KEY to a secret key, or pass secret_key="
        )
    raise ConfigurationError(
        "the credential is missing; pass a secret key, or client_id and client_secret, or set DURO_SECRET_KEY, or "
        "DURO_CLIENT_ID and DURO_CLIENT_SECRET"
    )


def _read_variable(name: str) -> Secret | None:
    value = os.environ.get(name)
    return Secret(value) if value else None


def _load_client_credentials(client_id: Secret | None, client_secret: Secret | None) -> ClientCredentials:
    # Checked first, so that an error names the variable.
    if client_id is not None:
        parse_mode(client_id, kind="cid", name="DURO_CLIENT_ID", example="cid_test_…")
    if client_secret is not None:
        parse_mode(client_secret, kind="csec", name="DURO_CLIENT_SECRET", example="csec_test_…")
    return _build_client_credentials(client_id, client_secret, names="DURO_CLIENT_ID and DURO_CLIENT_SECRET")


def _build_client_credentials(
    client_id: Secret | None, client_secret: Secret | Callable[[], Any] | None, *, names: str
) -> ClientCredentials:
    if client_id is None or client_secret is None:
        raise ConfigurationError(f"half of an OAuth client is missing; set both {names}")
    return ClientCredentials(client_id, client_secret)
