"""Inboxes: records of handled events, so that a repeated delivery is dropped."""
