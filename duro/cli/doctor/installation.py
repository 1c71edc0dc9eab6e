"""Versions of the installed packages."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from ..._version import __version__

__all__ = ["describe_installation"]

_PACKAGES: Final = ("httpx", "anyio", "aiohttp", "httpx2", "uvloop", "coredis", "cryptography", "socksio")


def describe_installation() -> str:
    """Return the versions of Duro, Python and the packages that clients use, without those that are missing."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return ", ".join([f"duro {__version__}", python, *filter(None, map(_describe_package, _PACKAGES))])


def _describe_package(name: str) -> str | None:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return None
