"""Coverage-guided fuzzing of the parsers: ``nox -s fuzz``.

The first input that breaks a parser ends the run, and the error shows the input.
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
    from .targets import TARGETS

from .seeds import DICTIONARY, SEEDS

ROOT = Path(__file__).parents[2]
MAX_MEMORY_MIB = 512
# Generous, because the instrumentation is slow and the machine may be busy.
MAX_SECONDS_PER_INPUT = 10
MAX_INPUT_BYTES = 4_096


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
            # Each target gets a process of its own, because the fuzzer ends the process.
            options = ["--target", target, "--seconds", str(arguments.seconds), "--corpus", corpus]
            if subprocess.run([sys.executable, "-m", "tests.fuzz", *options], cwd=ROOT, check=False).returncode:
                sys.exit(f"{target} failed with the input above")


def fuzz(target, seconds, corpus):
    """Run one target. This function does not return."""
    logging.disable()
    for number, seed in enumerate(SEEDS[target]):
        (corpus / f"seed-{number}").write_bytes(seed)
    dictionary = corpus / "dictionary"
    dictionary.write_text("".join(f'"{_escape(word)}"\n' for word in DICTIONARY))
    options = {
        "max_total_time": seconds,
        "rss_limit_mb": MAX_MEMORY_MIB,
        "timeout": MAX_SECONDS_PER_INPUT,
        "max_len": MAX_INPUT_BYTES,
        "dict": dictionary,
        "artifact_prefix": f"{corpus}/",
        "print_final_stats": 1,
    }
    atheris.Setup([sys.argv[0], str(corpus), *(f"-{name}={value}" for name, value in options.items())], TARGETS[target])
    atheris.Fuzz()


def _escape(word):
    return word.replace("\\", "\\\\").replace('"', '\\"')


if __name__ == "__main__":
    main()
