"""What stands behind a client: what it shares with its copies, and what each copy says of itself."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

from attrs import frozen

from ..http.request import NO_HEADERS, Headers

if TYPE_CHECKING:
    from ..auth.authorizers import Authorizers
    from ..auth.credentials import Credential
    from ..config import RetryPolicy
    from ..http.pipeline import Pipeline

__all__ = ["ClientState", "Defaults"]


class ClientState:
    """What a client and its copies share: connections and tokens.

    Args:
        pipeline: Carries calls out.
        authorizers: Knows who calls.
    """

    def __init__(self, pipeline: Pipeline, authorizers: Authorizers) -> None:
        self.pipeline = pipeline
        self.authorizers = authorizers

    async def aclose(self) -> None:
        """Close the connections and refuse further calls."""
        await self.pipeline.aclose()
        await self.authorizers.aclose()

    def __del__(self, _warn: Any = warnings.warn) -> None:
        pipeline = getattr(self, "pipeline", None)
        if pipeline is not None and pipeline.in_use:
            _warn("a Duro client was not closed; use it in a with statement, or close it", ResourceWarning, source=self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Duro client cannot be pickled; make one in each process")


@frozen
class Defaults:
    """What a copy of a client says with every call.

    Attributes:
        credential: Who calls.
        timeout: The deadline, in seconds.
        retry: How to try again.
        headers: Further headers.
    """

    credential: Credential
    timeout: float
    retry: RetryPolicy
    headers: Headers = NO_HEADERS
