-- Tables of a sandbox. Increase SCHEMA_VERSION in database.py with every change.
--
-- Timestamps are strings in the API's format. They sort as strings, and responses copy them.
-- Lists are read backwards through (created_at, id).

-- One row. The target is that of an advance that has not ended.
CREATE TABLE clock (
    offset_seconds REAL NOT NULL,
    stopped_at TEXT,
    target TEXT,
    target_event TEXT,
    deliver INTEGER,
    last_event INTEGER
);

-- One row.
CREATE TABLE seed (
    value TEXT NOT NULL,
    is_chosen INTEGER NOT NULL
);

-- Objects that fixtures created, by the keys of the fixtures.
CREATE TABLE fixture_ids (
    section TEXT NOT NULL,
    key TEXT NOT NULL,
    object_id TEXT NOT NULL,
    PRIMARY KEY (section, key)
);

-- Equal requests of one millisecond, whose derived ids must differ.
CREATE TABLE request_counts (
    at TEXT NOT NULL,
    content TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (at, content)
) WITHOUT ROWID;

-- Work that the clock starts. The second index is the queue.
CREATE TABLE due_items (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TEXT NOT NULL,
    rank INTEGER NOT NULL,
    PRIMARY KEY (subject, kind)
) WITHOUT ROWID;
CREATE INDEX due_items_in_order ON due_items (at, rank, subject);

CREATE TABLE tokens (
    digest BLOB PRIMARY KEY,
    expires_at TEXT NOT NULL
);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE codes (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL COLLATE NOCASE,
    code TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    used_at TEXT,
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX codes_of_recipient ON codes (channel, recipient, created_at);

CREATE TABLE sessions (
    digest BLOB PRIMARY KEY,
    audience TEXT NOT NULL,
    person_id TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE identities (
    id TEXT PRIMARY KEY,
    phone TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
);

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    balance INTEGER NOT NULL DEFAULT 0,
    account_number TEXT,
    created_at TEXT NOT NULL
);

CREATE TABLE recovery_settings (
    id TEXT PRIMARY KEY,
    auto_recovery INTEGER NOT NULL DEFAULT 1,
    renewal_reminders INTEGER NOT NULL DEFAULT 1,
    renewal_reminder_days INTEGER NOT NULL DEFAULT 3,
    abandoned_cart INTEGER NOT NULL DEFAULT 0,
    dunning_enabled INTEGER NOT NULL DEFAULT 1,
    dunning_escalation_days INTEGER NOT NULL DEFAULT 7,
    -- Not cancel: it would end each wait for payday after 7 days.
    dunning_escalation TEXT NOT NULL DEFAULT 'none'
);

CREATE TABLE plans (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    interval TEXT NOT NULL,
    interval_count INTEGER NOT NULL,
    trial_days INTEGER NOT NULL,
    max_cycles INTEGER,
    archived_at TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX plans_by_age ON plans (created_at, id);

CREATE TABLE promo_codes (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    plan_id TEXT REFERENCES plans,
    discount_type TEXT NOT NULL,
    discount_value INTEGER NOT NULL,
    duration TEXT NOT NULL,
    duration_cycles INTEGER,
    max_redemptions INTEGER,
    redeemed_count INTEGER NOT NULL DEFAULT 0,
    active INTEGER NOT NULL DEFAULT 1,
    expires_at TEXT,
    created_at TEXT NOT NULL
);

CREATE TABLE payment_links (
    id TEXT PRIMARY KEY,
    plan_id TEXT NOT NULL REFERENCES plans,
    slug TEXT NOT NULL UNIQUE,
    active INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL
);

CREATE TABLE customers (
    id TEXT PRIMARY KEY,
    email TEXT COLLATE NOCASE,
    phone TEXT,
    name TEXT,
    merchant_ref TEXT UNIQUE,
    blacklisted INTEGER NOT NULL DEFAULT 0,
    blacklist_reason TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX customers_by_age ON customers (created_at, id);
CREATE INDEX customers_by_email ON customers (email);
CREATE INDEX customers_by_phone ON customers (phone);
CREATE INDEX customers_by_name ON customers (name COLLATE NOCASE);

CREATE TABLE cards (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    brand TEXT NOT NULL,
    last4 TEXT NOT NULL,
    exp_month INTEGER NOT NULL,
    exp_year INTEGER NOT NULL,
    is_default INTEGER NOT NULL,
    -- Whether the card replaced one that failed.
    is_replacement INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);
CREATE INDEX cards_of_customer ON cards (customer_id, created_at, id);

CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    plan_id TEXT NOT NULL REFERENCES plans,
    status TEXT NOT NULL,
    -- Terms at the time of purchase: an update of the plan does not change running subscriptions.
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    interval TEXT NOT NULL,
    interval_count INTEGER NOT NULL,
    max_cycles INTEGER,
    -- Start of the first paid period; its day of the month is the billing day.
    anchor TEXT NOT NULL,
    current_period_start TEXT,
    current_period_end TEXT,
    -- Price of the whole current period: what was paid for it, with credit, and with the plan changes within it.
    period_amount INTEGER NOT NULL DEFAULT 0,
    cancel_at_period_end INTEGER NOT NULL DEFAULT 0,
    scheduled_plan_id TEXT REFERENCES plans,
    cycles_completed INTEGER NOT NULL DEFAULT 0,
    credit INTEGER NOT NULL DEFAULT 0,
    metadata TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX subscriptions_by_status ON subscriptions (status);
CREATE INDEX subscriptions_of_customer ON subscriptions (customer_id, created_at, id);

CREATE TABLE invoices (
    id TEXT PRIMARY KEY,
    subscription_id TEXT REFERENCES subscriptions,
    customer_id TEXT NOT NULL REFERENCES customers,
    -- period, upgrade or sale
    kind TEXT NOT NULL,
    -- What is charged: the price without the credit that was used.
    amount INTEGER NOT NULL,
    credit_used INTEGER NOT NULL DEFAULT 0,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    period_start TEXT NOT NULL,
    period_end TEXT NOT NULL,
    paid_at TEXT,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX one_invoice_per_period ON invoices (subscription_id, period_start) WHERE kind = 'period';
CREATE INDEX invoices_of_subscription ON invoices (subscription_id) WHERE subscription_id IS NOT NULL;

CREATE TABLE transactions (
    id TEXT PRIMARY KEY,
    invoice_id TEXT NOT NULL REFERENCES invoices,
    customer_id TEXT NOT NULL REFERENCES customers,
    attempt INTEGER NOT NULL,
    status TEXT NOT NULL,
    amount INTEGER NOT NULL,
    rail TEXT NOT NULL,
    failure_code TEXT,
    reference TEXT,
    idempotency_key TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX transactions_by_age ON transactions (created_at);
CREATE INDEX transactions_by_status ON transactions (status, created_at);
CREATE INDEX transactions_of_customer ON transactions (customer_id, created_at, id);
CREATE INDEX transactions_of_invoice ON transactions (invoice_id);
CREATE UNIQUE INDEX one_success_per_invoice ON transactions (invoice_id) WHERE status = 'succeeded';

-- Outcomes of the next charges, in order. The subject is a customer's id or a checkout token. NULL is a success.
CREATE TABLE charge_scripts (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    category TEXT
);
CREATE INDEX charge_scripts_of_subject ON charge_scripts (subject, id);

-- NULL as the rail is any rail, and NULL as the number of times is without a limit.
CREATE TABLE charge_declines (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    category TEXT NOT NULL,
    rail TEXT,
    times_left INTEGER
);
CREATE INDEX charge_declines_of_subject ON charge_declines (subject, id);

-- Shares of failing charges, from 0 to 1. NULL is the seed of the sandbox.
CREATE TABLE failure_profile (
    category TEXT PRIMARY KEY,
    share REAL NOT NULL,
    seed TEXT
);

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    invoice_id TEXT NOT NULL REFERENCES invoices,
    subscription_id TEXT NOT NULL REFERENCES subscriptions,
    attempt INTEGER NOT NULL,
    category TEXT NOT NULL,
    action TEXT NOT NULL,
    rail TEXT,
    reason TEXT NOT NULL,
    next_at TEXT,
    at TEXT NOT NULL
);
CREATE INDEX decisions_of_invoice ON decisions (invoice_id);

-- Invoices whose renewal failed, each with its present state: at_risk, recovering, recovered or lost.
CREATE TABLE recoveries (
    invoice_id TEXT PRIMARY KEY REFERENCES invoices,
    state TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    started_at TEXT NOT NULL,
    changed_at TEXT NOT NULL
);
CREATE INDEX recoveries_by_state ON recoveries (state, changed_at);
-- Totals and sums over time read nothing but these indexes, in their order.
CREATE INDEX recovery_changes ON recoveries (currency, state, changed_at, amount);
CREATE INDEX recovery_starts ON recoveries (currency, started_at, amount);

CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    invoice_id TEXT NOT NULL REFERENCES invoices,
    customer_id TEXT NOT NULL REFERENCES customers,
    amount INTEGER NOT NULL,
    reason TEXT,
    idempotency_key TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX refunds_of_invoice ON refunds (invoice_id, created_at, id);

CREATE TABLE checkout_sessions (
    id TEXT PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    kind TEXT NOT NULL,
    -- Price of a period or of the sale, and what is due today: 0 for a trial, less with a promo code.
    price INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    plan_id TEXT REFERENCES plans,
    trial_days INTEGER NOT NULL DEFAULT 0,
    promo_code_id TEXT REFERENCES promo_codes,
    account_id TEXT REFERENCES accounts,
    customer_email TEXT,
    customer_phone TEXT,
    success_url TEXT,
    metadata TEXT,
    -- The latest payment: its customer, rail and key, what it created, and the category of its failure.
    customer_id TEXT REFERENCES customers,
    rail TEXT,
    payment_key TEXT,
    subscription_id TEXT REFERENCES subscriptions,
    invoice_id TEXT REFERENCES invoices,
    failure TEXT,
    expires_at TEXT NOT NULL,
    created_at TEXT NOT NULL
);

-- Redeemed promo codes. A discount without an end has NULL cycles.
CREATE TABLE discounts (
    subscription_id TEXT PRIMARY KEY REFERENCES subscriptions,
    promo_code_id TEXT NOT NULL REFERENCES promo_codes,
    cycles_left INTEGER,
    created_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE wallet_transactions (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts,
    session_id TEXT NOT NULL UNIQUE REFERENCES checkout_sessions,
    amount INTEGER NOT NULL,
    balance_after INTEGER NOT NULL,
    rail TEXT NOT NULL,
    memo TEXT NOT NULL,
    idempotency_key TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX wallet_transactions_by_age ON wallet_transactions (created_at);
CREATE INDEX wallet_transactions_of_account ON wallet_transactions (account_id, created_at, id);

-- The order of rowid is the order in which the events happened, also within one millisecond.
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    payload BLOB NOT NULL,
    -- Customer and subscription of the payload, if it has them.
    customer_id TEXT,
    subscription_id TEXT,
    dispatched_at TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX events_of_customer ON events (customer_id, created_at) WHERE customer_id IS NOT NULL;
-- In the order of rowid within a type, as pages need it.
CREATE INDEX events_by_type ON events (type);

CREATE TABLE endpoints (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- Event types that are delivered, as a JSON array. Empty for all.
    events TEXT NOT NULL,
    -- A removed endpoint stays, because attempts refer to it.
    removed_at TEXT,
    created_at TEXT NOT NULL
);

-- One row for each attempt to deliver an event to an endpoint. A pending attempt is still to be made.
-- The ids of withdrawn attempts are not used again, because their requests may be in progress.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL REFERENCES events,
    endpoint_id TEXT NOT NULL REFERENCES endpoints,
    attempt INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL DEFAULT 'pending',
    due_at TEXT NOT NULL,
    -- Kind of the fault that caused, moved or advanced the attempt.
    fault TEXT,
    status INTEGER,
    failure TEXT,
    response TEXT,
    -- Duro-Signature header that the attempt sent.
    signature TEXT,
    retry_at TEXT,
    at TEXT
);
CREATE UNIQUE INDEX pending_deliveries ON deliveries (event_id, endpoint_id) WHERE state = 'pending';
CREATE INDEX deliveries_by_due ON deliveries (state, due_at, id);
CREATE INDEX deliveries_of_endpoint ON deliveries (endpoint_id, due_at, id) WHERE state = 'pending';
CREATE INDEX deliveries_of_event ON deliveries (event_id, endpoint_id, attempt);

-- Totals of the ledger. Charges, top-ups and refunds are only ever added, so the triggers keep them complete.
CREATE TABLE ledger_totals (
    -- Status of the charges, or refunded.
    kind TEXT NOT NULL,
    currency TEXT NOT NULL,
    number INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (kind, currency)
) WITHOUT ROWID;

CREATE TRIGGER add_charge_to_totals AFTER INSERT ON transactions BEGIN
    INSERT INTO ledger_totals (kind, currency, number, amount)
    SELECT NEW.status, currency, 1, NEW.amount FROM invoices WHERE id = NEW.invoice_id
    ON CONFLICT (kind, currency) DO UPDATE SET number = number + 1, amount = amount + excluded.amount;
END;

CREATE TRIGGER add_top_up_to_totals AFTER INSERT ON wallet_transactions BEGIN
    INSERT INTO ledger_totals (kind, currency, number, amount) VALUES ('succeeded', 'NGN', 1, NEW.amount)
    ON CONFLICT (kind, currency) DO UPDATE SET number = number + 1, amount = amount + excluded.amount;
END;

CREATE TRIGGER add_refund_to_totals AFTER INSERT ON refunds BEGIN
    INSERT INTO ledger_totals (kind, currency, number, amount)
    SELECT 'refunded', currency, 1, NEW.amount FROM invoices WHERE id = NEW.invoice_id
    ON CONFLICT (kind, currency) DO UPDATE SET number = number + 1, amount = amount + excluded.amount;
END;
