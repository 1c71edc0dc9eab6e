from __future__ import annotations

import pytest

from duro.webhooks import Event, RedisInbox
from tests.support.redis_servers import RedisServer


@pytest.fixture(scope="module")
def server():
    with RedisServer("user ada on >s3cret-word ~shop:* +@all") as server:
        yield server


@pytest.fixture
def admin(server):
    with server.connect() as client:
        client.flushall()
        yield client


@pytest.fixture
def inbox(server, admin):
    with RedisInbox(server.url) as inbox:
        yield inbox


def build_event(number=1):
    return Event.from_dict(
        {"id": f"evt_{number}", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
    )


@pytest.fixture(scope="session")
def make_event():
    """Create an event without a delivery."""
    return build_event
