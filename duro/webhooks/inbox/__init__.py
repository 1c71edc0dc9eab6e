"""Inboxes: what has been handled already, so that a repeated delivery is dropped."""
