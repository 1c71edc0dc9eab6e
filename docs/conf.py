import inspect
from importlib.metadata import version as version_of

project = "Duro for Python"
author = "The Duro SDK authors"
copyright = f"2026, {author}"
release = version_of("duro-sdk")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "examples"]

html_theme = "furo"
html_title = f"{project} {release}"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_use_legacy_class_based = False
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True

nitpicky = True
nitpick_ignore_regex = [
    # Described by Python; its inventory would have to come over the network.
    ("py:.*", r"(collections\.abc|datetime|os)\..*|date(time)?"),
    # Type variables, aliases, and what nobody but the package makes.
    (
        "py:.*",
        r"(.*\.)?([TABCER]|AnswerTime|AnyTransport|Caller|Clock|Handler|JSONObject|Mode|Registration|UnknownEventData)",
    ),
    # Described by the web frameworks.
    ("py:.*", r"(aiohttp|starlette)\..*|HttpRequest|HttpResponse|Response"),
    # Seen in a signature, but nothing to type.
    ("py:.*", r"(.*\.)?(Bell|Headers|Identifiers|Moment|Store)"),
]


def find_by_last_name(app, env, node, content):
    """Annotations name a class as its own module does; this reference lists it as ``duro.Name``."""
    if node.get("refdomain") != "py":
        return None
    python, name = env.domains.python_domain, node["reftarget"].rpartition(".")[2]
    for listed in (f"duro.{name}", f"duro.sandbox.{name}", f"duro.webhooks.{name}"):
        if found := python.resolve_xref(env, node["refdoc"], app.builder, "obj", listed, node, content):
            return found
    return None


def keep_sentence(app, what, name, obj, options, lines):
    """Undo what napoleon makes of a property whose sentence has a colon: the words before it a type."""
    if what == "property" and any(line.startswith(":type:") for line in lines):
        lines[:] = inspect.getdoc(obj).splitlines()


def setup(app):
    app.connect("autodoc-process-docstring", keep_sentence, priority=600)  # napoleon has 500
    app.connect("missing-reference", find_by_last_name)
