"""Import of the packages of an extra, which names the extra if one is missing."""

from __future__ import annotations

from importlib import import_module

from ...errors import ConfigurationError

__all__ = ["CIPHER_MODULES", "load_modules"]

CIPHER_MODULES = (
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.kdf.hkdf",
)


def load_modules(*names: str, extra: str) -> None:
    """Import modules when a client is created. The first call would otherwise exceed its time for the store.

    Args:
        names: Names of the modules.
        extra: Name of the extra that installs them.

    Raises:
        ConfigurationError: One of the packages is missing.
    """
    for name in names:
        try:
            import_module(name)
        except ModuleNotFoundError as error:
            package = name.partition(".")[0]
            raise ConfigurationError(
                f"token_store needs the package {package!r}; install it with: pip install 'duro-sdk[{extra}]'"
            ) from error
