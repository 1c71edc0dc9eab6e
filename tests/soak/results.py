"""What became of every write, kept in a file so that it takes no memory, and compared with the sandbox's ledger."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections import Counter
from enum import StrEnum

from stories import CHARGE, REFUND

from duro import errors


class Ending(StrEnum):
    """How a call ended, as its caller was told."""

    ANSWERED = "answered"
    UNDONE = "nothing was done"
    DOUBT = "in doubt"
    FAILED = "failed"

    @classmethod
    def of(cls, error, *, is_write):
        """Take an error at its word; what is not documented is raised on."""
        match error:
            case errors.OutcomeUnknownError() if is_write:
                return cls.DOUBT
            case errors.ConnectionFailedError() | errors.DeadlineExceededError():
                return cls.UNDONE
            case errors.TokenExchangeError() | errors.APIError():
                return cls.UNDONE
            case errors.TransportError() | errors.DecodingError() if not is_write:
                return cls.FAILED
        raise error


# These speak of the request itself, so that it is of no use to ask again under the key.
FINAL = (errors.BadRequestError, errors.NotFoundError, errors.ConflictError, errors.ValidationError)


class Books:
    """Writes down how each call ended; any thread may."""

    def __init__(self, path):
        self._file = path.open("w")
        self._path = path
        self._lock = threading.Lock()
        self.endings = Counter()
        self.longest = 0.0

    def note(self, act, key, first, last, seconds):
        with self._lock:
            self.endings[first] += 1
            self.longest = max(self.longest, seconds / act.pages)
            if act.is_write:
                self._file.write(f"{act.name}\t{key}\t{last}\n")

    def close(self):
        self._file.close()

    def differences(self, url):
        """Give what the sandbox's books say otherwise, at most a few of each kind."""
        said = {CHARGE: {}, REFUND: {}}
        for line in self._path.read_text().splitlines():
            name, key, ending = line.split("\t")
            if name in said:
                said[name][key] = ending
        found = []
        for name, page in ((CHARGE, "ledger"), (REFUND, "refunds")):
            with urllib.request.urlopen(f"{url}/_sandbox/{page}", timeout=60) as response:  # noqa: S310 - the sandbox's own
                done = Counter(entry["idempotencyKey"] for entry in json.load(response))
            for key, ending in said[name].items():
                expected = 1 if ending == Ending.ANSWERED else 0
                if done[key] != expected or ending == Ending.DOUBT:
                    found.append(f"{name} {key}: {ending}, but done {done[key]} times")
            found += [f"{name} {key}: nobody asked for it" for key in done.keys() - said[name].keys()]
            print(f"{name}: {len(said[name])} asked for, {done.total()} done")
        return found
