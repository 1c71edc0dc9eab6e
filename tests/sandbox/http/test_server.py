"""HTTP server: addresses, ports, and a start that fails."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
from contextlib import ExitStack

import httpx
import pytest

from duro.sandbox import Sandbox
from tests.support.ports import reserve_port


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
    with reserve_port() as port:
        with Sandbox(port=port) as first, httpx.Client(base_url=first.url) as client:
            client.get("/_sandbox/stats")
            first.stop()
        with Sandbox(port=port) as second:
            assert httpx.get(f"{second.url}/_sandbox/stats").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("connections", [0, 1, 20])
def test_a_stop_does_not_wait_for_a_timer(monkeypatch: pytest.MonkeyPatch, connections: int) -> None:
    sleeps: list[float] = []
    sleep = asyncio.sleep

    async def record_sleep(delay: float) -> None:
        # A delay of 0 only lets other tasks run.
        sleeps.extend([delay] if delay else [])
        await sleep(delay)

    monkeypatch.setattr(asyncio, "sleep", record_sleep)
    # A server that only looks for the stop now and then would not stop in time.
    monkeypatch.setattr("duro.sandbox.http.server.TICK_SECONDS", 3600)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        for _ in range(connections):
            stack.enter_context(httpx.Client(base_url=sandbox.url)).get("/_sandbox/stats")
        sandbox.stop()
    assert sleeps == []


def test_responses_have_the_present_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duro.sandbox.http.server.TICK_SECONDS", 0.001)
    dates = ["Tue, 24 Nov 2026 21:00:00 GMT", "Tue, 24 Nov 2026 21:00:01 GMT"]
    monkeypatch.setattr("uvicorn.server.formatdate", lambda _seconds, usegmt: dates[0] if usegmt else "")
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.url) as client:
        assert client.get("/_sandbox/stats").headers["Date"] == dates.pop(0)
        later = (client.get("/_sandbox/stats").headers["Date"] for _ in range(10_000))
        assert dates[0] in later


def test_a_stop_sends_the_rest_of_a_response() -> None:
    with Sandbox() as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.secret_key}"}
        with httpx.Client(base_url=sandbox.url, headers=headers) as client:
            for number in range(40):
                client.post("/v1/customers", json={"name": f"{number}" * 20_000})
            with client.stream("GET", "/v1/customers?limit=100") as response:
                stopping = threading.Thread(target=sandbox.stop)
                stopping.start()
                assert len(response.read()) == int(response.headers["Content-Length"])
                stopping.join()


def test_a_failed_start_raises_and_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise SystemExit(3)

    before = sandbox_threads()
    monkeypatch.setattr("uvicorn.Server.startup", fail)
    with pytest.raises(RuntimeError, match="did not start"):
        Sandbox().start()
    assert sandbox_threads() == before


def test_start_requests_and_stop_do_not_reach_the_root_logger(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.url) as client:
        logging.getLogger("httpx").disabled = True
        try:
            client.get("/v1/plans")
        finally:
            logging.getLogger("httpx").disabled = False
    assert caplog.records == []


def test_a_server_of_the_program_still_logs_its_start(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Sandbox():
        logging.getLogger("uvicorn.error").info("Started server process")
    assert [record.getMessage() for record in caplog.records] == ["Started server process"]
