"""``duro sandbox``: serve a sandbox until a signal stops it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ..errors import DuroError
from ..sandbox import serve
from ..sandbox.auth.credentials import CLIENT_ID, CLIENT_SECRET, SECRET_KEY
from ..sandbox.deliveries.endpoints import WEBHOOK_SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..sandbox import Sandbox

__all__ = ["serve_until_stopped"]


def serve_until_stopped(
    host: str,
    port: int,
    database: Path | None,
    endpoints: Sequence[str] = (),
    allowed_hosts: Sequence[str] = (),
    *,
    tls: bool = False,
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM.

    Args:
        host: Address to listen on.
        port: TCP port; 0 selects a free one.
        database: SQLite file for the state, or ``None`` for memory.
        endpoints: URLs to deliver events to.
        allowed_hosts: Host names that requests may use.
        tls: Whether to serve HTTPS.

    Raises:
        DuroError: The address, the database, an endpoint or an allowed host cannot be used, or the server failed.
    """

    def print_start(sandbox: Sandbox) -> None:
        print(_start_message(sandbox.url, database, sandbox.ca_file), flush=True)

    try:
        serve(host, port, database, endpoints=endpoints, allowed_hosts=allowed_hosts, tls=tls, on_ready=print_start)
    except (OSError, RuntimeError) as error:
        raise DuroError(getattr(error, "strerror", None) or str(error)) from error


def _start_message(url: str, database: Path | None, ca_file: str | None) -> str:
    authority = trust = context = ""
    if ca_file is not None:
        authority = f"\n  CA file         {ca_file}"
        # A path may contain spaces.
        trust = f"\n  export SSL_CERT_FILE={shlex.quote(ca_file)}"
        context = f"\nIn a program:\n\n  ssl_context=ssl.create_default_context(cafile={ca_file!r})\n"
    return f"""\
Duro sandbox listening on {url}

  dashboard       {url}/_sandbox/
  secret key      {SECRET_KEY}
  client id       {CLIENT_ID}
  client secret   {CLIENT_SECRET}
  webhook secret  {WEBHOOK_SECRET}
  state           {f"stored in {database}" if database else "in memory, lost when the sandbox stops"}{authority}

In another terminal:

  export DURO_BASE_URL={url}{trust}
  export DURO_CLIENT_ID={CLIENT_ID}
  export DURO_CLIENT_SECRET={CLIENT_SECRET}
  duro request GET /v1/plans
{context}
Ctrl-C stops the sandbox.
"""
