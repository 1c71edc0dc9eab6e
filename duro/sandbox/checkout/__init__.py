"""Hosted checkout: the pages on which a customer pays a session."""
