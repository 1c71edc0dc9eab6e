"""Real gateways that are restarted under load: callers are told the truth about every write.

At the end, a table shows what the callers were told in each run.
"""

from __future__ import annotations

from collections import Counter
from functools import partial

import anyio
import pytest

from tests.gateways.servers import HAProxy, Nginx
from tests.gateways.writes import (
    API_DELAY,
    DONE,
    INTERFACES,
    NOT_DONE,
    TIMEOUT,
    UNKNOWN,
    WRITES,
    open_client,
    write_during_restarts,
)

GATEWAYS = {"nginx, TLS": (Nginx, True), "haproxy, TLS": (HAProxy, True), "haproxy, plain": (HAProxy, False)}
RETRIES = {"default retries": None, "retries=0": 0}


@pytest.fixture
def run(ledger, tls, record_row):
    """Make writes while a gateway is restarted, check what callers were told, and return the counts."""

    def run(name, restarts, interface, retries, *, own_client=False):
        gateway_class, has_tls = GATEWAYS[name]
        certificate, context = tls if has_tls else (None, None)
        faults = ledger.sandbox.faults
        delay = faults.add("delay", seconds=API_DELAY, method="POST", path="/v1/subscriptions", times=None)

        async def main():
            options = {"retries": RETRIES[retries], "context": context, "own_client": own_client}
            async with open_client(interface, gateway, ledger.sandbox.secret_key, **options) as create:
                functions = [partial(gateway_class.restarts[each], gateway) for each in restarts]
                return await write_during_restarts(create, ledger.arguments, functions, lambda: delay.times_applied)

        with gateway_class(ledger.api_port, certificate) as gateway:
            results, restart_count = anyio.run(main, backend="trio" if interface == "trio" else "asyncio")
        told = Counter(result.told for result in results)
        hung = sum(result.seconds > TIMEOUT + 1 for result in results)
        twice = sum(number > 1 for number in ledger.effects.values())
        record_row(
            gateway=name,
            mode=f"{', '.join(restarts)}: {'httpx client, ' if own_client else ''}{interface}, {retries}",
            restarts=restart_count,
            done=told[DONE],
            not_done=told[NOT_DONE],
            unknown=told[UNKNOWN],
            twice=twice,
            hung=hung,
        )
        assert told.total() == WRITES
        assert hung == 0
        ledger.check(results)
        return told

    return run


@pytest.mark.parametrize("retries", RETRIES)
@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize(
    ("gateway", "restart"), [(name, restart) for name, (kind, _) in GATEWAYS.items() for restart in kind.restarts]
)
def test_writes_during_restarts_happen_at_most_once_and_callers_know(gateway, restart, interface, retries, run):
    told = run(gateway, [restart], interface, retries)
    if restart == "kill" and retries == "retries=0":
        # Otherwise the restarts would not have met a write.
        assert told[UNKNOWN]
        assert told[NOT_DONE]


@pytest.mark.parametrize("retries", RETRIES)
@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("gateway", ["nginx, TLS", "haproxy, TLS"])
def test_callers_with_an_httpx_client_of_their_own_know_as_well(gateway, interface, retries, run):
    run(gateway, list(GATEWAYS[gateway][0].restarts), interface, retries, own_client=True)
