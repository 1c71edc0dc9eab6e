"""Transport that returns or raises given outcomes."""

from __future__ import annotations

import anyio.lowlevel


class ScriptedOutcomes:
    """Transport for tests. The last outcome is repeated.

    Args:
        outcomes: Responses to return, and exceptions to raise, in order.
    """

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)

    async def send(self, request):
        await anyio.lowlevel.checkpoint()
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def aclose(self):
        pass
