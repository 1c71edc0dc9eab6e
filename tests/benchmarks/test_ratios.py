"""Benchmarks of Duro and its peers in the same run. They report ratios and do not fail.

The rounds of all candidates are interleaved, so that a slow machine slows down all of them. The table shows medians.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import anyio
import httpx
import pytest

from duro import AsyncDuro, Duro, Event, Page, Plan, capture
from duro._clock import Clock
from duro.api.codec import decode
from duro.auth.cache import TokenCache
from duro.auth.token import ClockReading, Token
from duro.webhooks import Webhook

ROUNDS = 21
PATH = "/v1/customers/cus_1"
LINES = []


@pytest.fixture(scope="module")
def url():
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("server.py"))], stdout=subprocess.PIPE, text=True
    )
    with server:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


@pytest.fixture(scope="module", autouse=True)
def table():
    yield
    print(f"\n\n{'':52}{'median':>12}{'ratio':>9}")
    for line in LINES:
        print(line)


def add_to_table(times, *, unit=1e6, sign="µs"):
    """Add candidates to the table, with ratios to the first one."""
    peer = None
    for name, rounds in times.items():
        median = statistics.median(rounds)
        peer = peer or median
        LINES.append(f"{name:52}{median * unit:>9.2f} {sign}{median / peer:>8.2f}x")
    LINES.append("")


async def run_interleaved(candidates, *, calls, rounds=ROUNDS):
    times = {name: [] for name in candidates}
    for turn in range(rounds + 1):
        for name, call in candidates.items():
            begin = time.perf_counter()
            for _ in range(calls):
                await call()
            if turn:  # the first round warms up
                times[name].append((time.perf_counter() - begin) / calls)
    return times


def run_interleaved_blocking(candidates, *, calls, rounds=ROUNDS):
    times = {name: [] for name in candidates}
    for turn in range(rounds + 1):
        for name, call in candidates.items():
            begin = time.perf_counter()
            for _ in range(calls):
                call()
            if turn:
                times[name].append((time.perf_counter() - begin) / calls)
    return times


def test_one_asynchronous_call(url):
    async def main():
        async with (
            httpx.AsyncClient(base_url=url) as peer,
            AsyncDuro("sk_test_1", base_url=url) as keyed,
            AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1", base_url=url) as client,
        ):

            async def call_peer():
                return (await peer.get(PATH)).json()

            async def call_captured():
                with capture():
                    await client.customers.retrieve("cus_1")

            return await run_interleaved(
                {
                    "asynchronous: httpx.AsyncClient.get(…).json()": call_peer,
                    "asynchronous: customers.retrieve, secret key": lambda: keyed.customers.retrieve("cus_1"),
                    "asynchronous: customers.retrieve, OAuth client": lambda: client.customers.retrieve("cus_1"),
                    "asynchronous: the same, captured": call_captured,
                    "asynchronous: client.request": lambda: client.request("GET", PATH),
                },
                calls=100,
            )

    add_to_table(anyio.run(main))


def test_one_blocking_call(url):
    with (
        httpx.Client(base_url=url) as peer,
        Duro(client_id="cid_test_1", client_secret="csec_test_1", base_url=url) as client,
    ):
        add_to_table(
            run_interleaved_blocking(
                {
                    "blocking: httpx.Client.get(…).json()": lambda: peer.get(PATH).json(),
                    "blocking: customers.retrieve, OAuth client": lambda: client.customers.retrieve("cus_1"),
                },
                calls=100,
            )
        )


def test_five_hundred_tasks_over_a_hundred_connections(url):
    async def call_concurrently(call):
        async def call_twice():
            for _ in range(2):
                await call()

        async with anyio.create_task_group() as tasks:
            for _ in range(500):
                tasks.start_soon(call_twice)

    async def main():
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
        async with (
            httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as peer,
            AsyncDuro("sk_test_1", base_url=url, max_connections=100) as client,
        ):

            async def call_peer():
                return (await peer.get(PATH)).json()

            times = await run_interleaved(
                {
                    "500 tasks: httpx.AsyncClient, 100 connections": lambda: call_concurrently(call_peer),
                    "500 tasks: customers.retrieve, 100 connections": lambda: call_concurrently(
                        lambda: client.customers.retrieve("cus_1")
                    ),
                },
                calls=1,
                rounds=3,
            )
        return {name: [each / 1_000 for each in rounds] for name, rounds in times.items()}

    add_to_table(anyio.run(main))


def test_cached_token_and_a_lock():
    async def main():
        clock = Clock()
        cache = TokenCache(lambda: pytest.fail("the cached token must be used"), clock)
        cache._token = Token.from_grant("granted", expires_in=3600, requested_at=ClockReading.read(clock), clock=clock)
        lock = anyio.Lock(fast_acquire=True)

        async def acquire_lock():
            async with lock:
                pass

        times = await run_interleaved({"token: anyio.Lock(fast_acquire=True), uncontended": acquire_lock}, calls=20_000)
        times |= run_interleaved_blocking({"token: TokenCache.cached_token()": cache.cached_token}, calls=20_000)
        return times

    add_to_table(anyio.run(main))


def test_page_of_a_hundred_plans():
    plan = {
        "id": "plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
        "name": "Pro Monthly",
        "amount": 500_000,
        "currency": "NGN",
        "interval": "month",
        "intervalCount": 1,
        "trialDays": 0,
        "maxCycles": None,
        "createdAt": "2026-01-31T10:00:00.000Z",
    }
    body = json.dumps({"items": [plan] * 100, "nextCursor": "c", "hasMore": True}).encode()
    add_to_table(
        run_interleaved_blocking(
            {
                "page of 100 plans: json.loads": lambda: json.loads(body),
                "page of 100 plans: decode": lambda: decode(body, Page[Plan]),
            },
            calls=100,
        )
    )


def test_webhook_delivery_of_two_kilobytes():
    """Compare a verification and a typed event with their parts."""
    secret, timestamp = "whsec_1", {"createdAt": "2026-01-31T10:00:00.000Z"}
    data = {
        "customer": {
            "id": "cus_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
            "email": "ada.lovelace@example.com",
            "phone": "2348012345678",
            "name": "Ada Lovelace " * 64,
            "merchantRef": "EXT-001",
            "blacklisted": False,
            "blacklistReason": None,
            **timestamp,
        },
        "plan": {
            "id": "plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
            "name": "Pro Monthly",
            "amount": 500_000,
            "currency": "NGN",
            "interval": "month",
            "intervalCount": 1,
            "trialDays": 0,
            "maxCycles": None,
            **timestamp,
        },
        "subscription": {
            "id": "sub_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
            "status": "active",
            "planId": "plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
            "currentPeriodStart": "2026-01-31T10:00:00.000Z",
            "currentPeriodEnd": "2026-02-28T10:00:00.000Z",
            "cyclesCompleted": 1,
            **timestamp,
        },
        "invoice": {
            "id": "inv_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
            "subscriptionId": "sub_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
            "amount": 500_000,
            "currency": "NGN",
            "status": "paid",
            "periodStart": "2026-01-31T10:00:00.000Z",
            "periodEnd": "2026-02-28T10:00:00.000Z",
            "paidAt": "2026-01-31T10:00:00.000Z",
            **timestamp,
        },
    }
    document = {
        "id": "evt_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6",
        "type": "subscription_payment_success",
        **timestamp,
        "data": data,
    }
    body = json.dumps(document).encode()
    assert 1_900 < len(body) < 2_100
    webhook = Webhook(secret)
    headers = {f"X-Header-{number}": "value" for number in range(10)} | webhook.sign(body)
    message = str(int(time.time())).encode() + b"." + body

    def call_peer():
        hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
        json.loads(body)

    add_to_table(
        run_interleaved_blocking(
            {
                "delivery of 2 KB: hmac.new(…).hexdigest() and json.loads": call_peer,
                "delivery of 2 KB: signature verified, and json.loads": lambda: (
                    webhook.check(body, headers),
                    json.loads(body),
                ),
                "delivery of 2 KB: Webhook.verify, with its typed event": lambda: webhook.verify(body, headers),
            },
            calls=500,
        )
    )
    add_to_table(
        run_interleaved_blocking(
            {
                "event of 2 KB: json.loads": lambda: json.loads(body),
                "event of 2 KB: typed": lambda: decode(body, Event),
            },
            calls=500,
        )
    )


IMPORTS = {
    "import: httpx": "import httpx",
    "import: duro": "import duro",
    "import: from duro import AsyncDuro": "from duro import AsyncDuro",
    "import: from duro import AsyncDuro, and a client": "from duro import AsyncDuro; AsyncDuro('sk_test_1')",
    "import: from duro import Duro, and a client": "from duro import Duro; Duro('sk_test_1')",
}


def test_import():
    times = {name: [] for name in IMPORTS}
    for _ in range(9):
        for name, statement in IMPORTS.items():
            program = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
            output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
            times[name].append(float(output))
    # The shortest time is the one with the least disturbance.
    add_to_table({name: [min(rounds)] for name, rounds in times.items()}, unit=1e3, sign="ms")
