"""``duro sandbox``: a Duro for the other terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import DuroError
from ..sandbox import serve
from ..sandbox.auth.credentials import CLIENT_ID, CLIENT_SECRET, SECRET_KEY
from ..sandbox.deliveries.endpoints import WEBHOOK_SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["serve_until_stopped"]


def serve_until_stopped(host: str, port: int, database: Path | None, endpoints: Sequence[str] = ()) -> None:
    """Serve a sandbox until a signal ends it.

    Args:
        host: The address to listen on.
        port: The port; 0 picks a free one.
        database: A file that keeps the state.
        endpoints: Addresses that events are delivered to.

    Raises:
        DuroError: The address, the database or an endpoint cannot be used, or the server failed.
    """

    def greet(url: str) -> None:
        print(_greeting(url, database), flush=True)

    try:
        serve(host, port, database, endpoints=endpoints, on_ready=greet)
    except (OSError, RuntimeError) as error:
        raise DuroError(getattr(error, "strerror", None) or str(error)) from error


def _greeting(url: str, database: Path | None) -> str:
    return f"""\
A whole Duro listens at {url}

  page to look at    {url}/_sandbox/
  secret key         {SECRET_KEY}
  client id          {CLIENT_ID}
  client secret      {CLIENT_SECRET}
  webhook secret     {WEBHOOK_SECRET}
  state              {f"kept in {database}" if database else "in memory, until it stops"}

In another terminal:

  export DURO_BASE_URL={url}
  export DURO_CLIENT_ID={CLIENT_ID} DURO_CLIENT_SECRET={CLIENT_SECRET}
  duro request GET /v1/plans

Ctrl-C stops it.
"""
