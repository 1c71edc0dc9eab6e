"""Budgets: the most that each operation may cost. ``nox -s budgets`` measures the figures and compares them.

The figures do not depend on the load of the machine. A budget is about a tenth above its figure, so that new releases
of dependencies do not break it. Lower a budget when the session prints that it can be lowered.
"""

from __future__ import annotations

FUNCTIONS = {
    "awaited call, default transport, secret key": 470,
    "awaited call, default transport, OAuth client": 472,
    "awaited call, aiohttp transport, secret key": 255,
    "awaited call, aiohttp transport, OAuth client": 257,
    "awaited call, transport in memory, secret key": 147,
    "awaited call, transport in memory, OAuth client": 150,
    "blocking call, default transport, secret key": 530,
    "page of 100 plans decoded": 140,
    "webhook delivery of 2 KB verified": 44,
}
BLOCKS = {
    "page of 100 plans decoded": 870,
    "webhook delivery of 2 KB verified": 64,
}
INSTRUCTIONS = {
    "page of 100 plans decoded, to json.loads": 2.35,
    "event of 2 KB decoded, to json.loads": 2.4,
    "webhook delivery of 2 KB verified, to HMAC and json.loads": 2.0,
    "call of an OAuth client, to one with a secret key": 1.05,
}

BUDGETS = {
    "Python functions that one operation starts, in all threads": FUNCTIONS,
    "memory blocks that a result holds": BLOCKS,
    "instructions of the processor, as a ratio": INSTRUCTIONS,
}
