"""``serve``: a sandbox that runs as a program, until a signal stops it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Final

from .._after_start import AfterStart

if TYPE_CHECKING:
    from .clock import ClockMode
    from .request_log import RequestEntry
    from .sandbox import Sandbox

__all__ = ["serve"]

DEFAULT_PORT: Final = 8787

# Upper bound on the time to notice that the server died.
CHECK_INTERVAL_SECONDS: Final = 1.0


def serve(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    database: str | os.PathLike[str] | None = None,
    *,
    clock: ClockMode = "real",
    start: datetime | None = None,
    seed: int | None = None,
    endpoints: Iterable[str] = (),
    allowed_hosts: Iterable[str] = (),
    strict: bool = False,
    tls: bool = False,
    fixtures: str | os.PathLike[str] | None = None,
    on_ready: Callable[[Sandbox], None] | None = None,
    on_request: Callable[[RequestEntry, float], None] | None = None,
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM, then return.

    Call it on the main thread, because Python handles signals only there. The
    previous signal handlers are restored at the end.

    Args:
        host: Address to listen on.
        port: Port to listen on. 0 picks a free one.
        database: Path of the database file. With ``None`` the state ends with the sandbox.
        clock: ``real`` runs by itself. ``frozen`` moves by the dashboard and ``POST /_sandbox/clock`` alone.
        start: Time of a new sandbox, an aware datetime, see ``Sandbox``.
        seed: Seed of ids and outcomes, see ``Sandbox``.
        endpoints: URLs of webhook endpoints, signed with ``whsec_sandbox``. A URL that the database contains
            already is not added again.
        allowed_hosts: Host names that requests may use besides IP addresses, ``localhost`` and ``host``.
        strict: Whether to check the invariants of billing after every request and due item, see ``Sandbox``.
        tls: Whether to serve HTTPS, with the certificate authority of ``Sandbox.ca_file``.
        fixtures: Path of a YAML or JSON file with the objects of a new sandbox, see ``Sandbox``.
        on_ready: Callback with the sandbox, called as soon as the server accepts requests.
        on_request: Callback for each API request, see ``Sandbox``. The first call follows the end of ``on_ready``.

    Raises:
        OSError: The address cannot be bound.
        ConfigurationError: The database or the fixtures cannot be used, an allowed host is not a host name, an
            argument of the clock is invalid, or a package for TLS is not installed.
        InvalidArgumentError: The URL of an endpoint cannot be used.
        RuntimeError: The caller is not the main thread, or the server failed.
        StrictError: The sandbox was strict and had violations. It has stopped.
    """
    # Through the package, which names the extra to install if one of the server's dependencies is missing.
    from . import Sandbox

    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("serve must run on the main thread because it handles signals; use Sandbox in other threads")
    stop_requested = threading.Event()

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        stop_requested.set()

    requests = None if on_request is None else AfterStart(on_request)
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, number, signal.signal(number, request_stop))
        sandbox = stack.enter_context(
            Sandbox(
                host,
                port,
                database,
                clock=clock,
                start=start,
                seed=seed,
                allowed_hosts=allowed_hosts,
                strict=strict,
                tls=tls,
                fixtures=fixtures,
                on_request=None if requests is None else requests.report,
            )
        )
        existing = {endpoint.url for endpoint in sandbox.endpoints}
        for url in dict.fromkeys(endpoints):
            if url not in existing:
                sandbox.endpoints.add(url)
        if on_ready is not None:
            on_ready(sandbox)
        if requests is not None:
            requests.begin()
        while not stop_requested.wait(CHECK_INTERVAL_SECONDS):
            if not sandbox.is_alive:
                raise RuntimeError("the sandbox's server stopped unexpectedly; see the log of duro.sandbox")
