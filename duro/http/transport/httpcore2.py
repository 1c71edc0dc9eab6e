"""Transport on httpcore2, the transport layer of httpx2 and a fork of httpcore."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

import httpcore2

from .httpcore import HttpcoreTransport

if TYPE_CHECKING:
    from .library import Library

__all__ = ["Httpcore2Transport"]


class Httpcore2Transport(HttpcoreTransport):
    """Connections of one event loop, made with httpcore2. It is the default transport in all other respects."""

    library: ClassVar[Library] = cast("Library", httpcore2)
