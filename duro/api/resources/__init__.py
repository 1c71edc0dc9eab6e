"""The operations, one module a tag of the contract."""
