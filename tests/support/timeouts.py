"""Time limits that several tests share."""

from __future__ import annotations

# Seconds. Generous, because the tests share two cores with other work. A test that measures time has its own limits.
TIMEOUT = 30
