"""Error pages of real gateways: what the caller of a write is told is true by the ledger of the API."""

from __future__ import annotations

from collections import Counter

import anyio
import pytest

from duro.config import RetryPolicy
from duro.errors import APIError, RateLimitError
from tests.gateways.servers import HAProxy, Nginx
from tests.gateways.writes import DONE, INTERFACES, NOT_DONE, UNKNOWN, make_write, open_client

PATH = "/v1/subscriptions"
GATEWAYS = [Nginx, HAProxy]
WITH_RETRIES = RetryPolicy(retries=10, base_delay=0.1, max_delay=0.4)


class Writer:
    """Caller of writes through a gateway."""

    def __init__(self, interface, ledger):
        self._interface = interface
        self._ledger = ledger

    def write(self, gateway_class, *keys, retries=0, pause=0.0, port=None, **values):
        """Make writes through a gateway, each a pause after the one before.

        Args:
            gateway_class: Class of the gateway.
            keys: Keys of the writes.
            retries: Number of retries or a policy.
            pause: Seconds between the starts of two writes.
            port: Port that the gateway uses for the API, ``None`` for that of the sandbox.
            values: Lines of the gateway's configuration.

        Returns:
            The results, in the order of the keys. They were compared with the ledger.
        """
        results = {}

        async def main():
            secret_key = self._ledger.sandbox.secret_key
            async with open_client(self._interface, gateway, secret_key, retries=retries) as create:

                async def write(number, key):
                    await anyio.sleep(number * pause)
                    results[key] = await make_write(create, key, self._ledger.arguments)

                async with anyio.create_task_group() as tasks:
                    for number, key in enumerate(keys):
                        tasks.start_soon(write, number, key)

        with gateway_class(self._ledger.api_port if port is None else port, **values) as gateway:
            anyio.run(main, backend="trio" if self._interface == "trio" else "asyncio")
        in_order = [results[key] for key in keys]
        self.effects = [self._ledger.effects[key] for key in keys]
        self._ledger.check(in_order)
        return in_order


@pytest.fixture(params=INTERFACES)
def writer(request, ledger):
    return Writer(request.param, ledger)


class TestOutcomeIsOpen:
    """Nobody but the API can say that a write was not done."""

    @pytest.mark.parametrize("gateway_class", GATEWAYS)
    def test_no_server_behind_the_gateway(self, gateway_class, writer, closed_port):
        [result] = writer.write(gateway_class, "key", port=closed_port)
        assert (result.told, writer.effects) == (UNKNOWN, [0])

    @pytest.mark.parametrize("gateway_class", GATEWAYS)
    @pytest.mark.parametrize(("fault", "effects"), [("reset_before", 0), ("reset_after", 1)])
    def test_server_that_resets_the_connection(self, gateway_class, fault, effects, writer, sandbox):
        sandbox.faults.add(fault, method="POST", path=PATH)
        [result] = writer.write(gateway_class, "key")
        assert (result.told, writer.effects) == (UNKNOWN, [effects])

    @pytest.mark.parametrize(
        ("gateway_class", "values"),
        [
            (Nginx, {"location": "proxy_pass http://api; proxy_read_timeout 1s;"}),
            (HAProxy, {"backend": "timeout server 1s"}),
        ],
    )
    @pytest.mark.parametrize("commit", [False, True])
    def test_server_that_is_silent(self, gateway_class, values, commit, writer, sandbox):
        sandbox.faults.add("silence", method="POST", path=PATH, commit=commit)
        [result] = writer.write(gateway_class, "key", **values)
        assert (result.told, writer.effects) == (UNKNOWN, [commit])
        assert "504" in str(result.error)

    @pytest.mark.parametrize("status", [500, 503])
    def test_page_of_the_gateway(self, status, writer):
        [result] = writer.write(Nginx, "key", location=f"return {status};")
        assert (result.told, writer.effects) == (UNKNOWN, [0])
        assert "did not come from the API" in str(result.error)

    @pytest.mark.parametrize("status", [408, 500, 503])
    def test_page_of_the_load_balancer(self, status, writer):
        [result] = writer.write(HAProxy, "key", frontend=f"http-request deny deny_status {status}")
        assert (result.told, writer.effects) == (UNKNOWN, [0])

    def test_queue_of_the_load_balancer_is_full_for_too_long(self, writer, sandbox):
        sandbox.faults.add("delay", seconds=1, method="POST", path=PATH)
        values = {"backend": "timeout queue 200ms", "server": "maxconn 1"}
        results = writer.write(HAProxy, "first", "queued", pause=0.2, **values)
        assert [result.told for result in results] == [DONE, UNKNOWN]
        assert writer.effects == [1, 0]

    def test_rate_limit_with_a_server_error(self, writer):
        keys = [f"key-{number}" for number in range(5)]
        results = writer.write(Nginx, *keys, **limited_to(1, status=503))
        assert Counter(result.told for result in results) == {DONE: 1, UNKNOWN: 4}


class TestAttemptIsRejected:
    """A 4xx page means that this attempt was not forwarded."""

    def test_body_above_the_limit(self, writer):
        [result] = writer.write(Nginx, "key", server="client_max_body_size 20;")
        assert (result.told, writer.effects) == (NOT_DONE, [0])
        assert isinstance(result.error, APIError)
        assert result.error.status == 413
        assert "did not come from the API" in str(result.error)
        assert "413 Request Entity Too Large" in str(result.error)

    def test_rate_limit(self, writer):
        keys = [f"key-{number}" for number in range(5)]
        results = writer.write(Nginx, *keys, **limited_to(1, status=429))
        assert Counter(result.told for result in results) == {DONE: 1, NOT_DONE: 4}
        assert {type(result.error) for result in results} == {type(None), RateLimitError}

    @pytest.mark.parametrize("status", [403, 404])
    def test_page_of_the_load_balancer(self, status, writer):
        [result] = writer.write(HAProxy, "key", frontend=f"http-request deny deny_status {status}")
        assert (result.told, writer.effects) == (NOT_DONE, [0])
        assert result.error.status == status

    @pytest.mark.parametrize("status", [400, 403, 404])
    @pytest.mark.parametrize(("fault", "effects"), [("reset_before", 0), ("reset_after", 1)])
    def test_doubt_of_an_earlier_attempt_stays(self, status, fault, effects, writer, sandbox):
        sandbox.faults.add(fault, method="POST", path=PATH)
        rule = f"""stick-table type ip size 1k expire 1m store http_req_cnt
  http-request track-sc0 src
  http-request deny deny_status {status} if {{ sc_http_req_cnt(0) gt 1 }}"""
        [result] = writer.write(HAProxy, "key", frontend=rule, retries=WITH_RETRIES)
        assert (result.told, writer.effects) == (UNKNOWN, [effects])
        assert result.error.attempts == 2


class TestRetries:
    """Pages of a gateway that works again soon do not fail a call with retries."""

    @pytest.mark.parametrize("status", [429, 503])
    def test_rate_limit(self, status, writer):
        keys = [f"key-{number}" for number in range(5)]
        results = writer.write(Nginx, *keys, retries=WITH_RETRIES, **limited_to(10, status=status))
        assert [result.told for result in results] == [DONE] * 5
        assert writer.effects == [1] * 5

    @pytest.mark.parametrize("gateway_class", GATEWAYS)
    @pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
    def test_server_that_resets_connections(self, gateway_class, fault, writer, sandbox):
        sandbox.faults.add(fault, method="POST", path=PATH, times=3)
        [result] = writer.write(gateway_class, "key", retries=WITH_RETRIES)
        assert (result.told, writer.effects) == (DONE, [1])


def limited_to(requests_per_second, *, status):
    """Return lines that make nginx reject the requests above a rate."""
    rate = f"rate={requests_per_second}r/s"
    return {
        "http": f"limit_req_zone $binary_remote_addr zone=writes:1m {rate}; limit_req_status {status};",
        "server": "limit_req zone=writes;",
    }
