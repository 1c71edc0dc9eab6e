"""Feed hostile bytes to the readers, led by coverage: ``nox -s fuzz``.

The first input that a reader does not stand ends it with an error that shows the input.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["duro", "cattrs", "email"]):
    from targets import TARGETS

from seeds import SEEDS, WORDS

MEMORY_MIB = 512
# One input, with the instrumentation, on a machine that does other things as well.
SECONDS_PER_INPUT = 10
LONGEST_INPUT = 4_096


def main():
    parser = argparse.ArgumentParser(prog="nox -s fuzz --")
    parser.add_argument("--target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.corpus is not None:
        fuzz(arguments.target, arguments.seconds, arguments.corpus)
    for target in [arguments.target] if arguments.target else TARGETS:
        print(f"\n{target}: {TARGETS[target].__doc__}", flush=True)
        with tempfile.TemporaryDirectory(prefix=f"fuzz-{target}-") as corpus:
            # A process each: the fuzzer ends the one that it runs in.
            options = ["--target", target, "--seconds", str(arguments.seconds), "--corpus", corpus]
            if subprocess.run([sys.executable, str(Path(__file__).parent), *options], check=False).returncode:
                sys.exit(f"{target} does not stand the input above")


def fuzz(target, seconds, corpus):
    """Run one target; does not return."""
    logging.disable()
    for number, seed in enumerate(SEEDS[target]):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = corpus / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS))
    options = {
        "max_total_time": seconds,
        "rss_limit_mb": MEMORY_MIB,
        "timeout": SECONDS_PER_INPUT,
        "max_len": LONGEST_INPUT,
        "dict": words,
        "artifact_prefix": f"{corpus}/",
        "print_final_stats": 1,
    }
    atheris.Setup([sys.argv[0], str(corpus), *(f"-{name}={value}" for name, value in options.items())], TARGETS[target])
    atheris.Fuzz()


def _escaped(word):
    return word.replace("\\", "\\\\").replace('"', '\\"')


if __name__ == "__main__":
    main()
