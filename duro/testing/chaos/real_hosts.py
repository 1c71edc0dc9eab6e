"""Refusal of clients for real hosts during a chaos run."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..._base_url import resolve_base_url
from ..._urls import is_loopback
from ...errors import ConfigurationError

if TYPE_CHECKING:
    import pytest

    from ...config import Mode

__all__ = ["refuse_real_hosts"]


def refuse_real_hosts(patch: pytest.MonkeyPatch) -> None:
    """Refuse clients whose address is not a loopback address, until the patch is undone.

    Args:
        patch: Patch of the pytest run.
    """

    def resolve_loopback(base_url: str | None, mode: Mode | None, *, allow_http: bool = False) -> str:
        resolved = resolve_base_url(base_url, mode, allow_http=allow_http)
        host = urlsplit(resolved).hostname or ""
        if not is_loopback(host):
            raise ConfigurationError(
                f"base_url must be a loopback address during --duro-chaos, got the host {host!r}; "
                "use the fixture duro_sandbox, or pass --duro-chaos-real-hosts"
            )
        return resolved

    patch.setattr("duro.client.resolve_base_url", resolve_loopback)
