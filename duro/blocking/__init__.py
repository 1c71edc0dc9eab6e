"""The blocking facade: the asynchronous core, called through a portal."""
