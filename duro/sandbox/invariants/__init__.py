"""Invariants of billing, which a strict sandbox checks before each commit."""
