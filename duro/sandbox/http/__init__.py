"""HTTP server of the sandbox, and its ASGI middleware."""
