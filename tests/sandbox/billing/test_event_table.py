"""Events of each happening, one to one and in the order of the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from duro.sandbox.billing.plan_changes import change_plan
from duro.sandbox.billing.refunds import refund_invoice
from duro.sandbox.billing.renewals import resume_subscription
from duro.sandbox.billing.subscriptions import cancel_subscription, pause_subscription
from duro.sandbox.storage.rows import find

from .conftest import Shop

CHARGED = ["invoice_created", "subscription_payment_success"]
FAILED = ["invoice_created", "subscription_payment_failed"]
RECOVERED = ["subscription_payment_success", "subscription_payment_recovered", "subscription_recovered"]


def renew(shop: Shop, subscription: str) -> None:
    shop.clock.advance(days=28)


def fail_renewal(shop: Shop, subscription: str, code: str = "do_not_honor", times: int | None = 1) -> None:
    shop.backend.cards.decline(shop.subscription(subscription)["customer_id"], code, times=times)
    renew(shop, subscription)


def need_card(shop: Shop, subscription: str) -> None:
    fail_renewal(shop, subscription, "expired_card")


def fail_retry(shop: Shop, subscription: str) -> None:
    fail_renewal(shop, subscription, times=2)
    shop.clock.advance(days=1)


def recover(shop: Shop, subscription: str) -> None:
    fail_renewal(shop, subscription)
    shop.clock.advance(days=1)


def exhaust(shop: Shop, subscription: str) -> None:
    fail_renewal(shop, subscription, times=None)
    shop.clock.advance(days=7)


def upgrade(shop: Shop, subscription: str) -> None:
    shop.act(change_plan, subscription, shop.plan(amount=6000))


def downgrade(shop: Shop, subscription: str) -> None:
    shop.act(change_plan, subscription, shop.plan(amount=1000))


def cancel_at_period_end(shop: Shop, subscription: str) -> None:
    shop.act(cancel_subscription, subscription, at_period_end=True)


def cancel(shop: Shop, subscription: str) -> None:
    shop.act(cancel_subscription, subscription)


def pause(shop: Shop, subscription: str) -> None:
    shop.act(pause_subscription, subscription)


def pause_and_resume(shop: Shop, subscription: str) -> None:
    pause(shop, subscription)
    shop.act(resume_subscription, subscription)


def refund(shop: Shop, subscription: str) -> None:
    invoice = shop.charges()[0].invoice_id
    shop.call(lambda uow: refund_invoice(uow, find(uow.db, "invoices", invoice), None, None))


@pytest.mark.parametrize(
    ("happening", "expected"),
    [
        (renew, CHARGED),
        (fail_renewal, [*FAILED, "subscription_past_due"]),
        (need_card, [*FAILED, "subscription_past_due", "subscription_payment_action_required"]),
        (fail_retry, [*FAILED, "subscription_past_due", "subscription_payment_failed"]),
        (recover, [*FAILED, "subscription_past_due", *RECOVERED]),
        (
            exhaust,
            [*FAILED, "subscription_past_due", *["subscription_payment_failed"] * 4, "subscription_unpaid"],
        ),
        (upgrade, [*CHARGED, "subscription_plan_changed"]),
        (downgrade, ["subscription_plan_changed"]),
        (cancel_at_period_end, ["subscription_updated"]),
        (cancel, ["subscription_cancelled"]),
        (pause, ["subscription_paused"]),
        (pause_and_resume, ["subscription_paused", "subscription_resumed"]),
        (refund, ["subscription_payment_refunded"]),
    ],
)
def test_a_happening_has_its_events(shop: Shop, happening: Callable[[Shop, str], None], expected: list[str]) -> None:
    subscription = shop.subscribe()
    before = len(shop.events())
    happening(shop, subscription)
    assert shop.events()[before:] == expected


def test_a_start_has_its_events(shop: Shop) -> None:
    shop.subscribe()
    assert shop.events() == ["subscription_created", *CHARGED, "subscription_activated"]


def test_a_failed_start_has_its_events(shop: Shop, fail_charges: Callable[..., None]) -> None:
    fail_charges("do_not_honor")
    shop.subscribe()
    assert shop.events() == ["subscription_created", *FAILED]


def test_a_converted_trial_has_its_events(shop: Shop) -> None:
    shop.subscribe(trial_days=7)
    shop.clock.advance(days=7)
    assert shop.events() == ["subscription_created", *CHARGED, "subscription_activated"]


def test_an_expired_subscription_has_its_events(shop: Shop) -> None:
    shop.subscribe(max_cycles=1)
    before = len(shop.events())
    shop.clock.advance(days=28)
    assert shop.events()[before:] == ["subscription_expired"]
