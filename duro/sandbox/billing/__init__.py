"""Billing rules of the sandbox. They know no HTTP."""
