"""Tests of refunds, promo codes and checkouts: ``pytest test_payments.py``. The fixtures are in ``conftest.py``."""

from duro import Customer, Duro, Plan
from duro.sandbox import Sandbox


def test_part_of_an_invoice_is_refunded(sandbox: Sandbox, client: Duro, customer: Customer, plan: Plan) -> None:
    client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
    payment = client.customers.list_transactions(customer.id).collect()[0]
    assert payment.invoice_id is not None
    client.invoices.refund(payment.invoice_id, amount=200_000, reason="Outage in January")
    assert [refund.amount for refund in sandbox.refunds] == [200_000]


def test_promo_code_halves_two_invoices(sandbox: Sandbox, client: Duro, plan: Plan) -> None:
    client.promo_codes.create(
        code="HALF", discount_type="percentage", discount_value=50, duration="repeating", duration_cycles=2
    )
    session = client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    sandbox.checkout(session).enter_promo_code("HALF").pay("card")
    sandbox.clock.advance(days=62)
    assert [charge.amount for charge in sandbox.ledger] == [250_000, 250_000, 500_000]


def test_declined_checkout_is_paid_over_another_rail(sandbox: Sandbox, client: Duro, plan: Plan) -> None:
    session = client.checkout.create_session(plan_id=plan.id, customer_email="ada@example.com")
    sandbox.cards.decline(session.token, "do_not_honor")
    assert sandbox.checkout(session).pay("card").status == "failed"
    assert sandbox.checkout(session).pay("transfer").status == "processing"
    sandbox.transfers.settle(session.token)
    assert client.checkout.retrieve_session(session.id).status == "completed"
    assert [charge.status for charge in sandbox.ledger] == ["failed", "succeeded"]
