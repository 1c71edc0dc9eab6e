"""``Sandbox``: start, stop and control a local Duro server."""

from __future__ import annotations

import math
import os
import ssl
import threading
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from attrs import frozen

from .._checks import describe_value
from .._misuse import unsupported
from ..config import is_loopback
from ..errors import ConfigurationError
from .assertions.checks import Assertions
from .auth.connection_options import ConnectionOptions
from .auth.credentials import CLIENT_ID, CLIENT_SECRET, SECRET_KEY, revoke_tokens
from .backend import Backend
from .billing.clock_control import ClockControl
from .checkout.controls import CheckoutControls
from .clock import ClockMode, ClockSettings
from .control.records import Records
from .deliveries.delivery_log import Deliveries
from .deliveries.endpoints import Endpoints
from .faults.rules import Faults
from .http.application import build_application
from .http.background import build_background
from .http.certificates import Certificates, issue_certificates
from .http.origin_check import check_allowed_hosts
from .http.server import Server
from .recovery.card_controls import Cards
from .request_log import RequestEntry
from .storage.database import Database

__all__ = ["ConnectionOptions", "Sandbox"]

DEFAULT_TOKEN_LIFETIME_SECONDS: Final = 3600.0
MAX_PORT: Final = 65_535


@frozen
class _Running:
    backend: Backend
    server: Server
    certificates: Certificates | None
    # Closes the parts in the reverse order of their start.
    exit_stack: ExitStack


class Sandbox(Assertions, Records, CheckoutControls):
    """Local Duro server over real HTTP, in a thread of this process.

    Use it in a ``with`` block. ``start`` and ``stop`` do the same without a
    block. Signal handlers are not changed.

    Args:
        host: Address to listen on. The sandbox is not protected, so use a loopback address.
        port: Port to listen on. 0 picks a free one.
        database: Path of a database file that keeps the state between runs. With ``None`` the state is in memory,
            and each start begins with an empty sandbox.
        token_lifetime: Lifetime of an access token in seconds, measured by the sandbox's clock.
        clock: ``real`` runs by itself. ``frozen`` moves by ``clock.advance`` alone.
        start: Time of a new sandbox, an aware datetime. ``None`` is the present. A database file keeps its time.
        seed: Seed of ids and outcomes, which makes them repeatable. ``None`` is random. A database file keeps its seed.
        allowed_hosts: Host names that requests may use besides IP addresses, ``localhost`` and ``host``, such as the
            name of a service in Docker Compose. The others are refused, because a web page could use them.
        tls: Whether to serve HTTPS. Each start creates a certificate authority and a certificate for
            ``localhost``, ``127.0.0.1`` and ``::1``.
        on_request: Function that the server's thread calls for each API request, with its entry in the request log
            and its duration in seconds.

    Raises:
        ConfigurationError: The lifetime is not a positive number, the port is out of range, an allowed host is not
            a host name, or an argument of the clock is invalid.

    Example:
        >>> with Sandbox() as sandbox:
        ...     before = sandbox.clock.now()
        ...     (sandbox.clock.advance(days=30).now - before).days
        30
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        database: str | os.PathLike[str] | None = None,
        token_lifetime: float = DEFAULT_TOKEN_LIFETIME_SECONDS,
        *,
        clock: ClockMode = "real",
        start: datetime | None = None,
        seed: int | None = None,
        allowed_hosts: Iterable[str] = (),
        tls: bool = False,
        on_request: Callable[[RequestEntry, float], None] | None = None,
    ) -> None:
        if not 0 < token_lifetime < math.inf:
            raise ConfigurationError(
                f"token_lifetime must be positive and finite, got {describe_value(token_lifetime)}; "
                "pass a number of seconds"
            )
        if not 0 <= port <= MAX_PORT:
            raise ConfigurationError(
                f"port must be from 0 to {MAX_PORT}, got {describe_value(port)}; pass 0 for a free one"
            )
        if not is_loopback(host):
            warnings.warn(
                f"host {host!r} is not a loopback address: everyone who can reach this machine can read and change "
                "the sandbox; use 127.0.0.1",
                stacklevel=2,
            )
        self._clock = ClockSettings(clock, start, seed)
        self._host = host
        self._port = port
        self._database = database
        self._token_lifetime = token_lifetime
        self._allowed_hosts = check_allowed_hosts(allowed_hosts) | {host.lower()}
        self._tls = tls
        self._on_request = on_request
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._initial: Database | None = None  # of a branch before its first start

    def __repr__(self) -> str:
        running = self._running
        return f"<Sandbox {running.server.url if running else 'not running'}>"

    def start(self) -> None:
        """Start the server, and return when it accepts requests. A running sandbox is left as it is.

        Raises:
            OSError: The address cannot be bound.
            ConfigurationError: The database cannot be used, or a package for TLS is not installed.
            RuntimeError: The server did not start.
        """
        with self._lock:
            if self._running is not None:
                return
            with ExitStack() as stack:
                initial, self._initial = self._initial, None
                backend = Backend.open(initial or self._database, self._token_lifetime, self._clock)
                stack.callback(backend.close)
                backend.request_log.listener = self._on_request
                certificates = stack.enter_context(issue_certificates(self._host)) if self._tls else None
                server = Server(self._host, self._port, certificates.server_context if certificates else None)
                stack.callback(server.close)
                server.serve(
                    build_application(backend, server.url, self._allowed_hosts), background=build_background(backend)
                )
                backend.scheduler.resume()
                self._running = _Running(backend, server, certificates, exit_stack=stack.pop_all())

    def stop(self) -> None:
        """Stop the server and close its connections. A stopped sandbox is left as it is.

        Raises:
            RuntimeError: The server did not stop in time.
        """
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                running.exit_stack.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    if not TYPE_CHECKING:
        __aenter__ = __aexit__ = unsupported("is blocking; write 'with', or use AsyncSandbox")

    @property
    def is_alive(self) -> bool:
        """Whether the server runs."""
        running = self._running
        return running is not None and running.server.is_alive

    @property
    def url(self) -> str:
        """URL of the running server, without a trailing slash."""
        return self._require().server.url

    @property
    def options(self) -> ConnectionOptions:
        """Arguments of a client for this sandbox: ``AsyncDuro(**sandbox.options)``."""
        options: ConnectionOptions = {
            "base_url": self.url,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        if (context := self.ssl_context) is not None:
            options["ssl_context"] = context
        return options

    @property
    def ca_file(self) -> str | None:
        """Path of a PEM file with the certificate authority, deleted at the stop. ``None`` without TLS."""
        certificates = self._require().certificates
        return None if certificates is None else certificates.ca_file

    @property
    def ssl_context(self) -> ssl.SSLContext | None:
        """TLS settings of a client that trusts the sandbox, and nothing else. ``None`` without TLS."""
        certificates = self._require().certificates
        return None if certificates is None else certificates.client_context

    @property
    def secret_key(self) -> str:
        """Secret key, the alternative to the client id and client secret."""
        return SECRET_KEY

    @property
    def clock(self) -> ClockControl:
        """Clock of the sandbox: ``now()``, ``advance(days=30)``, ``next_due()``."""
        return self._require().backend.clock

    @property
    def faults(self) -> Faults:
        """Faults that apply to API requests: ``add("reset_after", path="/v1/customers")``, and ``clear()``."""
        return self._require().backend.faults

    @property
    def cards(self) -> Cards:
        """Outcomes of charges: ``decline(customer.id, "insufficient_funds")``, ``replace(customer.id)``."""
        return self._require().backend.cards

    @property
    def endpoints(self) -> Endpoints:
        """Webhook endpoints: ``add("http://127.0.0.1:8000/webhooks/duro")``, ``remove(endpoint)``, and ``clear()``."""
        return self._require().backend.endpoints

    @property
    def deliveries(self) -> Deliveries:
        """All attempts to deliver an event to an endpoint, newest last, ``pending``, and ``replay(delivery)``."""
        return self._require().backend.deliveries

    def wait_for_deliveries(self, timeout: float = 10.0) -> None:
        """Wait until no delivery is due or in progress.

        A failed delivery is due again 1 minute, 5 and 30 minutes, 2, 6 and 24 hours after the respective failure, by
        the sandbox's clock. This method blocks. In an event loop that serves an endpoint, call it in a worker thread.

        Args:
            timeout: Maximum wait in seconds.

        Raises:
            TimeoutError: Deliveries are still due after the timeout.
            RuntimeError: The sandbox is not running, or stopped during the wait.

        Example:
            >>> endpoint = sandbox.endpoints.add("http://127.0.0.1:9/closed-port")
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create()
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> sandbox.wait_for_deliveries()
            >>> [(delivery.attempt, delivery.status) for delivery in sandbox.deliveries]
            [(1, None), (1, None), (1, None), (1, None)]
        """
        self._require().backend.wait_for_deliveries(timeout)

    def revoke_tokens(self, token: str | None = None) -> int:
        """Revoke access tokens before they expire.

        Args:
            token: Access token to revoke. ``None`` revokes all.

        Returns:
            Number of revoked tokens.
        """
        return self._require().backend.transact(partial(revoke_tokens, token=token))

    def reset(self) -> None:
        """Delete all records, tokens, endpoints, counts and faults, and return to the start, without a restart."""
        self._require().backend.reset()

    def branch(self) -> Sandbox:
        """Return a sandbox that begins with a copy of the present state, for example to try another setting.

        The copy is in memory and independent. It does not have endpoints and faults, and its logs are empty.

        Raises:
            RuntimeError: The sandbox is not running.

        Example:
            >>> with sandbox.branch() as other:
            ...     other.ledger == sandbox.ledger
            True
        """
        initial = self._require().backend.copy_state()
        other = Sandbox(self._host, clock=self._clock.mode, tls=self._tls)
        other._token_lifetime, other._allowed_hosts = self._token_lifetime, self._allowed_hosts
        other._initial = initial
        return other

    @property
    def _backend(self) -> Backend:
        return self._require().backend

    def _require(self) -> _Running:
        running = self._running
        if running is None:
            raise RuntimeError("the sandbox is not running; use it inside its with block, or between start and stop")
        return running
