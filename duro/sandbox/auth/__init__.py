"""Authentication: credentials, sessions, one-time passwords and accounts."""
