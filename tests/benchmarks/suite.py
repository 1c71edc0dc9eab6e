"""All works of the benchmarks, with the candidates of each."""

from __future__ import annotations

from .works import Calls, Candidate, Connections, Programs

AWAITED = {
    "httpx": Candidate("awaited:open_httpx"),
    "httpx2": Candidate("awaited:open_httpx2", ("httpx2",)),
    "aiohttp": Candidate("awaited:open_aiohttp", ("aiohttp",)),
    "stripe": Candidate("awaited:open_stripe", ("stripe",)),
    "openai": Candidate("awaited:open_openai", ("openai",)),
    "openai, aiohttp": Candidate("awaited:open_openai_over_aiohttp", ("openai", "httpx_aiohttp")),
    "duro": Candidate("awaited:open_duro"),
    "duro, httpx2": Candidate("awaited:open_duro_over_httpx2", ("httpx2",)),
    "duro, aiohttp": Candidate("awaited:open_duro_over_aiohttp", ("aiohttp",)),
}
# Parts of a call, and additions to it.
PARTS = {
    "httpcore, one connection a call in flight": Candidate("awaited:open_httpcore"),
    "duro, response without a network": Candidate("awaited:open_duro_without_network"),
    "duro, OAuth": Candidate("awaited:open_duro_with_oauth"),
    "duro, captured": Candidate("awaited:open_duro_with_capture"),
    "duro, client.request": Candidate("awaited:open_duro_without_types"),
}
BLOCKING = {
    "httpx": Candidate("blocking:open_httpx"),
    "httpx2": Candidate("blocking:open_httpx2", ("httpx2",)),
    "requests": Candidate("blocking:open_requests", ("requests",)),
    "stripe": Candidate("blocking:open_stripe", ("stripe",)),
    "openai": Candidate("blocking:open_openai", ("openai",)),
    "duro": Candidate("blocking:open_duro"),
    "duro, aiohttp and speed": Candidate("blocking:open_duro_with_extras", ("aiohttp", "uvloop")),
}
BLOCKING_PARTS = {"duro, response without a network": Candidate("blocking:open_duro_without_network")}
LATENCY = {name: AWAITED[name] for name in ("aiohttp", "httpx", "duro", "duro, aiohttp")}
PAGE = {
    "json.loads": Candidate("computation:load_json_page"),
    "duro": Candidate("computation:decode_page"),
}
EVENT = {
    "json.loads": Candidate("computation:load_json_event"),
    "duro": Candidate("computation:decode_event"),
}
DELIVERY = {
    "hmac and json.loads": Candidate("computation:compute_digest"),
    "Webhook.check and json.loads": Candidate("computation:check_delivery"),
    "Webhook.verify": Candidate("computation:verify_delivery"),
}
CACHED_TOKEN = {
    "anyio.Lock": Candidate("computation:acquire_lock"),
    "duro": Candidate("computation:get_cached_token"),
}
START = {
    "httpx": Candidate("import httpx; httpx.AsyncClient()"),
    "duro": Candidate("import duro; duro.AsyncDuro('sk_test_1')"),
    "duro, blocking": Candidate("import duro; duro.Duro('sk_test_1')"),
}
FIRST_CALL = {
    "httpx": Candidate("import httpx; httpx.Client(base_url=url).get('/v1/customers/cus_1').json()"),
    "duro": Candidate("import duro; duro.Duro('sk_test_1', base_url=url).customers.retrieve('cus_1')"),
}
WALK = {"Python objects": Candidate("objects"), "resident memory": Candidate("process")}

WORKS = [
    Calls("awaited, 1 in flight", AWAITED | PARTS, calls=400, in_flight=1),
    Calls("awaited, 100 in flight", AWAITED | PARTS, calls=2_000, in_flight=100),
    Calls("awaited, 500 in flight", AWAITED, calls=2_000, in_flight=500),
    Calls("latency of 20 ms, 500 in flight", LATENCY, calls=5_000, in_flight=500, delay=0.02),
    Calls("blocking, 1 thread", BLOCKING | BLOCKING_PARTS, calls=400, in_flight=1),
    Calls("blocking, 16 threads", BLOCKING | BLOCKING_PARTS, calls=1_600, in_flight=16),
    Calls("page of 100 plans", PAGE, calls=200),
    Calls("event of 2 KB", EVENT, calls=2_000),
    Calls("delivery of 2 KB", DELIVERY, calls=2_000),
    Calls("cached token", CACHED_TOKEN, calls=20_000),
    Programs("import and first client", START, module="startup"),
    Programs("import and first blocking call", FIRST_CALL, module="startup"),
    Programs("1,000 pages of 100 items", WALK, module="memory", unit="bytes"),
    Connections("10,000 calls, 100 in flight", LATENCY, calls=10_000, in_flight=100),
]
