"""Who calls: credentials, the token exchange and its cache."""
