"""The tables of a sandbox.

Times are texts as the API writes them, so they sort as they stand and leave
without a conversion. Lists walk backwards through ``(created_at, id)``.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SCHEMA", "SCHEMA_VERSION", "TABLES"]

# Raised with every change below: a file written by another version is refused, not misread.
SCHEMA_VERSION: Final = 1

TABLES: Final = (
    "transactions",
    "invoices",
    "subscriptions",
    "customers",
    "plans",
    "idempotency",
    "tokens",
    "clock",
)

SCHEMA: Final = """
CREATE TABLE clock (
    offset_seconds REAL NOT NULL
);

CREATE TABLE tokens (
    digest BLOB PRIMARY KEY,
    expires_at TEXT NOT NULL
);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE idempotency (
    key TEXT PRIMARY KEY,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

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

CREATE TABLE customers (
    id TEXT PRIMARY KEY,
    email TEXT,
    phone TEXT,
    name TEXT,
    merchant_ref TEXT UNIQUE,
    blacklisted INTEGER NOT NULL DEFAULT 0,
    blacklist_reason TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX customers_by_age ON customers (created_at, id);

CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    plan_id TEXT NOT NULL REFERENCES plans,
    status TEXT NOT NULL,
    current_period_start TEXT,
    current_period_end TEXT,
    cancel_at_period_end INTEGER NOT NULL DEFAULT 0,
    cycles_completed INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);
CREATE INDEX subscriptions_of_customer ON subscriptions (customer_id, created_at, id);

CREATE TABLE invoices (
    id TEXT PRIMARY KEY,
    subscription_id TEXT NOT NULL REFERENCES subscriptions,
    customer_id TEXT NOT NULL REFERENCES customers,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    period_start TEXT NOT NULL,
    period_end TEXT NOT NULL,
    paid_at TEXT,
    created_at TEXT NOT NULL
);

CREATE TABLE transactions (
    id TEXT PRIMARY KEY,
    invoice_id TEXT NOT NULL REFERENCES invoices,
    customer_id TEXT NOT NULL REFERENCES customers,
    status TEXT NOT NULL,
    amount INTEGER NOT NULL,
    rail TEXT NOT NULL,
    failure_code TEXT,
    reference TEXT,
    idempotency_key TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX transactions_of_customer ON transactions (customer_id, created_at, id);
CREATE INDEX transactions_of_invoice ON transactions (invoice_id, created_at, id);
"""
