"""Address of the sandbox for other machines."""

from __future__ import annotations

import socket

import pytest

from duro.cli.network_address import find_network_url


class SocketWithoutNetwork(socket.socket):
    def connect(self, address):
        raise OSError(101, "Network is unreachable")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_machine_without_a_network_has_no_address(host, monkeypatch):
    monkeypatch.setattr(socket, "socket", SocketWithoutNetwork)
    assert find_network_url(host, "http://127.0.0.1:8787") is None


def test_a_server_on_one_address_has_no_other():
    assert find_network_url("127.0.0.1", "http://127.0.0.1:8787") is None
