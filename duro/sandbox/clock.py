"""Time of the sandbox, stored in its database, and the API's timestamp format."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, TypeAlias, cast, get_args

from attrs import field, frozen

from .._checks import is_integer
from ..errors import ConfigurationError
from .storage.database import Database

__all__ = [
    "MAX_TIME",
    "Advance",
    "ClockMode",
    "ClockSettings",
    "SandboxClock",
    "parse_timestamp",
    "timestamp",
    "to_utc",
]

ClockMode: TypeAlias = Literal["real", "frozen"]

# Far before the last year that datetime supports, so that a billing period that starts today can always end.
MAX_TIME: Final = datetime(8000, 1, 1, tzinfo=UTC)


# Most conversions repeat one of the latest times: that of a unit of work, and those of its rows.
@lru_cache
def timestamp(moment: datetime) -> str:
    """Format a datetime as the API does.

    Args:
        moment: Aware datetime in UTC.

    Example:
        >>> timestamp(datetime(2026, 6, 28, 9, tzinfo=UTC))
        '2026-06-28T09:00:00.000Z'
    """
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache
def parse_timestamp(text: str) -> datetime:
    """Parse a timestamp in the API's format.

    Example:
        >>> parse_timestamp("2026-06-28T09:00:00.000Z")
        datetime.datetime(2026, 6, 28, 9, 0, tzinfo=datetime.timezone.utc)
    """
    return datetime.fromisoformat(text)


def to_utc(moment: datetime) -> datetime | None:
    """Return the same time in UTC, or ``None`` if it is outside of the years 1 to 9999 there.

    Args:
        moment: Aware datetime.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def _check_mode(mode: object) -> ClockMode:
    if mode not in get_args(ClockMode):
        raise ConfigurationError(f"clock must be 'real' or 'frozen', got {mode!r}; pass one of them")
    return cast("ClockMode", mode)


def _check_start(start: object) -> datetime | None:
    if start is None:
        return None
    if not isinstance(start, datetime) or start.tzinfo is None:
        got = "a naive one" if isinstance(start, datetime) else type(start).__name__
        raise ConfigurationError(f"start must be an aware datetime, got {got}; pass datetime(2026, 1, 31, tzinfo=UTC)")
    if start > MAX_TIME:
        raise ConfigurationError(f"start must be before the year {MAX_TIME.year}, got {start.year}; pass another")
    start = to_utc(start)
    if start is None:
        raise ConfigurationError("start must not be before the year 1 in UTC, got an earlier time; pass another")
    return start


def _check_seed(seed: object) -> int | None:
    if seed is not None and not is_integer(seed):
        raise ConfigurationError(f"seed must be an integer, got {type(seed).__name__}; pass a number such as 7")
    return seed


@frozen
class ClockSettings:
    """Validated settings of the time and the seed of a sandbox.

    Attributes:
        mode: ``real``, or ``frozen`` for a clock that moves by advances alone.
        start: Time of a new database. ``None`` is the present.
        seed: Seed of ids and outcomes. ``None`` is that of the database, or a random one.

    Raises:
        ConfigurationError: A setting is invalid.
    """

    mode: ClockMode = field(default="real", converter=_check_mode)
    start: datetime | None = field(default=None, converter=_check_start)
    seed: int | None = field(default=None, converter=_check_seed)


@frozen
class Advance:
    """Advance of the clock that has begun.

    Attributes:
        target: Latest time that it reaches.
        event_type: Type of the event that ends it earlier, if any.
        deliver: Whether it makes the deliveries that are due.
        last_event: Number of the latest event before it, which does not end it.
    """

    target: datetime
    event_type: str | None = None
    deliver: bool = True
    last_event: int = 0


class SandboxClock:
    """Clock that runs with real time, or stands still. An advance moves it from one due item to the next.

    The database stores the time. A database whose records are dated next month
    therefore opens with next month's time, and an advance that a kill
    interrupted is found again.

    Args:
        store: Database of the time.
        settings: Settings of the time.
    """

    def __init__(self, store: Database, settings: ClockSettings) -> None:
        self._mode: ClockMode = settings.mode
        self._start = settings.start
        self._offset = timedelta()
        # Set while the time does not run: always for a frozen clock, during an advance for the other.
        self._stopped_at: datetime | None = None
        self._advance: Advance | None = None
        with store.transaction() as db:
            self._load(db)

    @property
    def mode(self) -> ClockMode:
        """``real`` or ``frozen``."""
        return self._mode

    @property
    def unfinished(self) -> Advance | None:
        """Advance that has begun and has not ended, if any."""
        return self._advance

    def now(self) -> datetime:
        """Return the current time of the sandbox, as an aware datetime in UTC."""
        return self._stopped_at or datetime.now(UTC) + self._offset

    def begin(self, db: sqlite3.Connection, advance: Advance) -> None:
        """Stop the time, and store the target of an advance.

        Args:
            db: Open transaction.
            advance: Advance that begins.
        """
        self._advance = advance
        self._stopped_at = _truncate(self.now())
        self._save(db)

    def move_to(self, db: sqlite3.Connection, moment: datetime) -> None:
        """Move the stopped time forward. An earlier time is ignored.

        Args:
            db: Open transaction, whose effects happen at this time.
            moment: New time.
        """
        if self._stopped_at is None or moment <= self._stopped_at:
            return
        db.execute("UPDATE clock SET stopped_at = ?", (timestamp(moment),))
        self._stopped_at = moment

    def end(self, db: sqlite3.Connection) -> None:
        """End an advance. A clock of real time runs on from the time that was reached.

        Args:
            db: Open transaction.
        """
        self._advance = None
        if self._mode == "real" and self._stopped_at is not None:
            self._offset = self._stopped_at - datetime.now(UTC)
            self._stopped_at = None
        self._save(db)

    def reset(self, db: sqlite3.Connection) -> None:
        """Return to the start, in the transaction that clears all tables."""
        self._advance = None
        self._initialize(db)

    def _load(self, db: sqlite3.Connection) -> None:
        row = db.execute("SELECT * FROM clock").fetchone()
        if row is None:
            self._initialize(db)
            return
        self._offset = timedelta(seconds=row["offset_seconds"])
        if row["stopped_at"] is not None:
            self._stopped_at = parse_timestamp(row["stopped_at"])
        if row["target"] is not None:
            target = parse_timestamp(row["target"])
            self._advance = Advance(target, row["target_event"], bool(row["deliver"]), row["last_event"])
        elif self._mode == "frozen":
            self._stopped_at = _truncate(self.now())
            self._offset = timedelta()
            self._save(db)
        else:
            self.end(db)

    def _initialize(self, db: sqlite3.Connection) -> None:
        start, now = self._start, datetime.now(UTC)
        is_frozen = self._mode == "frozen"
        # A frozen clock does not have an offset, so that equal runs have equal records.
        self._offset = timedelta() if start is None or is_frozen else start - now
        self._stopped_at = _truncate(start or now) if is_frozen else None
        self._save(db)

    def _save(self, db: sqlite3.Connection) -> None:
        advance = self._advance
        db.execute("DELETE FROM clock")
        db.execute(
            "INSERT INTO clock (offset_seconds, stopped_at, target, target_event, deliver, last_event)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                self._offset.total_seconds(),
                self._stopped_at and timestamp(self._stopped_at),
                advance and timestamp(advance.target),
                advance and advance.event_type,
                None if advance is None else advance.deliver,
                None if advance is None else advance.last_event,
            ),
        )


def _truncate(moment: datetime) -> datetime:
    """Return the moment with whole milliseconds, as the database stores it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
