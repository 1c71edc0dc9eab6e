"""Tasks of the project. ``nox -l`` lists them, and ``nox -s tests`` runs one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

import nox

if sys.version_info < (3, 11):  # noqa: UP036 - nox runs on older versions, where it would skip every session
    sys.exit("run nox with Python 3.11 or newer")

nox.needs_version = ">=2026.2.9"  # ignores interpreters that it finds but that do not run
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False  # CI=true sets it to True
CHECKS = ["lint", "types", "docs", "package"]
nox.options.sessions = ["tests", "slow", "processes", "load", "transports", "contract", *CHECKS]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
if (running := f"{sys.version_info.major}.{sys.version_info.minor}") not in PYTHONS:
    # A run that skips every session would pass, so the running Python is always in the list.
    PYTHONS.append(running)

# A pyenv shim fails for a version that is installed but not active. The interpreter itself works.
pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
interpreters = [str(path) for version in PYTHONS for path in pyenv.glob(f"versions/{version}.*/bin")]
os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *interpreters])

# Packages of npm. Version 5 of Prism supports OpenAPI 3.1.
PRISM = "@stoplight/prism-cli@5"
AXE = "axe-core@4"

# Programs of the sessions, and the Debian packages that contain them.
BROWSER = {"chromium": "chromium"}
GATEWAYS = {"nginx": "nginx-light", "haproxy": "haproxy"}
PROFILERS = {"valgrind": "valgrind"}
REDIS = {"redis-server": "redis-server", "redis-sentinel": "redis-sentinel", "redis-cli": "redis-tools"}
CLOCKS = {"faketime": "faketime"}

# Each worker begins with one half of the tests, and the first that ends gets tests of the other one.
PARALLEL = ["-n", "2", "--dist", "worksteal"]


def group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PROJECT, name)


def run_pytest(session: nox.Session, markers: str) -> None:
    session.install("-e", ".[all]", *group("tests"))
    # If it were set, each subprocess of the tests would compile every module that it imports.
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    session.run("python", "-m", "pytest", *PARALLEL, "-m", markers, *session.posargs)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the quick tests, none of which starts a subprocess. All sessions pass arguments after ``--`` on."""
    run_pytest(session, "not process and not load and not matrix and not slow")


@nox.session(python=PYTHONS)
def processes(session: nox.Session) -> None:
    """Run the tests that start subprocesses: fork, signals, exit, and the command line."""
    run_pytest(session, "process and not load")


@nox.session
def load(session: nox.Session) -> None:
    """Run the tests that make thousands of calls."""
    run_pytest(session, "load and not alone")


@nox.session(python=PYTHONS)
def slow(session: nox.Session) -> None:
    """Run the slowest tests, and those that run one scenario in hundreds of combinations."""
    run_pytest(session, "(slow or matrix) and not process and not load")


@nox.session
def restarts(session: nox.Session) -> None:
    """Measure calls through a proxy that restarts in each second. The result depends on the speed of the machine."""
    session.install("-e", ".[all]", *group("tests"))
    session.run("python", "-m", "pytest", "-n", "0", "-m", "load and alone", *session.posargs)


@nox.session(python=PYTHONS[-1])
def coverage(session: nox.Session) -> None:
    """Measure the branch coverage of the tests, subprocesses included, and fail below the minimum."""
    install_programs(session, REDIS)
    session.install("-e", ".[all]", *group("tests"))
    session.env["COVERAGE_FILE"] = str(Path(session.create_tmp()).resolve() / "coverage")
    session.run("coverage", "erase")
    # Two runs, because pytest ignores a folder within another one that it was given.
    for folder in ("tests", "tests/fleet"):
        markers = ("-m", "not load and not alone")
        session.run("coverage", "run", "-m", "pytest", folder, *PARALLEL, *markers, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def transports(session: nox.Session) -> None:
    """Run the tests of failures and secrets with aiohttp and with httpx2 as the default transport."""
    session.install("-e", ".[all]", *group("tests"))
    for transport in ("aiohttp", "httpx2"):
        session.run(
            *("python", "-m", "pytest", *PARALLEL, "--transport", transport, "-m", "not process and not load"),
            *("tests/security", "tests/failures/test_hostile_responses.py", "tests/failures/test_threads.py"),
            *("tests/http/test_deadlines.py", "tests/http/test_pipeline.py"),
            *session.posargs,
        )


@nox.session
def contract(session: nox.Session) -> None:
    """Validate the requests of the clients with Prism, and the responses of the sandbox with schemathesis."""
    session.install("-e", ".[all]", *group("tests"), *group("contract"))
    session.env["PRISM"] = str(install_from_npm(session, PRISM) / ".bin" / "prism")
    session.run("python", "-m", "pytest", "tests/prism", "-n", "0", *session.posargs)
    session.run("python", "-m", "tests.served_contract")


@nox.session
def browser(session: nox.Session) -> None:
    """Use checkout and dashboard in Chromium. ``nox -s browser -- --screenshots`` also renews ``docs/pictures``."""
    install_programs(session, BROWSER)
    session.install("-e", ".[all]", *group("tests"), *group("browser"))
    session.env["AXE"] = str(install_from_npm(session, AXE) / "axe-core" / "axe.min.js")
    session.run("python", "-m", "pytest", "tests/browser", *PARALLEL, *session.posargs)


def install_from_npm(session: nox.Session, package: str) -> Path:
    """Install a package of npm, and return the folder of the modules."""
    directory = Path(session.create_tmp()).resolve()
    session.run("npm", "install", "--prefix", str(directory), "--no-fund", "--no-audit", "--loglevel=error", package)
    return directory / "node_modules"


@nox.session
def gateways(session: nox.Session) -> None:
    """Make writes through nginx and HAProxy that are restarted, and read their error pages."""
    install_programs(session, GATEWAYS)
    session.install("-e", ".[all]", *group("tests"))
    session.run("python", "-m", "pytest", "tests/gateways", "-n", "2", *session.posargs)


@nox.session
def fleet(session: nox.Session) -> None:
    """Share tokens and events through Redis and Valkey servers that are paused, killed and failed over."""
    install_programs(session, REDIS | CLOCKS)
    session.install("-e", ".[all]", *group("tests"))
    # Coverage runs the others. These count exchanges and measure delays of many processes, and so need the processor.
    session.run("python", "-m", "pytest", "tests/fleet", "-n", "0", "-m", "alone or load", *session.posargs)


def install_programs(session: nox.Session, programs: dict[str, str]) -> None:
    """Install the Debian packages of missing programs. ``programs`` contains the package of each program."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin"])
    packages = [package for program, package in programs.items() if not shutil.which(program, path=path)]
    if not packages:
        return
    root = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if not shutil.which("apt-get") or (root and not shutil.which("sudo")):
        session.error(f"{' and '.join(packages)} must be installed; install them, or run as root on Debian or Ubuntu")
    session.run(*root, "sh", ".ci/install-packages", *packages, external=True)


@nox.session(python=PYTHONS[-1])
def budgets(session: nox.Session) -> None:
    """Count the functions, memory blocks and instructions of operations, and fail above a budget."""
    install_programs(session, PROFILERS)
    # Without uvloop, whose functions are not counted.
    session.install("-e", ".[aiohttp]", *group("tests"))
    session.run("python", "-m", "tests.budgets", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, spelling, import rules, metadata and workflows."""
    session.install("-e", ".[all]", *group("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("lint-imports", "--no-cache")
    session.run("validate-pyproject", "pyproject.toml")
    schemas = {
        "github-workflows": [*map(str, Path(".github/workflows").glob("*.yml"))],
        "dependabot": [".github/dependabot.yml"],
        "readthedocs": [".readthedocs.yaml"],
    }
    for schema, files in schemas.items():
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    session.run("zizmor", "--offline", "--quiet", ".github")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy and pyright, examples and pages included, and the completeness of the public types."""
    session.install("-e", ".[all]", *group("types"))
    session.run("mypy")
    session.run("pyright")
    check_page_types(session)
    verify_types(session)


def check_page_types(session: nox.Session) -> None:
    """Check the Python blocks of the README and the pages; messages have the line numbers of the page."""
    with tempfile.TemporaryDirectory() as directory:
        session.run("python", "-m", "tests.support.page_blocks", directory)
        session.run("mypy", directory)
        session.run("pyright", directory)


# Declarations such as "create = blocking(AsyncPlans.create)", whose types are inferred from their arguments.
# The typing samples check them instead.
DERIVED = (
    "duro.blocking.",
    "duro.client.AsyncDuro.",
    "duro.sandbox.asynchronous.",
    "duro.webhooks.inbox.blocking.",
)


def verify_types(session: nox.Session) -> None:
    command = ["pyright", "--verifytypes", "duro", "--ignoreexternal", "--outputjson"]
    # Pyright also fails for the declarations that are allowed below.
    report = json.loads(session.run(*command, silent=True, stderr=subprocess.DEVNULL, success_codes=[0, 1]))
    completeness = report["typeCompleteness"]
    incomplete = [
        f"{symbol['name']}: {diagnostic['message'].splitlines()[0]}"
        for symbol in completeness["symbols"]
        if not symbol["name"].startswith(DERIVED)
        for diagnostic in symbol["diagnostics"]
        # A type is partially unknown because of another symbol, which is either in this list or a declaration as above.
        if diagnostic["severity"] == "error" and "partially unknown" not in diagnostic["message"]
    ]
    session.log(f"type completeness: {completeness['completenessScore']:.1%}")
    if incomplete or not completeness["symbols"]:
        session.error("\n".join(["these types are incomplete:", *incomplete]))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, with warnings and broken references as errors, and print where it is."""
    session.install("-e", ".[all]", *group("docs"))
    session.run("python", "docs/generate_reference.py", "--check")
    site = Path("docs/_build/html")
    session.run("sphinx-build", "-W", "-n", "--keep-going", "--quiet", "--fresh-env", "docs", str(site))
    session.log(f"the documentation is at {(site / 'index.html').resolve().as_uri()}")


@nox.session
def package(session: nox.Session) -> None:
    """Build the sdist and the wheel, check the wheel, and use it in a new environment."""
    session.install(*group("package"))
    with tempfile.TemporaryDirectory() as directory:
        session.run("python", "-m", "build", "--outdir", directory)
        (wheel,) = Path(directory).glob("*.whl")
        check_wheel(session, wheel)

        environment = Path(directory) / "environment"
        session.run("virtualenv", "--quiet", str(environment))
        scripts = environment / ("Scripts" if os.name == "nt" else "bin")
        # Outside the checkout, so that Python imports the installed package.
        session.chdir(directory)
        python = str(scripts / "python")
        session.run(python, "-m", "pip", "install", "--quiet", str(wheel), external=True)
        session.run(python, "-I", "-c", "import duro; print(duro.__file__, duro.Duro, duro.AsyncDuro)", external=True)
        session.run(python, "-m", "pip", "install", "--quiet", f"{wheel}[sandbox]", external=True)
        session.run(str(scripts / "duro"), "--help", external=True)
        session.run(str(scripts / "duro"), "quickstart", external=True)
        session.run(python, "-m", "pip", "check", external=True)


def check_wheel(session: nox.Session, wheel: Path) -> None:
    """Check that the wheel contains every tracked file of the package, and nothing else."""
    names = set(ZipFile(wheel).namelist())
    if extra := sorted(name for name in names if not name.startswith(("duro/", "duro_sdk-"))):
        session.error(f"the wheel must contain only the package, but also contains {extra}")
    tracked = session.run("git", "ls-files", "duro", external=True, silent=True).splitlines()
    if missing := sorted({"duro/py.typed", *tracked} - names):
        session.error(f"the wheel must contain every file of the package, but {missing} are missing")


@nox.session
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that the metadata allows; run it after changing a minimum."""
    session.install("uv")
    install = ["uv", "pip", "install", "--resolution=lowest-direct", "--python", session.virtualenv.location]
    session.run(*install, "-e", ".[all]", *group("tests"))
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Compare the speed with that of other packages; the figures do not fail the session.

    Options: ``nox -s bench -- --rounds 9 --only blocking --json results.json``.
    """
    session.install("-e", ".[all]", *group("bench"))
    session.run("python", "-m", "tests.benchmarks", *session.posargs)


@nox.session(python="3.13")
def fuzz(session: nox.Session) -> None:
    """Fuzz each parser for a minute. Options: ``nox -s fuzz -- --seconds 300 --target token``.

    Without arguments, a million random webhook deliveries follow.
    """
    session.install("-e", ".[all]", *group("fuzz"))
    session.run("python", "-m", "tests.fuzz", *session.posargs)
    if not session.posargs:
        session.env["FUZZ_CASES"] = "1000000"
        session.run("python", "-m", "pytest", "tests/webhooks/test_fuzz.py", "-s", "--timeout=1800")


@nox.session
def machine(session: nox.Session) -> None:
    """Check the sandbox in random stories for 30 minutes. Options: ``nox -s machine -- --minutes 2``."""
    session.install("-e", ".[sandbox]", *group("tests"))
    session.run("python", "-m", "tests.sandbox.machine", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Run 200 tasks and 16 threads under faults for ten minutes. Options: ``nox -s soak -- --minutes 2``."""
    session.install("-e", ".[sandbox]", *group("tests"))
    session.run("python", "-m", "tests.soak", *session.posargs)
