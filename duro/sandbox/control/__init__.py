"""Control of a sandbox: JSON routes under ``/_sandbox``, and its records as attributes."""
