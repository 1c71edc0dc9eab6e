"""Whether gevent has put greenlets in the place of threads, and whether it did so in time."""

from __future__ import annotations

import sys
import threading
from typing import Final

__all__ = ["patched", "patched_late"]

# gevent puts another one in its place.
_get_ident: Final = threading.get_ident


def patched() -> bool:
    """Tell whether threads are greenlets."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def patched_late() -> bool:
    """Tell whether they became so after this was loaded; no thread can then wait for another that was there before."""
    return threading.get_ident is not _get_ident
