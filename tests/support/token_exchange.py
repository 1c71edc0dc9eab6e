"""Token exchange over a transport with given outcomes."""

from __future__ import annotations

import json

from duro import ClientCredentials
from duro.auth.exchange import TokenExchange
from duro.config import ClientSettings
from duro.http.event_loop import PerLoop
from duro.http.request import Headers, Response

BASE = "http://127.0.0.1:9"


URL = f"{BASE}/v1/oauth/token"


SECRET = "csec_test_do-not-show"


GRANT = {"access_token": "at_test_granted", "token_type": "Bearer", "expires_in": 3600}


class ScriptedTransport:
    """Transport that returns or raises outcomes in order, and records the requests."""

    def __init__(self, *outcomes) -> None:
        self.outcomes = list(outcomes)
        self.requests = []

    async def send(self, request):
        self.requests.append(request)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if callable(outcome):
            outcome = await outcome()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def aclose(self):
        pass


def response(status: int = 200, document: object = GRANT, **headers: str) -> Response:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Response(
        status, Headers.from_lines(lines), document if isinstance(document, bytes) else json.dumps(document).encode()
    )


def exchange_over(transport, clock, **settings) -> TokenExchange:
    return TokenExchange(
        ClientCredentials("cid_test_1", SECRET),
        ClientSettings(BASE, clock=clock.as_clock, **settings),
        PerLoop(lambda: transport),
        lambda: None,
    )
