"""Program that prints the seconds of a statement in a new interpreter."""

from __future__ import annotations

import sys
import time


def main():
    statement, url = sys.argv[1:]
    code = compile(statement, "<statement>", "exec")
    begin = time.perf_counter()
    exec(code, {"url": url})  # noqa: S102 - statement of the benchmarks
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
