"""Token store in a folder, for the processes of one machine.

* **Each key has one file**, which is replaced as a whole: a temporary file is written and renamed. A process that is
  killed leaves the old content or the new one. The temporary file has a fixed name, so at most one is left.
* **The file is not synchronized to the disk** (``fsync``). A killed process does not lose what it wrote. After a power
  failure the file may be empty or damaged, and the client then replaces it. Waiting for the disk would slow down each
  exchange, to save at most one.
* **Changes happen under a lock of the operating system**, which ends with its process. Reads work without it, and so do
  processes that see that another one holds the lease.
* **A folder that others can write to is not used.** They could replace the files. They could not read a token.
* **All file operations run in worker threads**, because a disk can be slow. A thread whose operation was cancelled
  does not change the file any more, so that a lease always has an owner.
"""

from __future__ import annotations

import os
import stat
import time
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import anyio.to_thread

from ..._boot_id import read_boot_id
from ..._clock import Clock
from ..._secrets import RedactedStr
from ...errors import ConfigurationError
from .extras import CIPHER_MODULES, load_modules
from .file_entry import FileEntry, FileTimer, MachineClock
from .protocol import StoredToken, TokenStoreError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FileTokenStore"]

T = TypeVar("T")

# The client stops waiting earlier. This bounds the threads that continue.
LOCK_SECONDS: Final = 1.0
_LOCK_POLL_SECONDS: Final = 0.005
_MAX_FILE_BYTES: Final = 65_536
# On Windows, a file cannot be replaced while another process reads it.
_REPLACE_ATTEMPTS: Final = 20
_REPLACE_PAUSE_SECONDS: Final = 0.005


class FileTokenStore:
    """Token store in a folder on a local disk, for the processes of one machine and one user.

    Args:
        folder: Absolute path of the folder, which is created if necessary.
            Default: the cache folder of the platform.

    Raises:
        ConfigurationError: The path is not absolute, or a package of the extra ``file-store`` is missing.

    Example:
        >>> FileTokenStore("/var/cache/shop/tokens")
        FileTokenStore('/var/cache/shop/tokens')
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        load_modules(*CIPHER_MODULES, "filelock", "platformdirs", extra="file-store")
        self._folder = _find_cache_folder() if folder is None else _check_folder(folder)
        self._clock = Clock()
        self._boot: str | None = None

    async def read(self, key: str) -> StoredToken | None:
        """Return the token of a key, ``None`` without a valid one."""

        def work(_: Callable[[], bool]) -> StoredToken | None:
            now = self._read_clock()
            return self._read_entry(key, now).token(now)

        return await _run_in_thread(work)

    async def acquire(self, key: str, owner: str, seconds: float) -> bool:
        """Acquire the lease of a key for a number of seconds, and return whether the owner now holds it."""

        def change(entry: FileEntry, now: MachineClock) -> tuple[FileEntry | None, bool]:
            if entry.is_leased(now):
                return None, False
            return entry.with_lease(owner, FileTimer(now, seconds)), True

        def work(is_abandoned: Callable[[], bool]) -> bool:
            now = self._read_clock()
            # Without a lock, so that many waiting processes do not delay the holder.
            if self._read_entry(key, now).is_leased(now):
                return False
            return self._change(key, change, is_abandoned)

        return await _run_in_thread(work)

    async def write(self, key: str, owner: str, payload: bytes, seconds: float) -> int | None:
        """Replace the token and release the lease, and return the generation, ``None`` if the lease was lost."""

        def change(entry: FileEntry, now: MachineClock) -> tuple[FileEntry | None, int | None]:
            if not entry.is_leased_by(owner, now):
                return None, None
            return entry.with_token(payload, FileTimer(now, seconds)), entry.generation + 1

        return await _run_in_thread(partial(self._change, key, change))

    async def release(self, key: str, owner: str) -> None:
        """Release the lease if the owner still holds it."""

        def change(entry: FileEntry, now: MachineClock) -> tuple[FileEntry | None, None]:
            return (entry.without_lease() if entry.is_leased_by(owner, now) else None), None

        await _run_in_thread(partial(self._change, key, change))

    async def discard(self, key: str, generation: int) -> bool:
        """Remove the token if it still has this generation, and return whether it was removed."""

        def change(entry: FileEntry, now: MachineClock) -> tuple[FileEntry | None, bool]:
            if entry.generation != generation or entry.token(now) is None:
                return None, False
            return entry.without_token(), True

        def work(is_abandoned: Callable[[], bool]) -> bool:
            now = self._read_clock()
            # Without a lock, because all processes discard a token that was revoked.
            if change(self._read_entry(key, now), now) == (None, False):
                return False
            return self._change(key, change, is_abandoned)

        return await _run_in_thread(work)

    async def aclose(self) -> None:
        """Do nothing, because files are closed after each operation."""

    def _change(
        self,
        key: str,
        change: Callable[[FileEntry, MachineClock], tuple[FileEntry | None, T]],
        is_abandoned: Callable[[], bool],
    ) -> T:
        """Change the file of a key under its lock.

        Args:
            key: Key of the token.
            change: Function that returns the new entry, ``None`` to keep the present one, and a result.
            is_abandoned: Function that returns whether the operation was cancelled.

        Returns:
            The result.
        """
        from filelock import FileLock

        self._create_folder()
        lock = FileLock(
            self._folder / f"{key}.lock",
            timeout=LOCK_SECONDS,
            poll_interval=_LOCK_POLL_SECONDS,
            mode=0o600,
            thread_local=False,
            fallback_to_soft=False,  # a lock that outlives a killed process
            preserve_lock_file=True,
        )
        with lock:
            if is_abandoned():
                raise TokenStoreError("the operation was abandoned")
            now = self._read_clock()
            entry, result = change(self._read_entry(key, now), now)
            if entry is not None:
                self._replace(key, entry.to_bytes())
        return result

    def _read_clock(self) -> MachineClock:
        if self._boot is None:
            self._boot = read_boot_id()
        return MachineClock.read(self._clock, self._boot)

    def _read_entry(self, key: str, now: MachineClock) -> FileEntry:
        try:
            with (self._folder / key).open("rb") as file:
                return FileEntry.from_bytes(file.read(_MAX_FILE_BYTES), now)
        except FileNotFoundError:
            return FileEntry()

    def _replace(self, key: str, content: bytes) -> None:
        temporary = self._folder / f"{key}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(content)
        for attempt in range(1, _REPLACE_ATTEMPTS + 1):
            try:
                temporary.replace(self._folder / key)
            except PermissionError:
                if os.name != "nt" or attempt == _REPLACE_ATTEMPTS:
                    raise
                time.sleep(_REPLACE_PAUSE_SECONDS)
            else:
                return

    def _create_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "nt":
            # Windows has access control lists, which the folder inherits.
            return
        status = self._folder.stat()
        if status.st_uid != os.geteuid():
            raise TokenStoreError("its folder belongs to another user; pass a folder of this user")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise TokenStoreError("its folder is writable for other users; set its mode to 0700")

    def __repr__(self) -> str:
        return f"FileTokenStore({os.fspath(self._folder)!r})"


def _find_cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("duro", appauthor=False) / "tokens"


def _check_folder(folder: str | os.PathLike[str]) -> Path:
    if not isinstance(folder, str | os.PathLike):
        raise ConfigurationError(f"folder must be a path, got {type(folder).__name__}; pass an absolute path")
    path = Path(folder).expanduser()
    if not path.is_absolute():
        raise ConfigurationError(f"folder must be an absolute path, got {RedactedStr(path)!r}; write it in full")
    return path


async def _run_in_thread(work: Callable[[Callable[[], bool]], T]) -> T:
    """Run a function in a worker thread, with a function that returns whether the operation was cancelled."""
    abandoned = Event()
    try:
        # A limiter of its own, because the shared one may be exhausted by threads that wait for this client.
        return await anyio.to_thread.run_sync(
            work, abandoned.is_set, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1)
        )
    except anyio.get_cancelled_exc_class():
        abandoned.set()
        raise
