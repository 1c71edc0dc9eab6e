"""HTTP server of the sandbox."""
