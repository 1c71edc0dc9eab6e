"""``duro sandbox``: serve a sandbox until a signal stops it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from ..errors import DuroError
from ..sandbox import serve
from ..sandbox.auth.credentials import CLIENT_ID, CLIENT_SECRET, SECRET_KEY
from ..sandbox.deliveries.endpoints import WEBHOOK_SECRET
from .network_address import find_network_url
from .output import print_json
from .request_lines import print_request_as_json, print_request_line

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
        strict: Whether to check the invariants of billing.
        tls: Whether to serve HTTPS.
        quiet: Whether to print no requests.
        as_json: Whether to print JSON.

    Raises:
        DuroError: The address, the database, an endpoint or an allowed host cannot be used, the server failed, or the
            invariants were violated.
    """

    def print_start(sandbox: Sandbox) -> None:
        network_url = find_network_url(host, sandbox.url)
        if as_json:
            print_json(_start_document(sandbox.url, network_url, database, sandbox.ca_file))
        else:
            print(_start_message(sandbox.url, network_url, database, sandbox.ca_file), flush=True)

    print_request = None if quiet else print_request_as_json if as_json else print_request_line
    try:
        serve(
            host,
            port,
            database,
            endpoints=endpoints,
            allowed_hosts=allowed_hosts,
            strict=strict,
            tls=tls,
            on_ready=print_start,
            on_request=print_request,
        )
    except (OSError, RuntimeError) as error:
        raise DuroError(getattr(error, "strerror", None) or str(error)) from error


def _start_document(url: str, network_url: str | None, database: Path | None, ca_file: str | None) -> dict[str, Any]:
    return {
        "url": url,
        "networkUrl": network_url,
        "dashboard": f"{url}/_sandbox/",
        "secretKey": SECRET_KEY,
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "webhookSecret": WEBHOOK_SECRET,
        "database": None if database is None else str(database),
        "caFile": ca_file,
    }


def _start_message(url: str, network_url: str | None, database: Path | None, ca_file: str | None) -> str:
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
  state           {f"stored in {database}" if database else "in memory, lost when the sandbox stops"}{authority}

In another terminal:

  export DURO_BASE_URL={url}{trust}
  export DURO_CLIENT_ID={CLIENT_ID}
  export DURO_CLIENT_SECRET={CLIENT_SECRET}
  duro request GET /v1/plans
{context}
Ctrl-C stops the sandbox.
"""
