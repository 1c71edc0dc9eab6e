"""Detection of calls of the package that block an asyncio event loop, with blockbuster.

A call is a finding if a loop runs in its thread and the innermost frame of this project is one of ``duro``:

* **Frames of the tests.** A test may block its own loop. A handler or a transport of a test may, too.
* **Frames of the sandbox.** It has a loop and a thread of its own, and runs each request in one transaction of a
  SQLite database in memory. It waits there by design, and blocks nobody else.
* **The blocking client and the other blocking methods.** A notebook calls them on a running loop. They block it by
  design. The portal, which runs their work, is checked like any other loop.
* **The import of coredis.** The constructor of an inbox on Redis does it, so that no delivery waits for it.
* **The function that a user passes as** ``transport=``. It must run on the loop. An ``httpx.AsyncClient`` that it
  creates reads the certificate authorities.
* **Log handlers.** The program installs them, and decides whether they write files.
* **The lock of coverage.** Its tracer takes it when a thread measures a file for the first time.

Findings are recorded as well as raised, because the pipeline turns every exception of a transport into an error of its
own. blockbuster knows asyncio and not trio. The package runs the same code on both.

A contended ``with lock:`` is not detected. Such locks are held for microseconds, and a test of their contention would
fail at random.
"""

from __future__ import annotations

import builtins
import io
import os
import socket
import sqlite3
import ssl
import sys
import threading
import traceback
from contextlib import contextmanager
from pathlib import Path

import coverage
from blockbuster import BlockBuster, BlockBusterFunction

import duro

PACKAGE = str(Path(duro.__file__).parent) + os.sep
TESTS = str(Path(__file__).parents[1]) + os.sep
SANDBOX = PACKAGE + "sandbox" + os.sep
# It reads source files when a line of a new file runs.
COVERAGE = str(Path(coverage.__file__).parent)

# Functions that block by design, or that call functions of the user.
BLOCKING_API = {
    str(Path(PACKAGE, "_redis", "connections.py")): {"_import_coredis"},
    str(Path(PACKAGE, "blocking", "portal.py")): {"run", "_running_thread"},
    str(Path(PACKAGE, "http", "transport", "factory.py")): {"_create_of_user"},
}

# Ends of the paths of files outside the package, and the functions in them that may block.
MAY_BLOCK = [
    ("logging/__init__.py", {"callHandlers"}),
    ("_pytest/assertion/rewrite.py", {"exec_module"}),  # pytest imports the modules of its plugins
]

# blockbuster 1.5 does not wrap these.
_FURTHER_FUNCTIONS = (
    (builtins, "open"),
    (io, "open"),
    (os, "fsync"),
    (os, "lstat"),
    (os, "open"),
    (socket, "getaddrinfo"),
    (socket, "gethostbyaddr"),
    (socket, "gethostbyname"),
    (sqlite3, "connect"),
    (ssl.SSLContext, "load_cert_chain"),
    (ssl.SSLContext, "load_default_certs"),
    (ssl.SSLContext, "load_verify_locations"),
    (ssl.SSLContext, "set_default_verify_paths"),
    (threading.Thread, "join"),
)


class BlockingCalls:
    """Blocking calls of this process.

    Attributes:
        findings: Descriptions of the calls since the last ``take``.
    """

    def __init__(self):
        self.findings = []
        self._functions = list(BlockBuster().functions.values())
        self._functions += [BlockBusterFunction(owner, name) for owner, name in _FURTHER_FUNCTIONS]
        for function in self._functions:
            function.can_block_predicate = self._create_predicate(function)

    def activate(self):
        for function in self._functions:
            function.activate()

    def deactivate(self):
        for function in self._functions:
            function.deactivate()

    def take(self):
        """Return the findings, and forget them."""
        found, self.findings = self.findings, []
        return found

    @contextmanager
    def expect(self):
        """Collect the findings of a block in a list of its own, for the tests of this module."""
        outer, self.findings = self.findings, []
        try:
            yield self.findings
        finally:
            self.findings = outer

    def _create_predicate(self, function):
        may_block = function.can_block_predicate

        def predicate(*args, **kwargs):
            if may_block(*args, **kwargs) or _is_lock_of_coverage(*args):
                return True
            # Above this frame is that of blockbuster's wrapper, and above it that of the caller.
            caller = sys._getframe(2)
            place = _find_blocking_frame(caller, [*MAY_BLOCK, *function.can_block_functions])
            if place is None:
                return True
            self.findings.append(f"{place}: {function.full_name}\n{_format_stack(caller)}")
            return False

        return predicate


def _is_lock_of_coverage(owner=None, *_):
    """Return whether coverage's tracer takes a lock of its own, which it does in C and so without a frame."""
    measurement = coverage.Coverage.current()
    return measurement is not None and owner is not None and owner is measurement._collector.data_lock


def _find_blocking_frame(frame, allowed):
    """Return the line of ``duro`` that blocks the loop, ``None`` if it may or if it is no line of ``duro``."""
    place = None
    while frame is not None:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        if path.startswith(SANDBOX) or any(path.endswith(end) and name in names for end, names in allowed):
            return None
        if name in BLOCKING_API.get(path, ()):
            return None
        if place is None:
            if path.startswith((TESTS, COVERAGE)):
                return None
            if path.startswith(PACKAGE):
                place = f"duro/{path.removeprefix(PACKAGE)}:{frame.f_lineno} in {name}"
        frame = frame.f_back
    return place


def _format_stack(frame):
    return "".join(traceback.format_list(traceback.StackSummary.extract(traceback.walk_stack(frame), limit=12)))
