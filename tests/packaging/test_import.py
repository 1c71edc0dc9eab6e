"""Import of ``duro``: no I/O, no thread, no access to the environment, no other package."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.process

IMPORT = """
import json, os, sys, threading

accesses = []
# Coverage, which may measure this program, has started before and is not counted.
threads, modules = threading.active_count(), set(sys.modules)
sys.addaudithook(lambda event, arguments: accesses.append(event) if event.startswith("socket.") else None)

class Environment(type(os.environ)):
    def __getitem__(self, key):
        accesses.append(f"environment {key}")
        return super().__getitem__(key)

os.environ.__class__ = Environment
import duro
names = dir(duro)
os.environ.__class__ = Environment.__mro__[1]

new = {name.partition(".")[0] for name in set(sys.modules) - modules}
print(json.dumps({
    "accesses": accesses,
    "threads": threading.active_count() - threads,
    "packages": sorted(new - set(sys.stdlib_module_names)),
    "modules": sorted(name for name in sys.modules if name.startswith("duro.")),
    "names": names,
}))
"""


def test_import_has_no_side_effects(run_python):
    finished = run_python(IMPORT)
    assert finished.returncode == 0, finished.stderr
    seen = json.loads(finished.stdout)
    assert seen["accesses"] == []
    assert seen["threads"] == 0
    assert seen["packages"] == ["duro"]
    assert seen["modules"] == []
    assert {"AsyncDuro", "Duro", "capture"} <= set(seen["names"])


def test_every_public_name_loads(run_python):
    finished = run_python("import duro\nfor name in duro.__all__: getattr(duro, name)")
    assert finished.returncode == 0, finished.stderr


def test_creating_a_client_imports_no_optional_package(run_python):
    # rich is missing in this list, because httpx imports it where it is installed.
    finished = run_python("""
import sys, duro
for transport in ("httpx", "httpx2", "aiohttp"):
    duro.AsyncDuro("sk_test_example", transport=transport)
optional = {"cyclopts", "fastapi", "pydantic", "starlette", "uvicorn", "uvloop", "trio"}
optional |= {"aiohttp", "httpcore2", "httpx2"}
print(*sorted(optional & set(sys.modules)))
""")
    assert finished.returncode == 0, finished.stderr
    assert not finished.stdout.strip()


def test_models_import_pydantic_only_when_pydantic_asks_for_a_schema(run_python):
    finished = run_python("""
import sys, duro
plan = {"id": "plan_1", "name": "Pro", "amount": 1, "currency": "NGN", "interval": "month", "intervalCount": 1,
        "trialDays": 0, "createdAt": "2026-01-31T10:00:00Z"}
model = duro.Plan.from_dict(plan)
model.to_dict(), model.to_json(), duro.Page(items=(model,))
print("pydantic" in sys.modules)
from pydantic import TypeAdapter
print(TypeAdapter(duro.Plan).validate_python(plan) == model)
""")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == ["False", "True"]


def test_an_unknown_name_is_an_attribute_error(run_python):
    finished = run_python("import duro; duro.Unknown")
    assert finished.returncode == 1
    assert "AttributeError: module 'duro' has no attribute 'Unknown'" in finished.stderr


def test_submodules_are_imported_at_their_first_use(run_python):
    finished = run_python("""
import sys, duro
submodules = ["errors", "sandbox", "webhooks"]
print([f"duro.{name}" in sys.modules for name in submodules])
print(duro.errors.APIError is duro.APIError, duro.webhooks.Webhook, duro.sandbox.Sandbox)
""")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == [
        "[False, False, False]",
        "True <class 'duro.webhooks.webhook.Webhook'> <class 'duro.sandbox.sandbox.Sandbox'>",
    ]


def test_star_import_does_not_import_the_sandbox_or_the_webhooks(run_python):
    finished = run_python("""
import sys
from duro import *
print(AsyncDuro.__name__, Duro.__name__, "sandbox" in globals())
print(*sorted({"duro.sandbox", "duro.webhooks", "starlette", "jinja2", "uvicorn"} & set(sys.modules)))
""")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == ["AsyncDuro Duro False", ""]


def test_a_sandbox_imports_its_pages_at_their_first_request(run_python):
    finished = run_python("""
import sys
from urllib.request import urlopen
from duro.sandbox import Sandbox
with Sandbox() as sandbox:
    print("jinja2" in sys.modules)
    print(urlopen(f"{sandbox.url}/_sandbox/").status)
    print("jinja2" in sys.modules)
""")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == ["False", "200", "True"]
