import re
from importlib.metadata import version as version_of
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

project = "Duro for Python"
author = "The Duro SDK authors"
copyright = f"2026, {author}"
release = version_of("duro-sdk")

extensions = ["myst_parser"]
exclude_patterns = ["_build", "examples"]

myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"

nitpicky = True


def find_public_names():
    """Return the page of the reference and the anchor of each public name."""
    directory = Path(__file__).parent
    places = {}
    for path in sorted(directory.glob("reference/*.md")):
        for name in re.findall(r"^## `(\w+)`$", path.read_text(encoding="utf-8"), re.MULTILINE):
            places[name] = (f"reference/{path.stem}", name.lower())
    return places


class LinkPublicNames(SphinxPostTransform):
    """Link code spans that are public names, so that the pages need no links for them and stay plain Markdown."""

    default_priority = 20
    places = find_public_names()

    def run(self, **_):
        for span in list(self.document.findall(nodes.literal)):
            name = span.astext().removesuffix("()")
            if name in self.places and not isinstance(span.parent, nodes.reference | nodes.title):
                page, anchor = self.places[name]
                address = self.env.app.builder.get_relative_uri(self.env.docname, page)
                link = nodes.reference("", "", span.deepcopy(), refuri=f"{address}#{anchor}", internal=True)
                span.replace_self(link)


def setup(app):
    app.add_post_transform(LinkPublicNames)
