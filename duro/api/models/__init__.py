"""What the API answers: frozen classes, one module a tag of the contract."""
