"""Blocking facade of the asynchronous core."""
