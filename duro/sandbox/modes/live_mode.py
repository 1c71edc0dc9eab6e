"""``LiveMode``: live mode of a sandbox."""

from __future__ import annotations

from ..auth.connection_options import ConnectionOptions
from ..auth.credentials import CREDENTIALS
from ..backend import Backend
from .controls import ModeControls

__all__ = ["LiveMode"]


class LiveMode(ModeControls):
    """Live mode of a sandbox, with the records and controls of ``Sandbox``.

    Its objects are separate from those of test mode: an id of one mode does not
    exist in the other. The request log and the faults are those of the server.
    The clock is its own. Read it from ``Sandbox.live``.

    Args:
        backend: Backend of live mode.
        options: Arguments of a client for test mode.

    Example:
        >>> from duro import AsyncDuro
        >>> async with AsyncDuro(**sandbox.live.options) as live_client:
        ...     plan = await live_client.plans.create(name="Pro", amount=500_000, interval="month")
        >>> [plan.name for plan in await client.plans.list().collect()]
        []
    """

    def __init__(self, backend: Backend, options: ConnectionOptions) -> None:
        self._opened_backend = backend
        self._options = options

    def __repr__(self) -> str:
        return f"<LiveMode {self.url}>"

    @property
    def _backend(self) -> Backend:
        return self._opened_backend

    @property
    def url(self) -> str:
        """URL of the running server, without a trailing slash."""
        return self._options["base_url"]

    @property
    def options(self) -> ConnectionOptions:
        """Arguments of a client for live mode: ``AsyncDuro(**sandbox.live.options)``."""
        credentials = CREDENTIALS["live"]
        return {**self._options, "client_id": credentials.client_id, "client_secret": credentials.client_secret}

    @property
    def secret_key(self) -> str:
        """Secret key of live mode, the alternative to the client id and client secret."""
        return CREDENTIALS["live"].secret_key
