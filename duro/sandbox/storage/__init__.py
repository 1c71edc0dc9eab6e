"""Storage: one SQLite database for each sandbox."""
