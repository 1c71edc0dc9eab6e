"""Start and stop a sandbox: inside a program, or as a program of its own."""

from __future__ import annotations

import math
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from types import FrameType, TracebackType
from typing import Final, Self, TypedDict

import anyio
from attrs import frozen

from ..config import is_loopback
from ..errors import ConfigurationError
from .auth.credentials import CLIENT_ID, CLIENT_SECRET, SECRET_KEY
from .backend import Backend, Charge, EventEntry, OneTimeCode, Refund, RequestEntry, Stats
from .clock import Clock
from .deliveries.delivery_log import Delivery
from .deliveries.endpoints import Endpoints
from .deliveries.worker import DeliveryWorker
from .faults.rules import Faults
from .http.application import build_application
from .http.server import Listener

__all__ = ["ClientOptions", "Sandbox", "serve"]

TOKEN_LIFETIME: Final = 3600.0
DEFAULT_PORT: Final = 8787
HIGHEST_PORT: Final = 65_535

# Waking up now and then costs nothing, and finds a server that died.
CHECK_SECONDS: Final = 1.0


class ClientOptions(TypedDict):
    """The arguments with which a client finds a sandbox and is let in."""

    base_url: str
    client_id: str
    client_secret: str


@frozen
class _Running:
    backend: Backend
    listener: Listener
    closing: ExitStack


class Sandbox:
    """A Duro of one's own, served over real HTTP from a thread of this process.

    It works with ``with`` and, under asyncio or trio, with ``async with``;
    ``start`` and ``stop`` do the same by hand. Signal handlers stay as they are.

    Args:
        host: The address to listen on. Nothing guards a sandbox, so stay on loopback.
        port: The port; 0 picks a free one.
        database: A file that keeps the state from one run to the next; ``None``
            keeps it in memory, and each start begins anew.
        token_lifetime: Seconds that an access token lives, by the sandbox's clock.

    Raises:
        ConfigurationError: The lifetime is not a positive number, or the port is none.

    Example:
        >>> with Sandbox() as sandbox:
        ...     before = sandbox.clock.now()
        ...     (sandbox.clock.advance(days=30) - before).days
        30
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        database: str | os.PathLike[str] | None = None,
        token_lifetime: float = TOKEN_LIFETIME,
    ) -> None:
        if not 0 < token_lifetime < math.inf:
            raise ConfigurationError(f"token_lifetime is {token_lifetime!r}; give a positive number of seconds")
        if not 0 <= port <= HIGHEST_PORT:
            raise ConfigurationError(f"port is {port!r}; give a number from 0 to {HIGHEST_PORT}, 0 for a free one")
        if not is_loopback(host):
            warnings.warn(
                f"the sandbox will listen on {host!r}: whoever reaches this machine can read and change it",
                stacklevel=2,
            )
        self._host = host
        self._port = port
        self._database = database
        self._token_lifetime = token_lifetime
        self._lock = threading.Lock()
        self._running: _Running | None = None

    def __repr__(self) -> str:
        running = self._running
        return f"<Sandbox {running.listener.url if running else 'not running'}>"

    def start(self) -> None:
        """Start the server, and return when it answers; nothing happens if it runs already.

        Raises:
            OSError: The address cannot be bound.
            ConfigurationError: The database cannot be used.
            RuntimeError: The server did not come up.
        """
        with self._lock:
            if self._running is not None:
                return
            with ExitStack() as undo:
                backend = Backend.open(self._database, self._token_lifetime)
                undo.callback(backend.close)
                listener = Listener(self._host, self._port)
                undo.callback(listener.close)
                listener.serve(
                    build_application(backend), beside=DeliveryWorker(backend.outbox, backend.clock, backend.wakeup).run
                )
                self._running = _Running(backend, listener, closing=undo.pop_all())

    def stop(self) -> None:
        """Stop the server and close its connections; nothing happens if it does not run.

        Raises:
            RuntimeError: The server did not end in time.
        """
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                running.closing.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        # Cancelled half-way, it would leave a server that nobody stops.
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.stop)

    @property
    def is_alive(self) -> bool:
        """Whether the server runs."""
        running = self._running
        return running is not None and running.listener.is_alive

    @property
    def url(self) -> str:
        """The address of the running server, without a trailing slash."""
        return self._require().listener.url

    @property
    def options(self) -> ClientOptions:
        """What a client needs: ``AsyncDuro(**sandbox.options)``."""
        return {"base_url": self.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

    @property
    def secret_key(self) -> str:
        """The secret key, the other way to be let in."""
        return SECRET_KEY

    @property
    def clock(self) -> Clock:
        """The sandbox's time: ``now()``, and ``advance(days=30)``."""
        return self._require().backend.clock

    @property
    def faults(self) -> Faults:
        """What goes wrong: ``add("reset_after", path="/v1/customers")``, and ``clear()``."""
        return self._require().backend.faults

    @property
    def endpoints(self) -> Endpoints:
        """Where events are delivered to: ``add("http://127.0.0.1:8000/webhooks/duro")``, and ``clear()``."""
        return self._require().backend.endpoints

    @property
    def stats(self) -> Stats:
        """Counts, taken now."""
        return self._require().backend.stats()

    @property
    def ledger(self) -> tuple[Charge, ...]:
        """Every charge so far, newest last."""
        return self._require().backend.ledger()

    @property
    def refunds(self) -> tuple[Refund, ...]:
        """Every refund so far, newest last."""
        return self._require().backend.refunds()

    @property
    def events(self) -> tuple[EventEntry, ...]:
        """Every event so far, newest last; webhooks tell of nothing else."""
        return self._require().backend.events()

    @property
    def codes(self) -> tuple[OneTimeCode, ...]:
        """Every one-time code that was sent so far, newest last; no phone and no mailbox gets them."""
        return self._require().backend.codes()

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The last 10,000 attempts to deliver an event to an endpoint, newest last."""
        return self._require().backend.deliveries.entries()

    def wait_for_deliveries(self, timeout: float = 10.0) -> None:
        """Wait until nothing is due to be delivered, and nothing is under way.

        A delivery that failed is due again when the sandbox's clock says so: 1 minute, 5 and 30 minutes, 2, 6 and 24
        hours after each failure. It blocks; on an event loop that serves an endpoint, wait in a worker thread.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            TimeoutError: Something was due all the time.
            RuntimeError: The sandbox does not run, or was stopped meanwhile.

        Example:
            >>> endpoint = sandbox.endpoints.add("http://127.0.0.1:9/nobody-listens-here")
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create()
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> sandbox.wait_for_deliveries()
            >>> [(delivery.attempt, delivery.status) for delivery in sandbox.deliveries]
            [(1, None), (1, None), (1, None)]
        """
        self._require().backend.outbox.wait(timeout)

    @property
    def requests(self) -> tuple[RequestEntry, ...]:
        """The last 10,000 API requests, newest last."""
        return self._require().backend.request_log.entries()

    def revoke_tokens(self, token: str | None = None) -> int:
        """Make access tokens worthless before they expire.

        Args:
            token: The token to revoke; ``None`` revokes all.

        Returns:
            How many there were.
        """
        return self._require().backend.revoke_tokens(token)

    def reset(self) -> None:
        """Begin anew, while the server runs on: no records, tokens, endpoints, counts or faults, and real time."""
        self._require().backend.reset()

    def _require(self) -> _Running:
        running = self._running
        if running is None:
            raise RuntimeError("the sandbox does not run; use it inside its with block, or between start and stop")
        return running


def serve(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    database: str | os.PathLike[str] | None = None,
    *,
    endpoints: Iterable[str] = (),
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM, and then return.

    It belongs on the main thread, the only one that Python lets handle
    signals; their handlers are put back at the end.

    Args:
        host: The address to listen on.
        port: The port; 0 picks a free one.
        database: A file that keeps the state; ``None`` keeps it in memory.
        endpoints: Addresses that events are delivered to, signed with ``whsec_sandbox``; those that the database
            knows already are not added again.
        on_ready: Is told the URL as soon as the server answers.

    Raises:
        OSError: The address cannot be bound.
        ConfigurationError: The database cannot be used.
        InvalidArgumentError: An endpoint's address cannot be used.
        RuntimeError: This is not the main thread, or the server failed.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("serve handles signals, so it has to run on the main thread; use Sandbox elsewhere")
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    with ExitStack() as undo:
        for number in (signal.SIGINT, signal.SIGTERM):
            undo.callback(signal.signal, number, signal.signal(number, end))
        sandbox = undo.enter_context(Sandbox(host, port, database))
        known = {endpoint.url for endpoint in sandbox.endpoints}
        for url in dict.fromkeys(endpoints):
            if url not in known:
                sandbox.endpoints.add(url)
        if on_ready is not None:
            on_ready(sandbox.url)
        while not ending.wait(CHECK_SECONDS):
            if not sandbox.is_alive:
                raise RuntimeError("the sandbox's server ended by itself; its log tells more")
