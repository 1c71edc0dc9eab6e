"""Time limits that several tests share."""

from __future__ import annotations

# Seconds. Generous, because the tests share two cores with other work. A test that measures time has its own limits.
TIMEOUT = 30

# Seconds for a program that a test runs to its end. It imports many modules, and may start programs of its own.
PROGRAM_TIMEOUT = 120
