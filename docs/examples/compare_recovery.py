"""Compare two recovery policies from the same day: three months, in which 35 % of the renewal charges fail.

``python compare_recovery.py 50`` compares them for 50 subscribers instead of 200.
"""

import sys
from datetime import UTC, datetime, timedelta
from typing import Final

from duro import Duro
from duro.sandbox import Sandbox

START: Final = datetime(2026, 1, 10, 9, tzinfo=UTC)
DAYS: Final = 90
POLICIES: Final = {"Cancel after 7 days": "cancel", "Wait for payday": "none"}


def subscribe(client: Duro, subscribers: int) -> None:
    plan = client.plans.create(name="Pro", amount=500_000, interval="month")
    for number in range(subscribers):
        customer = client.customers.create(email=f"customer-{number}@example.com")
        client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)


def recover(sandbox: Sandbox, escalation: str) -> list[int]:
    """Run the sandbox under a policy, and return what recovery has won back by each day, in kobo."""
    with Duro(**sandbox.options) as client:
        client.settings.update_recovery(dunning_escalation=escalation, dunning_escalation_days=7)
    sandbox.clock.advance(days=DAYS)
    retries = [charge for charge in sandbox.ledger if charge.status == "succeeded" and charge.attempt > 1]
    ends = [START + timedelta(days=day) for day in range(1, DAYS + 1)]
    return [sum(charge.amount for charge in retries if datetime.fromisoformat(charge.at) <= end) for end in ends]


def compare(subscribers: int) -> dict[str, list[int]]:
    """Run each policy on a branch of the same day, and return what it has won back by each day."""
    curves: dict[str, list[int]] = {}
    with Sandbox(clock="frozen", start=START, seed=7) as sandbox:
        with Duro(**sandbox.options) as client:
            subscribe(client, subscribers)
        sandbox.cards.profile({"insufficient_funds": 0.25, "do_not_honor": 0.05, "hard_decline": 0.05})
        for name, escalation in POLICIES.items():
            with sandbox.branch() as branch:
                curves[name] = recover(branch, escalation)
                lost = sum(event.type in {"subscription_cancelled", "subscription_unpaid"} for event in branch.events)
                print(f"{name}: NGN {curves[name][-1] / 100:,.0f} won back, {lost} of {subscribers} subscribers lost")
    return curves


if __name__ == "__main__":
    compare(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
