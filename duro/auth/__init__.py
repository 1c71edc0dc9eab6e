"""Authentication: credentials, the token exchange and the token cache."""
