"""Ports of loopback that no other program gets during a test."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def reserve_port() -> Iterator[int]:
    """Reserve a free port for the duration of the block. Connections to it are refused.

    A server that asks for the port, with ``SO_REUSEADDR`` as usual, can listen on it. A program that asks for any free
    port does not get it.
    """
    with socket.socket() as reserved:
        if os.name == "posix":
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Port that refuses connections."""
    with reserve_port() as port:
        yield port
