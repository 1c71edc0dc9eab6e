"""Credentials, sessions and one-time passwords of the sandbox."""
