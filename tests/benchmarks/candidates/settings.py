"""Settings that all clients of the benchmarks share."""

from __future__ import annotations

MAX_CONNECTIONS = 100
# A call may wait for its turn.
TIMEOUT_SECONDS = 60

SECRET_KEY = "sk_test_1"
OAUTH_CLIENT = {"client_id": "cid_test_1", "client_secret": "csec_test_1"}
CUSTOMER_ID = "cus_1"
PATH = f"/v1/customers/{CUSTOMER_ID}"
