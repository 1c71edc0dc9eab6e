"""Transport that responds at once, so that only the work of the client itself is measured."""

from __future__ import annotations

import json

from duro import Response

from ..responses import CUSTOMER


class InstantTransport:
    def __init__(self):
        self._response = Response(
            200, {"content-type": "application/json", "x-request-id": "req_1"}, json.dumps(CUSTOMER).encode()
        )

    async def send(self, request):
        return self._response

    async def aclose(self):
        pass
