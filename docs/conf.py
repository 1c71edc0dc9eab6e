import inspect
from importlib.metadata import version as version_of

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

project = "Duro for Python"
author = "The Duro SDK authors"
copyright = f"2026, {author}"
release = version_of("duro-sdk")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "examples"]

myst_heading_anchors = 3

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
    # Standard library; its inventory would have to be downloaded.
    ("py:.*", r"(collections\.abc|contextlib|datetime|os|ssl|uuid)\..*|date(time)?|Abstract(Async)?ContextManager"),
    # Type variables, aliases and classes that users do not create.
    (
        "py:.*",
        r"(.*\.)?([TABCER]|Acknowledge|AnyTransport|Clock|EventHandler|ClientSecret|JSONObject|Mode|Registration|Requester|UnknownEventData)",
    ),
    # Web frameworks.
    ("py:.*", r"(aiohttp|starlette)\..*|HttpRequest|HttpResponse|Response"),
    # Names in signatures that users do not type.
    ("py:.*", r"(.*\.)?(ClockReading|ConnectionOptions|Database|FaultEffect|Headers|IdGenerator|SandboxClock|Wakeup)"),
    ("py:.*", r"(.*\.)?WebhookHeaders"),
]

# Modules whose names the pages write without a prefix, in the order of precedence.
PUBLIC_MODULES = ("duro", "duro.webhooks", "duro.sandbox")


def resolve_public_name(env, builder, page, name, content):
    """Return a reference to a public name, or ``None`` if the reference does not describe it."""
    for module in PUBLIC_MODULES:
        if found := env.domains.python_domain.resolve_xref(
            env, page, builder, "obj", f"{module}.{name}", nodes.Element(), content
        ):
            return found
    return None


def resolve_by_last_name(app, env, node, content):
    """Resolve annotations, which name a class by the module that defines it, to ``duro.Name``."""
    if node.get("refdomain") != "py":
        return None
    return resolve_public_name(env, app.builder, node["refdoc"], node["reftarget"].rpartition(".")[2], content)


class LinkPublicNames(SphinxPostTransform):
    """Link code spans that are public names, so that the pages need no roles and stay plain Markdown."""

    default_priority = 20

    def run(self, **_):
        for span in list(self.document.findall(nodes.literal)):
            name = span.astext().removesuffix("()")
            if name.isidentifier() and name[0].isupper() and not isinstance(span.parent, nodes.reference):
                copy = span.deepcopy()
                if link := resolve_public_name(self.env, self.app.builder, self.env.docname, name, copy):
                    span.replace_self(link)


def keep_sentence(app, what, name, obj, options, lines):
    """Restore sentences with a colon in properties and returns, of which napoleon takes the first part for a type."""
    if what == "property" and any(line.startswith(":type:") for line in lines):
        lines[:] = inspect.getdoc(obj).splitlines()
    kinds = [line.split(" ", 1)[0] for line in lines]
    if ":rtype:" in kinds and ":returns:" in kinds:
        begin = lines.pop(kinds.index(":rtype:")).removeprefix(":rtype: ")
        index = kinds.index(":returns:")
        lines[index] = lines[index].replace(":returns:", f":returns: {begin}:", 1)


def setup(app):
    app.add_post_transform(LinkPublicNames)
    app.connect("autodoc-process-docstring", keep_sentence, priority=600)  # napoleon has 500
    app.connect("missing-reference", resolve_by_last_name)
