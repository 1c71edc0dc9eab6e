"""Completion in IPython, with and without jedi, and in editors that use jedi."""

from __future__ import annotations

import jedi
import pytest
from IPython.core.completer import IPCompleter, provisionalcompleter

import duro

METHODS = ["archive", "create", "list", "update"]


@pytest.fixture
def complete():
    """Return a function that returns the public completions of a line in IPython."""
    names = {"duro": duro, "client": duro.Duro("sk_test_1"), "async_client": duro.AsyncDuro("sk_test_1")}
    completer = IPCompleter(shell=None, namespace=names)
    completer.use_jedi = False

    def complete(line):
        with provisionalcompleter():
            found = [each.text.rpartition(".")[2] for each in completer.completions(line, len(line))]
        return sorted(name for name in found if not name.startswith("_"))

    return complete


def complete_statically(code):
    """Return the public completions of an editor, which does not run the code."""
    return sorted(each.name for each in jedi.Script(code).complete() if not each.name.startswith("_"))


@pytest.mark.parametrize("value", ["client.plans", "async_client.plans"])
def test_ipython_completes_the_methods_of_a_resource(complete, value):
    assert complete(f"{value}.") == METHODS


@pytest.mark.parametrize("value", ["duro.Duro.plans", "duro.AsyncDuro.plans"])
def test_ipython_completes_the_methods_of_a_resource_of_the_class(complete, value):
    assert set(METHODS) <= set(complete(f"{value}."))


@pytest.mark.parametrize("client", ["client", "async_client"])
def test_ipython_completes_keyword_arguments(complete, client):
    assert complete(f"{client}.plans.create(interv") == ["interval=", "interval_count="]
    assert complete(f"{client}.plans.list(page_") == ["page_size="]
    assert complete("duro.Duro(max_c") == ["max_connections="]


def test_ipython_completes_submodules(complete):
    assert complete("duro.webh") == ["webhooks"]
    assert complete("duro.sandb") == ["sandbox"]


@pytest.mark.slow
@pytest.mark.usefixtures("own_cache_of_jedi")
@pytest.mark.parametrize("client", ["Duro", "AsyncDuro"])
def test_jedi_completes_the_methods_of_a_resource(client):
    assert set(METHODS) <= set(complete_statically(f"import duro\nclient = duro.{client}()\nclient.plans."))


@pytest.mark.usefixtures("own_cache_of_jedi")
def test_jedi_completes_the_methods_of_pages():
    found = complete_statically("import duro\nduro.Duro().plans.list().")
    assert found == ["by_page", "collect", "cursor", "page", "prefetch"]
