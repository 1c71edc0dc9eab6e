"""JSON control routes under ``/_sandbox``."""
