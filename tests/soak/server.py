"""A sandbox in a process of its own, whose memory is not measured; at a word, everything goes wrong there.

It prints its address, then does what it reads line by line: ``strike``, ``rest``, and ``end`` or the end of its input.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import urllib.request

from duro.sandbox import Sandbox

TOKEN_LIFETIME = 20.0
PAUSE = 0.2

KINDS = (
    lambda chance: {"kind": "status", "status": chance.choice((401, 408, 429, 500, 502, 503, 504))},
    lambda chance: {"kind": "status", "status": 429, "retryAfter": round(chance.uniform(0, 0.5), 2)},
    lambda chance: {"kind": "delay", "seconds": chance.uniform(0, 1)},
    lambda _: {"kind": "reset_before"},
    lambda _: {"kind": "reset_after"},
    lambda _: {"kind": "truncate"},
    lambda _: {"kind": "garbage"},
    lambda chance: {"kind": "drip", "pause": chance.choice((0, 0.001, 0.01))},
    lambda chance: {"kind": "silence", "commit": chance.random() < 0.5},
)
PATHS = (
    "/v1/*",
    "/v1/customers",
    "/v1/customers/{id}",
    "/v1/customers/{id}/transactions",
    "/v1/plans",
    "/v1/plans/{id}",
    "/v1/subscriptions",
    "/v1/subscriptions",
    "/v1/invoices/{id}/refund",
)


class Troublemaker:
    """Adds a random fault five times a second, and now and then strikes at the tokens."""

    def __init__(self, url, seed):
        self._url = url
        self._chance = random.Random(seed)
        self._at_rest = threading.Event()
        self._thread = None

    def strike(self):
        self._at_rest.clear()
        self._thread = threading.Thread(target=self._make_trouble)
        self._thread.start()

    def rest(self):
        self._at_rest.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._control("DELETE", "/_sandbox/faults")

    def _make_trouble(self):
        chance, rounds = self._chance, 0
        while not self._at_rest.wait(PAUSE):
            rounds += 1
            if rounds % 50 == 0:
                self._control("DELETE", "/_sandbox/faults")
            if rounds % 25 == 0:
                self._control("POST", "/_sandbox/tokens/revoke", {})
            fault = chance.choice(KINDS)(chance)
            # An exchange that fails holds up all calls for a second, so that is rare.
            path = "/v1/oauth/token" if rounds % 200 == 0 else chance.choice(PATHS)
            times = 1 if rounds % 200 == 0 else chance.randint(1, 5)
            self._control("POST", "/_sandbox/faults", {**fault, "match": {"path": path}, "times": times})

    def _control(self, method, path, body=None):
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, content, method=method)  # noqa: S310 - the sandbox's own
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            response.read()


def main():
    with Sandbox(token_lifetime=TOKEN_LIFETIME) as sandbox:
        trouble = Troublemaker(sandbox.url, sys.argv[1])
        print(sandbox.url, flush=True)
        for line in sys.stdin:
            match line.strip():
                case "strike":
                    trouble.strike()
                case "rest":
                    trouble.rest()
                case _:
                    break
            print("done", flush=True)
        trouble.rest()


if __name__ == "__main__":
    main()
