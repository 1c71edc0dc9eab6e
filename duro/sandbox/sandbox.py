"""``Sandbox``: start, stop and control a local Duro server."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from attrs import frozen

from .._misuse import unsupported
from .auth.connection_options import ConnectionOptions
from .auth.credentials import CLIENT_ID, CLIENT_SECRET, SECRET_KEY, check_token_lifetime
from .backend import Backend
from .clock import ClockMode, ClockSettings
from .fixtures.opening import open_backend
from .fixtures.parse import FixturesSource
from .http.address import check_address
from .http.application import build_application
from .http.background import build_background
from .http.certificates import Certificates, issue_certificates
from .http.origin_check import check_allowed_hosts
from .http.server import Server
from .invariants.errors import StrictError
from .modes.backends import Modes
from .modes.controls import ModeControls
from .modes.live_mode import LiveMode
from .request_log import RequestEntry
from .storage.database import Database
from .storage.files import write_private_file

__all__ = ["ConnectionOptions", "Sandbox"]

DEFAULT_TOKEN_LIFETIME_SECONDS: Final = 3600.0


@frozen
class _Running:
    modes: Modes
    server: Server
    certificates: Certificates | None
    # Closes the parts in the reverse order of their start.
    exit_stack: ExitStack

    @property
    def backend(self) -> Backend:
        """Backend of test mode."""
        return self.modes.test


class Sandbox(ModeControls):
    """Local Duro server over real HTTP, in a thread of this process.

    Use it in a ``with`` block. ``start`` and ``stop`` do the same without a
    block. Signal handlers are not changed.

    Args:
        host: Address to listen on. The sandbox is not protected, so use a loopback address.
        port: Port to listen on. 0 picks a free one.
        database: Path of a database file that keeps the state between runs. With ``None`` the state ends with the
            sandbox, and each start begins with an empty one. Its first 8 MB are in memory, and the rest is in a
            temporary file.
        token_lifetime: Lifetime of an access token in seconds, measured by the sandbox's clock.
        clock: ``real`` runs by itself. ``frozen`` moves by ``clock.advance`` alone.
        start: Time of a new sandbox, an aware datetime. ``None`` is the present. A database file keeps its time.
        seed: Seed of ids and outcomes, which makes them repeatable. ``None`` is random. A database file keeps its seed.
        allowed_hosts: Host names that requests may use besides IP addresses, ``localhost`` and ``host``, such as the
            name of a service in Docker Compose. The others are refused, because a web page could use them.
        strict: Whether to check the invariants of billing after every request and due item. A violation rolls back
            the change. Methods raise ``StrictError``, and requests get a response with status 500.
        tls: Whether to serve HTTPS. Each start creates a certificate authority and a certificate for
            ``localhost``, ``127.0.0.1`` and ``::1``.
        fixtures: Objects of a new sandbox: path of a YAML or JSON file, or a mapping with the same content. They
            exist before the first request. A database file that is not empty keeps its objects.
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
        strict: bool = False,
        tls: bool = False,
        fixtures: FixturesSource | None = None,
        on_request: Callable[[RequestEntry, float], None] | None = None,
    ) -> None:
        check_address(host, port)
        self._clock = ClockSettings(clock, start, seed)
        self._host = host
        self._port = port
        self._database = database
        self._token_lifetime = check_token_lifetime(token_lifetime)
        self._allowed_hosts = check_allowed_hosts(allowed_hosts) | {host.lower()}
        self._strict = strict
        self._tls = tls
        self._fixtures = fixtures
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
            ConfigurationError: The database or the fixtures cannot be used, or a package for TLS is not installed.
            StrictError: The sandbox is strict, and finishing an interrupted advance broke an invariant.
            RuntimeError: The server did not start.
        """
        with self._lock:
            if self._running is not None:
                return
            with ExitStack() as stack:
                initial, self._initial = self._initial, None
                source = initial or self._database
                backend = open_backend(
                    source, self._token_lifetime, self._clock, self._fixtures, is_strict=self._strict
                )
                backend.request_log.listener = self._on_request
                modes = Modes(backend, None if initial else self._database, self._clock)
                stack.callback(modes.close)
                modes.open_existing()
                certificates = stack.enter_context(issue_certificates(self._host)) if self._tls else None
                server = Server(self._host, self._port, certificates.server_context if certificates else None)
                stack.callback(server.close)
                server.serve(
                    build_application(modes, server.url, self._allowed_hosts), background=build_background(modes)
                )
                for each in modes.backends:
                    each.scheduler.resume()
                    if self._clock.mode == "frozen":
                        # A file whose clock ran with real time can have overdue items.
                        each.scheduler.run_present()
                self._running = _Running(modes, server, certificates, exit_stack=stack.pop_all())

    def stop(self) -> None:
        """Stop the server and close its connections. A stopped sandbox is left as it is.

        Raises:
            RuntimeError: The server did not stop in time.
            StrictError: The sandbox is strict and has violations. It has stopped.
        """
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                running.exit_stack.close()
        if running is not None and running.modes.violations:
            raise StrictError(running.modes.violations)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except StrictError:
            if error is None:
                raise

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
    def live(self) -> LiveMode:
        """Live mode of the server, with the same records and controls. It opens at its first use."""
        return LiveMode(self._require().modes.open_live(), self.options)

    def reset(self) -> None:
        """Delete all records, tokens, endpoints, counts and faults of both modes, and return to the start."""
        self._require().modes.reset()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the whole state to a new database file, which ``Sandbox(database=path)`` opens.

        Args:
            path: Path of the file. It contains the secrets of the endpoints, and only its owner can read it.

        Raises:
            InvalidArgumentError: The file exists.
            OSError: The file cannot be written.
            RuntimeError: The sandbox is not running.
        """
        write_private_file(path, self._backend.store.serialize())

    def branch(self) -> Sandbox:
        """Return a sandbox that begins with a copy of the present state, for example to try another setting.

        The copy is independent and temporary. It does not have endpoints and faults, and its logs are empty.

        Raises:
            RuntimeError: The sandbox is not running.

        Example:
            >>> with sandbox.branch() as other:
            ...     other.ledger == sandbox.ledger
            True
        """
        initial = self._backend.copy_state()
        other = Sandbox(self._host, clock=self._clock.mode, strict=self._strict, tls=self._tls)
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
