"""State of a client: the parts shared with its copies, and the defaults of each copy."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import frozen

from ..http.event_loop import run_to_completion
from ..http.request import NO_HEADERS, Headers

if TYPE_CHECKING:
    from ..auth.authorizers import Authorizers
    from ..auth.credentials import Credential
    from ..config import RetryPolicy
    from ..http.pipeline import Pipeline

__all__ = ["ClientState", "Defaults"]


class ClientState:
    """Connections and tokens that a client shares with its copies.

    Args:
        pipeline: Pipeline that executes calls.
        authorizers: Source of the authorizer for each credential.
    """

    def __init__(self, pipeline: Pipeline, authorizers: Authorizers) -> None:
        self.pipeline = pipeline
        self.authorizers = authorizers

    async def aclose(self) -> None:
        """Close the connections, also if the caller is cancelled. Later calls raise ``ClientClosedError``."""
        # First, because a background refresh may start while the pipeline closes its connections.
        self.authorizers.stop_exchanges()
        self.pipeline.reject_calls()
        await run_to_completion(self._close_connections)

    async def _close_connections(self) -> None:
        try:
            await self.pipeline.aclose()
        finally:
            await self.authorizers.aclose()

    # warnings.warn is bound as a default: at interpreter exit the module may be gone.
    def __del__(self, _warn: Any = warnings.warn) -> None:
        pipeline = getattr(self, "pipeline", None)
        if pipeline is not None and pipeline.in_use:
            _warn("a Duro client was not closed; use it in a with statement, or close it", ResourceWarning, source=self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Duro client cannot be pickled; create one in each process")


@frozen
class Defaults:
    """Options of a client's calls, used where a call does not set its own.

    Attributes:
        credential: Credential of the calls.
        timeout: Deadline of a call in seconds.
        retry: Retry policy.
        headers: Additional headers.
    """

    credential: Credential
    timeout: float
    retry: RetryPolicy
    headers: Headers = NO_HEADERS
