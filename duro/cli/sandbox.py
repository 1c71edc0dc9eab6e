"""``duro sandbox``: serve a sandbox until a signal stops it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from attrs import asdict

from ..errors import DuroError
from ..sandbox import serve
from ..sandbox.auth.credentials import CLIENT_ID, CLIENT_SECRET, SECRET_KEY
from ..sandbox.clock import timestamp
from ..sandbox.deliveries.endpoints import WEBHOOK_SECRET
from .network_address import find_network_url
from .output import print_json
from .request_lines import print_request_as_json, print_request_line
from .start_time import parse_start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..sandbox import Sandbox
    from .options import ClockOption

__all__ = ["serve_until_stopped"]


def serve_until_stopped(
    host: str,
    port: int,
    database: Path | None,
    endpoints: Sequence[str] = (),
    allowed_hosts: Sequence[str] = (),
    *,
    fixtures: Path | None = None,
    clock: ClockOption = "real",
    start: str | None = None,
    seed: int | None = None,
    strict: bool = False,
    tls: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM.

    Args:
        host: Address to listen on.
        port: TCP port; 0 selects a free one.
        database: SQLite file for the state, or ``None`` for memory.
        endpoints: URLs to deliver events to.
        allowed_hosts: Host names that requests may use.
        fixtures: File with the objects of a new sandbox.
        clock: ``real``, or ``frozen`` for a clock that moves by advances alone.
        start: Time of a new sandbox as text, or ``None`` for the present.
        seed: Seed of ids and outcomes, or ``None`` for a random one.
        strict: Whether to check the invariants of billing.
        tls: Whether to serve HTTPS.
        quiet: Whether to print no requests.
        as_json: Whether to print JSON.

    Raises:
        InvalidArgumentError: The start is not a time with an offset. Nothing was started.
        DuroError: The address, a file, an endpoint or an allowed host cannot be used, the server failed, or the
            invariants were violated.
    """
    start_time = None if start is None else parse_start(start)

    def print_start(sandbox: Sandbox) -> None:
        network_url = find_network_url(host, sandbox.url)
        if as_json:
            print_json(_start_document(sandbox, network_url, database, clock))
        else:
            message = _start_message(sandbox, network_url, database, clock, is_filled=fixtures is not None)
            print(message, flush=True)

    print_request = None if quiet else print_request_as_json if as_json else print_request_line
    try:
        serve(
            host,
            port,
            database,
            endpoints=endpoints,
            allowed_hosts=allowed_hosts,
            fixtures=fixtures,
            clock=clock,
            start=start_time,
            seed=seed,
            strict=strict,
            tls=tls,
            on_ready=print_start,
            on_request=print_request,
        )
    except (OSError, RuntimeError) as error:
        raise DuroError(getattr(error, "strerror", None) or str(error)) from error


def _start_document(
    sandbox: Sandbox, network_url: str | None, database: Path | None, clock: ClockOption
) -> dict[str, Any]:
    url = sandbox.url
    return {
        "url": url,
        "networkUrl": network_url,
        "dashboard": f"{url}/_sandbox/",
        "secretKey": SECRET_KEY,
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "webhookSecret": WEBHOOK_SECRET,
        "database": None if database is None else str(database),
        "clock": clock,
        "now": timestamp(sandbox.clock.now()),
        "caFile": sandbox.ca_file,
        "fixtures": asdict(sandbox.fixtures),
    }


def _start_message(
    sandbox: Sandbox, network_url: str | None, database: Path | None, clock: ClockOption, *, is_filled: bool
) -> str:
    url, ca_file = sandbox.url, sandbox.ca_file
    objects = f"\n  fixtures        {_describe_fixtures(sandbox)}" if is_filled else ""
    state = f"stored in {database}" if database else "temporary, lost when the sandbox stops"
    network = "" if network_url is None else f"\n  other machines  {network_url}"
    authority = trust = context = ""
    if ca_file is not None:
        authority = f"\n  CA file         {ca_file}"
        # A path may contain spaces.
        trust = f"\n  export SSL_CERT_FILE={shlex.quote(ca_file)}"
        context = f"\nIn a program:\n\n  ssl_context=ssl.create_default_context(cafile={ca_file!r})\n"
    return f"""\
Duro sandbox listening on {url}
{network}
  dashboard       {url}/_sandbox/
  secret key      {SECRET_KEY}
  client id       {CLIENT_ID}
  client secret   {CLIENT_SECRET}
  webhook secret  {WEBHOOK_SECRET}
  state           {state}{authority}{objects}
  clock           {_describe_clock(sandbox, clock)}

In another terminal:

  export DURO_BASE_URL={url}{trust}
  export DURO_CLIENT_ID={CLIENT_ID}
  export DURO_CLIENT_SECRET={CLIENT_SECRET}
  duro request GET /v1/plans
{context}{_advise_clock(sandbox, clock)}
Ctrl-C stops the sandbox.
"""


def _describe_clock(sandbox: Sandbox, clock: ClockOption) -> str:
    now = f"now {sandbox.clock.now():%Y-%m-%d %H:%M:%S} UTC"
    return f"frozen, {now}" if clock == "frozen" else f"runs with real time, {now}"


def _advise_clock(sandbox: Sandbox, clock: ClockOption) -> str:
    """Return how to move a frozen clock, and an empty text for another one."""
    if clock == "real":
        return ""
    authority = f"--cacert {shlex.quote(sandbox.ca_file)} " if sandbox.ca_file else ""
    return f"""
The clock is frozen. Move it on the dashboard, or for example by a day:

  curl {authority}{sandbox.url}/_sandbox/clock -d '{{"advance": 86400}}'
"""


def _describe_fixtures(sandbox: Sandbox) -> str:
    """Return the numbers of objects by section, such as ``2 plans, 1 customer``."""
    sections = asdict(sandbox.fixtures).items()
    counts = [f"{len(ids)} {name if len(ids) > 1 else name[:-1]}" for name, ids in sections if ids]
    return f"{', '.join(counts) or 'no objects'}, see {sandbox.url}/_sandbox/fixtures"
