"""The one list of tasks: ``nox -s tests``, and so on; ``nox -l`` lists them."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

import nox

if sys.version_info < (3, 11):  # noqa: UP036 - nox itself runs on older ones, where every session could be skipped
    sys.exit("run nox with Python 3.11 or newer")

nox.needs_version = ">=2026.2.9"  # finds interpreters with python-discovery, which tries whether they run
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False  # under CI=true it would be True
nox.options.sessions = ["tests", "processes", "load", "contract", "lint", "types", "docs", "package"]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
if (running := f"{sys.version_info.major}.{sys.version_info.minor}") not in PYTHONS:
    # At least one Python is then always there: a run in which every session is skipped would pass.
    PYTHONS.append(running)

# A shim of pyenv fails for a version that is installed but not active; the interpreter behind it does not.
pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
behind_the_shims = [str(path) for version in PYTHONS for path in pyenv.glob(f"versions/{version}.*/bin")]
os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *behind_the_shims])

# Version 5 reads OpenAPI 3.1.
PRISM = "@stoplight/prism-cli@5"

# A file stays on one worker: the tests of a file may share a sandbox.
SIDE_BY_SIDE = ["-n", "2", "--dist", "loadfile"]


def group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PROJECT, name)


def run_pytest(session: nox.Session, marked: str) -> None:
    session.install("-e", ".[all]", *group("tests"))
    # Where it is set, each of the hundreds of processes that the tests start would compile all that it imports.
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    session.run("python", "-m", "pytest", *SIDE_BY_SIDE, "-m", marked, *session.posargs)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests that need no process of their own; what follows -- goes to pytest, here and elsewhere."""
    run_pytest(session, "not process and not load")


@nox.session(python=PYTHONS)
def processes(session: nox.Session) -> None:
    """Run the tests of programs: how they fork, are interrupted, are killed and end, and the command line."""
    run_pytest(session, "process and not load")


@nox.session
def load(session: nox.Session) -> None:
    """Run the tests that make thousands of calls."""
    run_pytest(session, "load")


@nox.session(python=PYTHONS[-1])
def coverage(session: nox.Session) -> None:
    """Tell which code no test runs."""
    session.install("-e", ".[all]", *group("tests"))
    session.env["COVERAGE_FILE"] = str(Path(session.create_tmp()).resolve() / "coverage")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *SIDE_BY_SIDE, "-m", "not load", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def contract(session: nox.Session) -> None:
    """Call every operation against Prism, which holds each request against the contract."""
    session.install("-e", ".[all]", *group("tests"), *group("contract"))
    place = Path(session.create_tmp()).resolve()
    session.run("npm", "install", "--prefix", str(place), "--no-fund", "--no-audit", "--loglevel=error", PRISM)
    session.env["PRISM"] = str(place / "node_modules" / ".bin" / "prism")
    session.run("python", "-m", "pytest", "tests/prism", "-n", "0", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and the floors of the packages."""
    session.install("-e", ".[all]", *group("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy and pyright, both strict."""
    session.install("-e", ".[all]", *group("types"))
    session.run("mypy")
    session.run("pyright")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning or a dead reference fails it."""
    session.install("-e", ".[all]", *group("docs"))
    session.run("sphinx-build", "-W", "-n", "--keep-going", "--quiet", "--fresh-env", "docs", "docs/_build/html")


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist and wheel, and use the wheel where the checkout cannot help."""
    session.install(*group("package"))
    with tempfile.TemporaryDirectory() as place:
        session.run("python", "-m", "build", "--outdir", place)
        (wheel,) = Path(place).glob("*.whl")
        names = ZipFile(wheel).namelist()
        if strangers := [name for name in names if not name.startswith(("duro/", "duro_sdk-"))]:
            session.error(f"the wheel also holds {strangers}")
        if "duro/py.typed" not in names:
            session.error("the wheel holds no py.typed")

        clean = Path(place) / "clean"
        session.run("virtualenv", "--quiet", str(clean))
        programs = clean / ("Scripts" if os.name == "nt" else "bin")
        session.chdir(place)
        python = str(programs / "python")
        session.run(python, "-m", "pip", "install", "--quiet", str(wheel), external=True)
        session.run(python, "-I", "-c", "import duro; print(duro.__file__, duro.Duro, duro.AsyncDuro)", external=True)
        session.run(python, "-m", "pip", "install", "--quiet", f"{wheel}[sandbox]", external=True)
        session.run(str(programs / "duro"), "--help", external=True)
        session.run(str(programs / "duro"), "quickstart", external=True)
        session.run(python, "-m", "pip", "check", external=True)


@nox.session
def floors(session: nox.Session) -> None:
    """Run the tests with the oldest packages that the metadata allows; for whoever changes a floor."""
    session.install("uv")
    oldest = ["uv", "pip", "install", "--resolution=lowest-direct", "--python", session.virtualenv.location]
    session.run(*oldest, "-e", ".[all]", *group("tests"))
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against peers in the same run; no part of passing or failing."""
    session.install("-e", ".[all]", *group("bench"))
    session.run("python", "-m", "pytest", "tests/benchmarks", "-s", "--timeout=600", *session.posargs)


@nox.session(python="3.13")
def fuzz(session: nox.Session) -> None:
    """Feed hostile bytes to each reader for a minute; for more: ``nox -s fuzz -- --seconds 300 --target token``.

    Without arguments, a million deliveries of webhooks follow.
    """
    session.install("-e", ".[all]", *group("fuzz"))
    session.run("python", "tests/fuzz", *session.posargs)
    if not session.posargs:
        session.env["FUZZ_CASES"] = "1000000"
        session.run("python", "-m", "pytest", "tests/webhooks/test_fuzz.py", "-s", "--timeout=1800")


@nox.session
def soak(session: nox.Session) -> None:
    """Let 200 tasks and 16 threads call under faults for ten minutes; for less: ``nox -s soak -- --minutes 2``."""
    session.install("-e", ".[sandbox]", *group("tests"))
    session.run("python", "tests/soak", *session.posargs)
