"""Operations of the sandbox: dispatch, idempotency, pagination, one module a tag."""
