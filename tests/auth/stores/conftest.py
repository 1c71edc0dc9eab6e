"""Token store with a virtual clock that can fail, and processes that share it."""

from __future__ import annotations

import anyio
import pytest
from attrs import define, field

from duro import ClientCredentials
from duro.auth.cache import TokenCache
from duro.auth.exchange import TokenExchange
from duro.auth.shared_exchange import SharedTokenExchange, build_store_key
from duro.auth.stores.counters import MutableCounters
from duro.auth.stores.guard import StoreGuard
from duro.auth.stores.memory import MemoryTokenStore
from duro.auth.stores.selection import ChosenStore
from duro.config import ClientSettings
from duro.http.event_loop import PerLoop
from tests.auth.conftest import FakeClock
from tests.support.token_exchange import BASE, response

SECRET = "csec_test_shared"
KEY = build_store_key(BASE, "cid_test_1")


class FaultyStore(MemoryTokenStore):
    """Store by the test's clock, which records its operations, and fails or hangs when the test wants it to."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._now = lambda: clock.monotonic
        self.operations: list[str] = []
        self.failures: dict[str, BaseException] = {}
        self.hanging: set[str] = set()
        self.always_fails: BaseException | None = None
        self.value: object = None

    async def _begin(self, operation):
        self.operations.append(operation)
        if operation in self.hanging:
            await anyio.sleep_forever()
        if failure := self.always_fails or self.failures.get(operation):
            raise failure

    async def read(self, key):
        await self._begin("read")
        return self.value or await super().read(key)

    async def acquire(self, key, owner, seconds):
        await self._begin("acquire")
        return await super().acquire(key, owner, seconds)

    async def write(self, key, owner, payload, seconds):
        await self._begin("write")
        return await super().write(key, owner, payload, seconds)

    async def release(self, key, owner):
        await self._begin("release")
        await super().release(key, owner)

    async def discard(self, key, generation):
        await self._begin("discard")
        return await super().discard(key, generation)

    @property
    def entry(self):
        return self._entries[KEY]


class Endpoint:
    """Token endpoint of all processes, as the transport of each of them."""

    def __init__(self) -> None:
        self.posts = 0
        self.failing: list[BaseException | int] = []
        self.lifetime = 3600
        self.gate: anyio.Event | None = None

    async def send(self, request):
        self.posts += 1
        name = f"at_test_{self.posts}"
        if self.gate is not None:
            await self.gate.wait()
        if self.failing:
            outcome = self.failing.pop(0)
            if isinstance(outcome, BaseException):
                raise outcome
            return response(outcome, {"error": {"code": "unavailable", "message": "No tokens now."}})
        return response(200, {"access_token": name, "token_type": "Bearer", "expires_in": self.lifetime})

    async def aclose(self):
        pass


@define
class Process:
    """Token cache of one process, with its shared exchange."""

    shared: SharedTokenExchange
    cache: TokenCache
    counters: MutableCounters
    guard: StoreGuard


@define
class Fleet:
    """Processes with one store, one endpoint and one clock."""

    clock: FakeClock
    store: FaultyStore
    endpoint: Endpoint = field(factory=Endpoint)

    def start(self, secret: object = SECRET, store: object = None) -> Process:
        clock, counters = self.clock.as_clock, MutableCounters()
        guard = StoreGuard(ChosenStore(store or self.store, is_owned=True), clock, counters)
        exchange = TokenExchange(
            ClientCredentials("cid_test_1", secret),
            ClientSettings(BASE, clock=clock),
            PerLoop(lambda: self.endpoint),
            lambda: None,
            counters,
        )
        shared = SharedTokenExchange(exchange, guard, KEY, clock)
        return Process(shared, TokenCache(shared, clock, shared.reject), counters, guard)


@pytest.fixture
def fleet(clock):
    return Fleet(clock, FaultyStore(clock))
