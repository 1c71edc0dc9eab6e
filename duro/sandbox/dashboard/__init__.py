"""Dashboard of the sandbox: HTML pages under ``/_sandbox/``."""
