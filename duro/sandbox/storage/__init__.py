"""SQLite storage of the sandbox."""
