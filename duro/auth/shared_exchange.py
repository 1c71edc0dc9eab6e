"""Token exchange that shares its tokens with other processes through a token store.

Attempt
    1. Read the store. A usable token ends the attempt.
    2. Acquire the lease, and read again, because another process may have written in the meantime.
    3. Exchange the credentials, and write the token, which releases the lease. A failed exchange releases it, too.

    A process that does not get the lease waits for the token of the holder. It reads and tries to acquire again, at
    random intervals. It needs both, because a holder may fail, or be killed. The wait is longer than the lease, so
    that one waiting process, and not all, takes over from a killed holder. Then the process exchanges by itself.

    The lease is for efficiency only. A second exchange is harmless.

Usable tokens
    A process without a usable token takes a stored one below the hard limit. A process that refreshes takes one below
    the soft limit, because the present token serves until then. Calls keep using it while this process exchanges, or
    waits for another one. A stored token that the API rejected is removed, if it is still the same generation.

Time
    The store returns the seconds that are left. The clock of this process counts them from before the read, so a
    token never ends later than in the store. Clocks of different machines are not compared.

Failures of the store
    Calls never wait more than 250 ms for the store in one attempt: 150 ms before the exchange, 80 ms after it. A part
    is reserved for the write, because the other processes wait for it. The write happens even if the store failed in
    between, or if the lease was requested without a response. A lease would otherwise stay behind.

    The wait for the holder of a lease is not part of the 250 ms, but an operation that fails during that wait is.
    After a failure, the process exchanges by itself.

    Only a token that was read or written ends an outage. A server that is full, or a replica, still executes some
    commands. Each exchange would otherwise begin another outage, with another warning.

    Processes that share a token would then all refresh at the same time. They do not, because each of them draws its
    own soft limit for each token, evenly from half of the time before the expiry. This is the purpose of XFetch. Its
    exponential draws would be right for processes that cannot see each other's refresh. Here the lease prevents
    duplicates, and even draws have the lowest peak if the store is down.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from attrs import define, field

from .._checks import is_number
from .exchange import EXCHANGE_TIMEOUT_SECONDS, PATH
from .stores.encryption import InvalidPayloadError, TokenCipher
from .stores.guard import TimeBudget
from .stores.protocol import StoredToken, TokenStoreError
from .token import ClockReading, Token

if TYPE_CHECKING:
    from .._clock import Clock
    from .._secrets import Secret
    from .exchange import TokenExchange
    from .stores.guard import StoreGuard
    from .stores.protocol import TokenStore

__all__ = ["SharedTokenExchange", "build_store_key"]

# The holder of a lease exchanges for at most 10 seconds, and then needs time to write.
LEASE_SECONDS: Final = EXCHANGE_TIMEOUT_SECONDS + 2.0
# After a holder was killed, one of the waiting processes takes over, and needs time for its exchange.
MAX_WAIT_SECONDS: Final = LEASE_SECONDS + EXCHANGE_TIMEOUT_SECONDS
SECONDS_BEFORE_EXCHANGE: Final = 0.15
SECONDS_AFTER_EXCHANGE: Final = 0.08
MIN_POLL_SECONDS: Final = 0.05
MAX_POLL_SECONDS: Final = 0.5


def build_store_key(base_url: str, client_id: str) -> str:
    """Return the key of an OAuth client's token in a store.

    Args:
        base_url: Address of the API.
        client_id: Id of the OAuth client.

    Returns:
        A hash, which does not depend on any secret.
    """
    identity = f"{base_url}\n{PATH}\n{client_id}"
    return f"duro-token-1-{hashlib.sha256(identity.encode()).hexdigest()[:40]}"


@define
class _Attempt:
    """One exchange attempt.

    Attributes:
        cipher: Cipher for the token.
        owner: Name under which it holds the lease.
        budget: Time for the store.
        may_hold_lease: Whether the lease was acquired, or requested without a response.
    """

    cipher: TokenCipher
    owner: str = field(factory=lambda: secrets.token_hex(16))
    budget: TimeBudget = field(factory=lambda: TimeBudget(SECONDS_BEFORE_EXCHANGE))
    may_hold_lease: bool = False


class SharedTokenExchange:
    """Token exchange of one OAuth client, once for all processes that use the same store.

    Args:
        exchange: Exchange of this process.
        store: Guarded token store.
        key: Key of the token in the store.
        clock: Sources of time and random numbers.
    """

    def __init__(self, exchange: TokenExchange, store: StoreGuard, key: str, clock: Clock) -> None:
        self._exchange = exchange
        self._store = store
        self._key = key
        self._clock = clock
        self._latest: Token | None = None
        self._rejected: Token | None = None

    async def __call__(self) -> Token:
        """Return a token from the store, or request one.

        Returns:
            The token.

        Raises:
            DuroError: The exchange failed. A failure of the store does not raise an error.
        """
        secret = await self._exchange.read_secret()
        attempt = _Attempt(TokenCipher(secret, self._key))
        token = await self._find_token(attempt)
        if token is None:
            token = await self._exchange_and_write(attempt, secret)
        self._latest = token
        return token

    def reject(self, token: Token) -> None:
        """Record that the API rejected a token, so that the next attempt removes it from the store."""
        self._rejected = token
        self._latest = None

    async def _find_token(self, attempt: _Attempt) -> Token | None:
        try:
            token = await self._wait_for_token_or_lease(attempt)
        except TokenStoreError:
            return None
        if token is None:
            self._store.counters.store_misses += 1
        else:
            self._store.counters.store_hits += 1
            self._store.record_success()
        return token

    async def _wait_for_token_or_lease(self, attempt: _Attempt) -> Token | None:
        """Return a usable token from the store, or ``None`` if this process holds the lease and must exchange."""
        deadline = self._clock.monotonic() + MAX_WAIT_SECONDS
        budget, pause = attempt.budget.left, MIN_POLL_SECONDS
        while True:
            if token := await self._read(attempt):
                return token
            if await self._acquire(attempt):
                token = await self._read(attempt)
                if token is not None:
                    await self._release(attempt)
                return token
            if self._clock.monotonic() >= deadline:
                raise self._store.record_failure(TokenStoreError("its lease is held, but no token was written"))
            await self._clock.sleep(pause * self._clock.uniform(0.5, 1.0))
            pause = min(MAX_POLL_SECONDS, pause * 1.5)
            # Operations that succeed are part of the wait for the holder, and not of the time for the store.
            attempt.budget.left = budget

    async def _exchange_and_write(self, attempt: _Attempt, secret: Secret) -> Token:
        attempt.budget.left = SECONDS_AFTER_EXCHANGE
        try:
            token = await self._exchange(secret=secret)
        except Exception:
            await self._release(attempt)
            raise
        await self._write(attempt, token)
        return token

    async def _acquire(self, attempt: _Attempt) -> bool:
        attempt.may_hold_lease = True
        attempt.may_hold_lease = await self._store.run(
            lambda store: store.acquire(self._key, attempt.owner, LEASE_SECONDS), attempt.budget
        )
        return attempt.may_hold_lease

    async def _write(self, attempt: _Attempt, token: Token) -> None:
        if not attempt.may_hold_lease:
            return
        remaining = token.expires_in - token.age(self._clock)
        payload = attempt.cipher.encrypt(token)
        try:
            generation = await self._store.run(
                lambda store: store.write(self._key, attempt.owner, payload, remaining),
                attempt.budget,
                during_pause=True,
            )
        except TokenStoreError:
            return
        if generation is not None:
            self._store.record_success()

    async def _release(self, attempt: _Attempt) -> None:
        if not attempt.may_hold_lease:
            return
        try:
            await self._store.run(
                lambda store: store.release(self._key, attempt.owner), attempt.budget, during_pause=True
            )
        except TokenStoreError:
            return

    async def _read(self, attempt: _Attempt) -> Token | None:
        """Return the token in the store if it is usable. Remove one that the API rejected."""
        read_at = ClockReading.read(self._clock)
        stored = await self._store.run(lambda store: _read_valid(store, self._key), attempt.budget)
        token = None if stored is None else self._decrypt(stored, attempt.cipher, read_at)
        if stored is None or token is None:
            return None
        if self._rejected is not None and token.access_token == self._rejected.access_token:
            generation = stored.generation
            await self._store.run(lambda store: store.discard(self._key, generation), attempt.budget)
            return None
        return self._choose(token)

    def _decrypt(self, stored: StoredToken, cipher: TokenCipher, read_at: ClockReading) -> Token | None:
        try:
            sealed = cipher.decrypt(stored.payload)
        except InvalidPayloadError as error:
            self._store.reject_value(str(error))
            return None
        self._store.accept_value()
        if sealed is None:
            return None
        elapsed = max(0.0, sealed.expires_in - stored.remaining)
        requested_at = ClockReading(read_at.monotonic - elapsed, read_at.wall - elapsed)
        return Token.from_grant(
            sealed.access_token, expires_in=sealed.expires_in, requested_at=requested_at, clock=self._clock
        )

    def _choose(self, token: Token) -> Token | None:
        latest = self._latest
        if latest is not None and latest.access_token == token.access_token:
            # The present token keeps the soft limit that this process drew for it.
            token = latest
        is_refresh = latest is not None and latest.age(self._clock) < latest.hard_limit
        limit = token.soft_limit if is_refresh else token.hard_limit
        return token if token.age(self._clock) < limit else None


async def _read_valid(store: TokenStore, key: str) -> StoredToken | None:
    stored: object = await store.read(key)
    if stored is None:
        return None
    if not (isinstance(stored, StoredToken) and isinstance(stored.payload, bytes) and is_number(stored.remaining)):
        raise TokenStoreError("read() did not return a StoredToken")
    return stored
