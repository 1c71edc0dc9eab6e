"""Binding of a user's HTTP client to one process and one event loop."""

from __future__ import annotations

import os
from typing import Any, Final
from weakref import WeakKeyDictionary, ref

from anyio.lowlevel import current_token

from ...errors import ConfigurationError

__all__ = ["bind"]

_bindings: Final[WeakKeyDictionary[Any, tuple[int, Any]]] = WeakKeyDictionary()


def bind(client: object) -> None:
    """Bind a client to the running process and event loop at its first use.

    Its connections belong to an event loop, and its sockets to a process. In
    another one, a response could reach the wrong caller.

    Args:
        client: Client of the user.

    Raises:
        ConfigurationError: The client is bound to another process or event loop.
    """
    loop = current_token().native_token
    pid, bound_loop = _bindings.setdefault(client, (os.getpid(), ref(loop)))
    if pid == os.getpid() and bound_loop() is loop:
        return
    other = "event loop" if pid == os.getpid() else "process"
    name = f"{type(client).__module__.partition('.')[0]}.{type(client).__name__}"
    raise ConfigurationError(
        f"the {name} passed as transport= was used in another {other}, and nothing was sent; "
        f"pass a factory, which is called once per event loop and process: transport=lambda: {name}(…)"
    )
