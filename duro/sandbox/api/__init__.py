"""HTTP layer of the API: dispatch, idempotency, pagination, and one module of operations for each tag."""
