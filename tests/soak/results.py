"""Results of all writes, compared with the sandbox's ledger. They are kept in a file, so that they use no memory."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections import Counter
from enum import StrEnum

from duro import errors

from .workloads import CHARGE, REFUND


class Result(StrEnum):
    """Result of a call, as its caller sees it."""

    SUCCESS = "success"
    NOT_PROCESSED = "not processed"
    IN_DOUBT = "in doubt"
    FAILED = "failed"

    @classmethod
    def of(cls, error, *, is_write):
        """Return the result that an error documents. Raise an error that has no documented result."""
        match error:
            case errors.OutcomeUnknownError() if is_write:
                return cls.IN_DOUBT
            case errors.ConnectionFailedError() | errors.DeadlineExceededError():
                return cls.NOT_PROCESSED
            case errors.TokenExchangeError() | errors.APIError():
                return cls.NOT_PROCESSED
            case errors.TransportError() | errors.DecodingError() if not is_write:
                return cls.FAILED
        raise error


# The request itself is wrong, so repeating it under the key cannot succeed.
PERMANENT_ERRORS = (errors.BadRequestError, errors.NotFoundError, errors.ConflictError, errors.ValidationError)


class Results:
    """Record of the result of each call; safe for threads."""

    def __init__(self, path):
        self._file = path.open("w")
        self._path = path
        self._lock = threading.Lock()
        self.counts = Counter()
        self.longest = 0.0

    def record(self, call, key, first, last, seconds):
        with self._lock:
            self.counts[first] += 1
            self.longest = max(self.longest, seconds / call.pages)
            if call.is_write:
                self._file.write(f"{call.name}\t{key}\t{last}\n")

    def close(self):
        self._file.close()

    def find_differences(self, url):
        """Compare the results of charges and refunds with the sandbox's ledger, and return all differences."""
        expected = {CHARGE: {}, REFUND: {}}
        for line in self._path.read_text().splitlines():
            name, key, result = line.split("\t")
            if name in expected:
                expected[name][key] = result
        differences = []
        for name, page in ((CHARGE, "ledger"), (REFUND, "refunds")):
            with urllib.request.urlopen(f"{url}/_sandbox/{page}", timeout=60) as response:  # noqa: S310 - the sandbox's own URL
                processed = Counter(entry["idempotencyKey"] for entry in json.load(response))
            for key, result in expected[name].items():
                times = 1 if result == Result.SUCCESS else 0
                if processed[key] != times or result == Result.IN_DOUBT:
                    differences.append(f"{name} {key}: {result}, but processed {processed[key]} times")
            differences += [
                f"{name} {key}: processed without a call" for key in processed.keys() - expected[name].keys()
            ]
            print(f"{name}: {len(expected[name])} calls, {processed.total()} processed")
        return differences
