"""Transport that the user wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..request import Response
from . import ResponseLostError, SendError
from .failures import convert_errors, remove_library_frames

if TYPE_CHECKING:
    from ..request import Request
    from . import Transport

__all__ = ["UserTransport"]


class UserTransport:
    """Transport of the user. Each exception that the protocol does not list means that the request may have been sent.

    Args:
        transport: Transport to send through.
        owned: Whether ``aclose`` closes the transport.
    """

    def __init__(self, transport: Transport, *, owned: bool = False) -> None:
        self._transport = transport
        self._owned = owned

    async def send(self, request: Request) -> Response:
        """Send through the user's transport.

        Args:
            request: Request to send.

        Returns:
            The response.

        Raises:
            RequestNotSentError: Nothing was sent.
            ResponseLostError: Something may have been sent.
            ResponseTooLargeError: The response is larger than the request allows.
        """
        request.on_send(True)
        return await convert_errors(self._send(request), is_sent=lambda _: True)

    @property
    def route(self) -> str:
        """Way to the API, for messages."""
        return f"through the {type(self._transport).__name__} passed as transport="

    async def aclose(self) -> None:
        """Close the transport if a factory of the user created it for this client."""
        if self._owned:
            self._owned = False
            await self._transport.aclose()

    async def _send(self, request: Request) -> Response:
        try:
            response: object = await self._transport.send(request)
        except SendError as error:
            cause = error.__cause__ or error.__context__
            if cause is not None:
                error.__cause__ = remove_library_frames(cause)
            raise
        if isinstance(response, Response):
            return response
        raise ResponseLostError(f"the transport must return a Response, got {type(response).__name__}")
