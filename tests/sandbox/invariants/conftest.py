"""Merchant of a strict sandbox without a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from duro.sandbox.backend import Backend
from duro.sandbox.clock import ClockSettings
from tests.sandbox.billing.conftest import START, Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Merchant of a strict sandbox with a frozen clock and a seed."""
    backend = Backend.open(None, 3600, ClockSettings("frozen", START, 7), is_strict=True)
    yield Shop(backend)
    backend.close()
