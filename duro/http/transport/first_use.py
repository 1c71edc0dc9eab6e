"""Import of a transport's module in a worker thread, at the first request of the process."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from . import RequestNotSentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..request import Request, Response
    from . import Transport

__all__ = ["ImportingTransport"]


class ImportingTransport:
    """Transport that imports its HTTP library before its first request.

    The import reads files and takes about 100 ms. It would block the event loop.

    Args:
        module: Name of the module to import.
        create: Function that creates the transport. It is called on the event loop, after the import.
    """

    def __init__(self, module: str, create: Callable[[], Transport]) -> None:
        self._module = module
        self._create = create
        self._lock = anyio.Lock()
        self._transport: Transport | None = None
        self._is_closed = False

    async def send(self, request: Request) -> Response:
        """Send a request, after the import.

        Args:
            request: Request to send.

        Returns:
            The complete response.

        Raises:
            RequestNotSentError: The import failed, or nothing was sent.
            ResponseLostError: Something may have been sent.
        """
        transport = self._transport or await self._open()
        return await transport.send(request)

    @property
    def route(self) -> str:
        """Way to the API, for messages. Empty before the first request."""
        return str(getattr(self._transport, "route", ""))

    async def aclose(self) -> None:
        """Close all connections."""
        self._is_closed = True
        if self._transport is not None:
            await self._transport.aclose()

    async def _open(self) -> Transport:
        async with self._lock:
            if self._transport is None:
                try:
                    # If no thread can start, the module is imported on the event loop.
                    with suppress(RuntimeError):
                        # A limiter of its own, because the program may occupy all threads of the default one.
                        await anyio.to_thread.run_sync(import_module, self._module, limiter=anyio.CapacityLimiter(1))
                    transport = self._create()
                except OSError as error:
                    raise RequestNotSentError(f"{self._module} could not be imported ({error})") from error
                if self._is_closed:
                    await transport.aclose()
                self._transport = transport
        return self._transport
