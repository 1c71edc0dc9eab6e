"""HTTP server: addresses, ports, and a start that fails."""

from __future__ import annotations

import errno
import socket
import threading

import httpx
import pytest

from duro.sandbox import Sandbox


def sandbox_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "duro-sandbox"]


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other_server:
        port = other_server.getsockname()[1]
        sandbox = Sandbox(port=port)
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is in use") as raised:
            sandbox.start()
    assert raised.value.errno == errno.EADDRINUSE
    assert not sandbox.is_alive


def test_an_address_of_another_machine_cannot_be_bound() -> None:
    with pytest.warns(UserWarning, match="192"):
        sandbox = Sandbox(host="192.0.2.1")
    with pytest.raises(OSError, match=r"192\.0\.2\.1 cannot be bound"):
        sandbox.start()


def test_the_ipv6_loopback_address_is_served() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Sandbox(host="::1") as sandbox:
        assert sandbox.url.startswith("http://[::1]:")
        assert httpx.get(f"{sandbox.url}/_sandbox/stats").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", ""])
def test_the_url_of_all_addresses_is_a_loopback_address(host: str) -> None:
    with pytest.warns(UserWarning, match="can reach this machine"):
        sandbox = Sandbox(host=host)
    with sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{sandbox.url}/_sandbox/stats").status_code == 200


def test_a_port_can_be_bound_again_right_after_a_stop() -> None:
    sandbox = Sandbox()
    with sandbox, httpx.Client(base_url=sandbox.url) as client:
        client.get("/_sandbox/stats")
        port = int(sandbox.url.rpartition(":")[2])
        sandbox.stop()
    with Sandbox(port=port) as second:
        assert httpx.get(f"{second.url}/_sandbox/stats").status_code == 200


def test_a_failed_start_raises_and_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise SystemExit(3)

    before = sandbox_threads()
    monkeypatch.setattr("uvicorn.Server.startup", fail)
    with pytest.raises(RuntimeError, match="did not start"):
        Sandbox().start()
    assert sandbox_threads() == before
