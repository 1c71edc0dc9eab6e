"""Identifier of the running system, which changes at each boot."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

__all__ = ["read_boot_id"]

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def read_boot_id() -> str:
    """Return an identifier of the running system that changes at each boot, or the host name without one."""
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        return platform.node()
