"""Import guard for web frameworks: a missing one is reported with the name of its extra."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["require_extra"]


@contextmanager
def require_extra(*packages: str, extra: str) -> Generator[None]:
    """Import optional packages in a ``with`` block; report a missing one with its install command.

    Args:
        packages: Names of the packages that the extra installs.
        extra: Name of the extra.

    Raises:
        ConfigurationError: One of the packages is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in packages:
            raise
        raise ConfigurationError(
            f"this adapter needs the package {package!r}; install it with: pip install 'duro-sdk[{extra}]'"
        ) from error
