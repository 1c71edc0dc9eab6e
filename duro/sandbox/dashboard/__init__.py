"""Dashboard of the sandbox: an HTML page under ``/_sandbox/``."""
