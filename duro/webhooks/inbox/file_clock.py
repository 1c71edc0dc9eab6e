"""Clock of a SQLite file: seconds that no change of the system time moves.

Leases and retention must not end early, because an event would then be handled twice. A lease must also end,
because the event of a crashed worker would otherwise be lost. The system time (wall clock) serves neither: NTP,
a user or a resumed virtual machine can set it forward or back by any amount. These are the decisions:

* **Within one boot, time is the monotonic clock plus a difference that the file stores.** The monotonic clock
  never goes back, cannot be set, and is the same in all processes of a machine. The stored difference is
  read by all of them, so they agree on the time.
* **After a reboot, time continues at the last reading that the file stores.** The monotonic clock restarts then.
  A reboot is detected by another boot id or by a reading below the stored one. A file that was moved to another
  machine, or restored from a snapshot, is detected in the same way.
* **Time spent off or asleep does not count.** Retention therefore lasts longer in real time, never shorter.
  A lease measures the time in which its handler could run. (Linux also has ``CLOCK_BOOTTIME``, which counts sleep.
  It would end the leases of handlers that slept with their machine.)
* **The wall clock is read once, when the file is created**, so that times in the file look like timestamps.
  Nothing depends on it.
* **Readings are stored once a minute of use.** After a reboot, a lease can last up to a minute longer.

Limit: without a boot id, which only Linux provides, the host name takes its place. A file that is moved between
two machines of the same name then keeps its entries only if the monotonic clock of the second one is lower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3

    from ..._clock import Clock

__all__ = ["CREATE_TABLE", "FileTime", "read_time"]

_STORE_SECONDS: Final = 60.0

CREATE_TABLE: Final = """
CREATE TABLE IF NOT EXISTS duro_inbox_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),  -- one row
    boot TEXT NOT NULL,
    difference REAL NOT NULL,               -- of this clock to the monotonic one
    latest REAL NOT NULL                    -- last stored reading of this clock
)
"""
_FIND: Final = "SELECT boot, difference, latest FROM duro_inbox_clock"
_STORE: Final = "INSERT OR REPLACE INTO duro_inbox_clock VALUES (1, :boot, :difference, :latest)"


class FileTime(NamedTuple):
    """Reading of a file's clock.

    Attributes:
        now: Time in seconds.
        was_stored: Whether the reading was stored, which happens once a minute of use.
    """

    now: float
    was_stored: bool


def read_time(connection: sqlite3.Connection, clock: Clock, boot: str) -> FileTime:
    """Read the clock of a file.

    Args:
        connection: Connection inside a write transaction, so that no other process stores a later reading meanwhile.
        clock: Clock of this process.
        boot: Result of ``read_boot_id``.

    Returns:
        The time.
    """
    monotonic = clock.monotonic()
    row = connection.execute(_FIND).fetchone()
    if row is None:
        now = clock.wall()
    else:
        stored_boot, difference, latest = row
        now = monotonic + difference
        if stored_boot != boot or now < latest:
            now = latest
        elif now < latest + _STORE_SECONDS:
            return FileTime(now, was_stored=False)
    connection.execute(_STORE, {"boot": boot, "difference": now - monotonic, "latest": now})
    return FileTime(now, was_stored=True)
