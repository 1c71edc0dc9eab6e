"""Names of this package and of others in the tables for people who come from another package."""

from __future__ import annotations

import importlib
import inspect
import re
from importlib.metadata import PackageNotFoundError, version

import pytest

import duro
import duro.webhooks
from duro.config import DEFAULT_TIMEOUT_SECONDS, RetryPolicy
from tests.support.page_blocks import ROOT

PAGE = (ROOT / "docs" / "coming-from.md").read_text(encoding="utf-8")
NAME = re.compile(r"(?:duro|stripe|openai|httpx)(?:\.\w+)+")


def named(package):
    """Return the dotted names of a package in the code spans of the page."""
    spans = " ".join(re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", PAGE, flags=re.MULTILINE | re.DOTALL)))
    return sorted({name for name in NAME.findall(spans) if name.startswith(f"{package}.")})


def resolve(name):
    """Return the object with a dotted name; the resources of a client exist on its instances only."""
    root, *parts = name.split(".")
    found = importlib.import_module(root)
    for part in parts:
        found = getattr(found, part)
        if part in {"AsyncDuro", "StripeClient"}:
            found = found("sk_test_1")
    return found


@pytest.mark.parametrize("package", ["duro", "stripe", "openai", "httpx"])
def test_every_name_of_the_page_exists(package):
    pytest.importorskip(package)
    names = named(package)
    assert len(names) > 5
    for name in names:
        assert resolve(name) is not None, name


@pytest.mark.parametrize("package", ["stripe", "openai", "httpx"])
def test_page_describes_the_installed_release(package):
    try:
        installed = version(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    (described,) = re.findall(rf"\b{package} ([\d.]+\d|\d+)", PAGE)
    assert f"{installed}.".startswith(f"{described}.")


def test_arguments_of_the_client_exist():
    arguments = set(inspect.signature(duro.Duro).parameters) | set(duro.ClientOptions.__annotations__)
    assert {"retries", "timeout", "headers", "transport", "base_url", "max_connections", "proxy"} <= arguments
    assert "ssl_context" in arguments
    assert (DEFAULT_TIMEOUT_SECONDS, RetryPolicy().retries) == (30, 3)
