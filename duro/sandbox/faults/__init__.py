"""Faults: which requests fail on purpose, how, and how often."""
