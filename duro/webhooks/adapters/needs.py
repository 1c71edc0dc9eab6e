"""A missing framework names its extra."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["needs"]


@contextmanager
def needs(*packages: str, extra: str) -> Generator[None]:
    """Import packages in a block, and tell how to get those that are missing.

    Args:
        packages: The packages that the extra brings.
        extra: The extra.

    Raises:
        ConfigurationError: One of them is not installed.
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
