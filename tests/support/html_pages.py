"""Parser of dashboard pages, which checks that they are well-formed and load only files of the sandbox."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

VOID = frozenset({"meta", "link", "input", "img", "br"})
SVG_SHAPES = frozenset({"path", "line", "rect", "circle", "polyline", "polygon"})
ADDRESSES = frozenset({"src", "href", "action"})


class PageParser(HTMLParser):
    """Parser that collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), f"{tag} repeats an attribute: {attrs}"
        assert "style" not in given, "the policy forbids inline styles"
        assert not [name for name in given if name.startswith("on")], "the policy forbids inline scripts"
        for name in ADDRESSES & given.keys():
            parts = urlsplit(given[name] or "")
            assert (parts.scheme, parts.netloc) == ("", ""), f"{tag} refers to another host"
        self.tags.append((tag, given))
        if tag not in VOID | SVG_SHAPES:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in SVG_SHAPES:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def names(self) -> set[str]:
        """Names of the tags."""
        return {tag for tag, _ in self.tags}

    def attributes(self, tag: str, name: str) -> list[str]:
        """Return the values of an attribute of all tags with a name."""
        return [value for each, given in self.tags if each == tag and (value := given.get(name)) is not None]

    def find_token(self) -> str:
        """Return the token of the page's forms."""
        return next(given["value"] or "" for tag, given in self.tags if tag == "input" and given["name"] == "token")


def parse(text: str) -> PageParser:
    """Parse a page, and check that its tags are closed, its ids unique, and its table headers complete."""
    parser = PageParser()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    ids = [given["id"] for _, given in parser.tags if "id" in given]
    assert len(ids) == len(set(ids)), "ids are not unique"
    assert len(parser.attributes("th", "scope")) == sum(tag == "th" for tag, _ in parser.tags)
    labelled = set(parser.attributes("label", "for"))
    for tag, given in parser.tags:
        if tag in {"input", "select", "textarea"} and given.get("type") not in {"hidden", "checkbox", "radio"}:
            assert given.get("id") in labelled or given.get("aria-label"), f"{tag} does not have a label: {given}"
    return parser
