"""Database and units of work without a server."""

from __future__ import annotations

from tests.sandbox.billing.conftest import work_at

__all__ = ["work_at"]
