"""Sandbox in a process of its own, whose memory is not measured, with random faults.

The program prints its URL, then reads commands line by line: ``start-faults``, ``stop-faults`` and ``end``.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import urllib.request

from duro.sandbox import Sandbox

TOKEN_LIFETIME = 20.0
FAULT_INTERVAL = 0.2

FAULTS = (
    lambda random_: {"kind": "status", "status": random_.choice((401, 408, 429, 500, 502, 503, 504))},
    lambda random_: {"kind": "status", "status": 429, "retryAfter": round(random_.uniform(0, 0.5), 2)},
    lambda random_: {"kind": "delay", "seconds": random_.uniform(0, 1)},
    lambda _: {"kind": "reset_before"},
    lambda _: {"kind": "reset_after"},
    lambda _: {"kind": "truncate"},
    lambda _: {"kind": "garbage"},
    lambda random_: {"kind": "drip", "pause": random_.choice((0, 0.001, 0.01))},
    lambda random_: {"kind": "silence", "commit": random_.random() < 0.5},
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


class FaultInjector:
    """Thread that adds a random fault five times a second, and revokes the tokens every five seconds."""

    def __init__(self, url, seed):
        self._url = url
        self._random = random.Random(seed)
        self._stopped = threading.Event()
        self._thread = None

    def start(self):
        self._stopped.clear()
        self._thread = threading.Thread(target=self._add_faults)
        self._thread.start()

    def stop(self):
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._send("DELETE", "/_sandbox/faults")

    def _add_faults(self):
        random_, rounds = self._random, 0
        while not self._stopped.wait(FAULT_INTERVAL):
            rounds += 1
            if rounds % 50 == 0:
                self._send("DELETE", "/_sandbox/faults")
            if rounds % 25 == 0:
                self._send("POST", "/_sandbox/tokens/revoke", {})
            fault = random_.choice(FAULTS)(random_)
            # A failed exchange delays all calls for a second, so such a fault is rare.
            path = "/v1/oauth/token" if rounds % 200 == 0 else random_.choice(PATHS)
            times = 1 if rounds % 200 == 0 else random_.randint(1, 5)
            self._send("POST", "/_sandbox/faults", {**fault, "match": {"path": path}, "times": times})

    def _send(self, method, path, body=None):
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, content, method=method)  # noqa: S310 - the sandbox's own URL
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            response.read()


def main():
    with Sandbox(token_lifetime=TOKEN_LIFETIME) as sandbox:
        injector = FaultInjector(sandbox.url, sys.argv[1])
        print(sandbox.url, flush=True)
        for line in sys.stdin:
            match line.strip():
                case "start-faults":
                    injector.start()
                case "stop-faults":
                    injector.stop()
                case _:
                    break
            print("done", flush=True)
        injector.stop()


if __name__ == "__main__":
    main()
