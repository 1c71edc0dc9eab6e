-- Changes of the open transaction, for the queries of the invariants.
--
-- The tables are temporary: a database file and its copies do not contain them, and a rollback empties them.

PRAGMA temp_store = MEMORY;

-- The subscription's status is that at the time of the change.
CREATE TEMP TABLE changes (kind TEXT NOT NULL, subject TEXT, before, after, subscription_status TEXT);

-- Changes of a status that the state machine allows, with the event that reports each of them.
CREATE TEMP TABLE transitions (before TEXT, after TEXT NOT NULL, event_type TEXT);

CREATE TEMP TRIGGER subscription_created AFTER INSERT ON main.subscriptions BEGIN
    INSERT INTO changes VALUES ('status', new.id, NULL, new.status, NULL);
END;

CREATE TEMP TRIGGER status_changed AFTER UPDATE OF status ON main.subscriptions WHEN old.status != new.status BEGIN
    INSERT INTO changes VALUES ('status', new.id, old.status, new.status, NULL);
END;

CREATE TEMP TRIGGER credit_changed AFTER UPDATE OF credit ON main.subscriptions WHEN old.credit != new.credit BEGIN
    INSERT INTO changes VALUES ('credit', new.id, old.credit, new.credit, NULL);
END;

CREATE TEMP TRIGGER cycles_changed AFTER UPDATE OF cycles_completed ON main.subscriptions
WHEN old.cycles_completed != new.cycles_completed BEGIN
    INSERT INTO changes VALUES ('cycles', new.id, old.cycles_completed, new.cycles_completed, NULL);
END;

CREATE TEMP TRIGGER cancellation_scheduled AFTER UPDATE OF cancel_at_period_end ON main.subscriptions
WHEN new.cancel_at_period_end AND NOT old.cancel_at_period_end BEGIN
    INSERT INTO changes VALUES ('cancel_flag', new.id, 0, 1, NULL);
END;

-- Also for a change to the same plan, whose terms may have changed.
CREATE TEMP TRIGGER plan_changed AFTER UPDATE OF plan_id ON main.subscriptions BEGIN
    INSERT INTO changes VALUES ('plan', new.id, old.plan_id, new.plan_id, NULL);
END;

CREATE TEMP TRIGGER invoice_issued AFTER INSERT ON main.invoices BEGIN
    INSERT INTO changes VALUES (
        'invoice', new.id, NULL, new.status, (SELECT status FROM subscriptions WHERE id = new.subscription_id)
    );
END;

CREATE TEMP TRIGGER invoice_changed AFTER UPDATE ON main.invoices BEGIN
    INSERT INTO changes VALUES ('invoice', new.id, old.status, new.status, NULL);
END;

CREATE TEMP TRIGGER credit_used AFTER INSERT ON main.invoices WHEN new.credit_used BEGIN
    INSERT INTO changes VALUES ('credit_used', new.subscription_id, 0, new.credit_used, NULL);
END;

CREATE TEMP TRIGGER credit_returned AFTER UPDATE OF status ON main.invoices
WHEN new.credit_used AND old.status = 'open' AND new.status IN ('uncollectible', 'void') BEGIN
    INSERT INTO changes VALUES ('credit_used', new.subscription_id, new.credit_used, 0, NULL);
END;

CREATE TEMP TRIGGER charge_attempted AFTER INSERT ON main.transactions BEGIN
    INSERT INTO changes VALUES (
        'charge',
        new.invoice_id,
        NULL,
        new.status,
        (
            SELECT subscriptions.status FROM invoices JOIN subscriptions ON subscriptions.id = subscription_id
            WHERE invoices.id = new.invoice_id
        )
    );
END;

CREATE TEMP TRIGGER charge_changed AFTER UPDATE ON main.transactions BEGIN
    INSERT INTO changes VALUES ('invoice', new.invoice_id, NULL, NULL, NULL);
END;

CREATE TEMP TRIGGER invoice_refunded AFTER INSERT ON main.refunds BEGIN
    INSERT INTO changes VALUES ('refund', new.invoice_id, NULL, new.amount, NULL);
END;

CREATE TEMP TRIGGER wallet_topped_up AFTER INSERT ON main.wallet_transactions BEGIN
    INSERT INTO changes VALUES ('wallet', new.account_id, NULL, new.amount, NULL);
END;

CREATE TEMP TRIGGER balance_changed AFTER UPDATE OF balance ON main.accounts BEGIN
    INSERT INTO changes VALUES ('wallet', new.id, old.balance, new.balance, NULL);
END;

CREATE TEMP TRIGGER checkout_completed AFTER UPDATE OF status ON main.checkout_sessions
WHEN new.status = 'completed' AND old.status != 'completed' AND new.kind != 'topup' BEGIN
    INSERT INTO changes VALUES ('checkout', new.id, old.status, new.status, NULL);
END;

CREATE TEMP TRIGGER card_requested AFTER INSERT ON main.decisions WHEN new.action = 'request_card_update' BEGIN
    INSERT INTO changes VALUES ('card_request', new.invoice_id, NULL, new.action, NULL);
END;

CREATE TEMP TRIGGER event_recorded AFTER INSERT ON main.events BEGIN
    INSERT INTO changes VALUES (
        'event',
        json_extract(
            CAST(new.payload AS TEXT),
            CASE
                WHEN new.type = 'checkout_completed' THEN '$.data.checkoutId'
                WHEN new.type = 'subscription_payment_recovered' THEN '$.data.subscriptionId'
                WHEN new.type = 'invoice_created' OR new.type LIKE 'subscription\_payment\_%' ESCAPE '\'
                    THEN '$.data.invoice.id'
                ELSE '$.data.subscription.id'
            END
        ),
        new.id,
        new.type,
        NULL
    );
END;

CREATE TEMP TRIGGER credit_granted AFTER INSERT ON main.events
WHEN new.type = 'subscription_plan_changed'
    AND json_extract(CAST(new.payload AS TEXT), '$.data.proration.kind') = 'credit'
BEGIN
    INSERT INTO changes VALUES (
        'credit_grant',
        json_extract(CAST(new.payload AS TEXT), '$.data.subscription.id'),
        NULL,
        json_extract(CAST(new.payload AS TEXT), '$.data.proration.amount'),
        NULL
    );
END;
