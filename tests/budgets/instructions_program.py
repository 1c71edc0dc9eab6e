"""Program that valgrind runs: the operations, separated by calls of the C function ``getpgrp``.

Nothing else calls this function.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os

from duro import AsyncDuro

from .operations import (
    CREDENTIALS,
    DELIVERY_BODY,
    PAGE_BODY,
    MemoryTransport,
    create_verification,
    decode_event,
    decode_page,
)

MARKER = "getpgrp"
NAMES = (
    "load page",
    "decode page",
    "load event",
    "decode event",
    "sign and load delivery",
    "verify delivery",
    "call, secret key",
    "call, OAuth client",
)

# The interpreter optimizes a function during its first calls.
WARM_UPS = 20
REPEATS = 5


def create_operations(clients):
    """Return the operations in the order of their names."""
    blocking = [
        lambda: json.loads(PAGE_BODY),
        decode_page,
        lambda: json.loads(DELIVERY_BODY),
        decode_event,
        sign_and_load,
        create_verification(),
    ]
    return [*map(awaited, blocking), *(lambda client=client: client.customers.retrieve("cus_1") for client in clients)]


def sign_and_load():
    hmac.new(b"whsec_1", b"1." + DELIVERY_BODY, hashlib.sha256).hexdigest()
    json.loads(DELIVERY_BODY)


def awaited(operation):
    async def call():
        operation()

    return call


async def main():
    clients = [AsyncDuro(**each, transport=MemoryTransport()) for each in CREDENTIALS.values()]
    operations = create_operations(clients)
    for operation in operations:
        await repeat(operation, WARM_UPS)
    os.getpgrp()
    for operation in operations:
        await repeat(operation, REPEATS)
        os.getpgrp()
    for client in clients:
        await client.aclose()


async def repeat(operation, times):
    for _ in range(times):
        await operation()


if __name__ == "__main__":
    asyncio.run(main())
