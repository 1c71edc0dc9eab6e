"""Invariant: each happening has one event, and each event has one happening."""

from __future__ import annotations

from typing import Final

from .invariant import Invariant

__all__ = ["EVENTS_MATCH_CHANGES"]

# A blacklisted customer is not charged, so that the failure does not have a charge.
EVENTS_MATCH_CHANGES: Final = Invariant(
    "events_match_changes",
    frozenset({"cancel_flag", "card_request", "charge", "checkout", "event", "invoice", "plan", "refund", "status"}),
    """
    WITH
        happenings AS (
            SELECT
                changes.*,
                CASE kind
                    WHEN 'status' THEN (
                        SELECT event_type FROM transitions
                        WHERE transitions.before IS changes.before AND transitions.after = changes.after
                    )
                    WHEN 'cancel_flag' THEN 'subscription_updated'
                    WHEN 'plan' THEN 'subscription_plan_changed'
                    WHEN 'refund' THEN 'subscription_payment_refunded'
                    WHEN 'checkout' THEN 'checkout_completed'
                    WHEN 'card_request' THEN 'subscription_payment_action_required'
                    WHEN 'invoice' THEN CASE
                        WHEN before IS NULL AND after IS NOT NULL THEN 'invoice_created'
                        WHEN before != 'paid' AND after = 'paid' THEN 'subscription_payment_success'
                    END
                    WHEN 'charge' THEN CASE after WHEN 'failed' THEN 'subscription_payment_failed' END
                END AS type
            FROM changes WHERE kind != 'event'
        ),
        entries AS (
            SELECT type, subject, 1 AS expected, 0 AS recorded FROM happenings WHERE type IS NOT NULL
                AND (type NOT IN ('subscription_payment_success', 'subscription_payment_failed')
                    OR (SELECT subscription_id FROM invoices WHERE id = subject) IS NOT NULL)
            UNION ALL
            SELECT 'subscription_payment_recovered', subject, 1, 0 FROM happenings
            WHERE type = 'subscription_recovered'
            UNION ALL
            SELECT after, subject, 0, 1 FROM changes WHERE kind = 'event'
                AND (after != 'subscription_payment_failed'
                    OR subject IN (SELECT subject FROM changes WHERE kind = 'charge')
                    OR NOT (
                        SELECT blacklisted FROM invoices JOIN customers ON customers.id = customer_id
                        WHERE invoices.id = subject
                    ))
        )
    SELECT
        'events ' || type || ' of ' || coalesce(subject, 'nothing') || ' must be ' || sum(expected) || ', got '
        || sum(recorded)
    FROM entries GROUP BY type, subject HAVING sum(expected) != sum(recorded)
    """,
)
