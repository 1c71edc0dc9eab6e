"""Compare two recovery policies from the same day: 200 subscribers, three months, 35 % of the charges fail."""

from datetime import UTC, datetime
from typing import Any

from duro import Duro
from duro.sandbox import Sandbox

SUBSCRIBERS = 200
MONTHS = 3
POLICIES: dict[str, dict[str, Any]] = {
    "cancel after 7 days": {"dunning_escalation": "cancel", "dunning_escalation_days": 7},
    "wait for payday": {"dunning_escalation": "none"},
}


def subscribe_all(client: Duro) -> None:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    for number in range(SUBSCRIBERS):
        customer = client.customers.create(email=f"customer-{number}@example.com")
        client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)


def naira(amount: int) -> str:
    return f"NGN {amount / 100:>13,.2f}"


def run(sandbox: Sandbox, settings: dict[str, Any]) -> None:
    with Duro(**sandbox.options) as client:
        client.settings.update_recovery(**settings)
        for month in range(1, MONTHS + 1):
            sandbox.clock.advance(days=30)
            totals = client.analytics.failures()
            bar = "#" * round(totals.recovery_rate * 40)
            print(f"  month {month}: recovered {naira(totals.recovered)}  {totals.recovery_rate:4.0%} {bar}")
        collected = sum(charge.amount for charge in sandbox.ledger if charge.status == "succeeded")
        ended = sum(event.type in {"subscription_cancelled", "subscription_unpaid"} for event in sandbox.events)
        print(f"  collected {naira(collected)}, {ended} of {SUBSCRIBERS} subscriptions lost")


with Sandbox(clock="frozen", start=datetime(2026, 1, 10, 9, tzinfo=UTC), seed=7) as sandbox:
    with Duro(**sandbox.options) as client:
        subscribe_all(client)
    sandbox.cards.profile({"insufficient_funds": 0.25, "do_not_honor": 0.05, "hard_decline": 0.05})
    for name, settings in POLICIES.items():
        print(name)
        with sandbox.branch() as branch:
            run(branch, settings)
