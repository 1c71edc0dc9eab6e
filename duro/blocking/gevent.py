"""Detection of gevent's patch, which replaces threads with greenlets."""

from __future__ import annotations

import sys
import threading
from typing import Final

__all__ = ["is_patched", "is_patched_late"]

# The function at the time of this import. gevent's patch replaces it in the module threading.
_get_ident: Final = threading.get_ident


def is_patched() -> bool:
    """Return whether gevent has replaced threads with greenlets."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def is_patched_late() -> bool:
    """Return whether gevent did so after this module was imported.

    In that case a thread cannot wait for a thread that existed before the patch.
    """
    return threading.get_ident is not _get_ident
