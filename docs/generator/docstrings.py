"""Conversion of signatures and Google-style docstrings to Markdown."""

from __future__ import annotations

import enum
import inspect
import re
from dataclasses import dataclass, field
from typing import ForwardRef

MAX_LINE = 100
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Example):$", re.MULTILINE)
ITEM = re.compile(r"^(\*{0,2}[\w.]+): (.*)", re.DOTALL)
# The operation that ends the first line of a method's docstring.
OPERATION = re.compile(r" \(``(\w+)``(?:, ``([A-Z]+ /\S*)``)?\)")


@dataclass
class Docstring:
    """Parts of a Google-style docstring."""

    summary: str
    operation: str = ""
    request: str = ""
    description: str = ""
    sections: dict[str, str] = field(default_factory=dict)


def parse(docstring: str) -> Docstring:
    """Split a docstring into its summary, its description and its sections."""
    body, *rest = SECTION.split(inspect.cleandoc(docstring))
    summary, _, description = body.partition("\n\n")
    operation = OPERATION.search(summary)
    return Docstring(
        summary=to_markdown(OPERATION.sub("", " ".join(summary.split()))),
        operation=operation[1] if operation else "",
        request=operation[2] or "" if operation else "",
        description=to_markdown(description.strip()),
        sections=dict(zip(rest[::2], map(inspect.cleandoc, rest[1::2]), strict=True)),
    )


def to_markdown(text: str) -> str:
    """Replace the markup of a docstring by the one of Markdown."""
    return text.replace("``", "`")


def items(section: str) -> list[tuple[str, str]]:
    """Return the name and the text of each item of a section."""
    found: list[tuple[str, str]] = []
    for block in re.split(r"\n(?=\S)", section):
        item = ITEM.match(block)
        if not item:
            raise ValueError(f"the item {block!r} of a docstring must begin with a name and a colon")
        found.append((item[1], to_markdown(" ".join(item[2].split()))))
    return found


def render_sections(docstring: Docstring, types: dict[str, str]) -> str:
    """Return the sections of a docstring, with the types of attributes."""
    parts = [docstring.description] if docstring.description else []
    for title, section in docstring.sections.items():
        if title == "Example":
            parts.append(f"```pycon\n{section}\n```")
        elif title in {"Returns", "Yields"}:
            parts.append(f"**{title}:** {to_markdown(' '.join(section.split()))}")
        else:
            shown = {"Args": "Arguments"}.get(title, title)
            lines = [f"- `{name}`{types.get(name, '')}: {text}" for name, text in items(section)]
            parts.append("\n".join([f"**{shown}:**", "", *lines]))
    return "\n\n".join(parts)


def format_annotation(annotation: object) -> str:
    """Return an annotation as it is written in the code."""
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    return inspect.formatannotation(annotation)


def format_parameter(parameter: inspect.Parameter) -> str:
    """Return a parameter with its annotation and its default."""
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}
    text = stars.get(parameter.kind.name, "") + parameter.name
    if parameter.annotation is not inspect.Parameter.empty:
        text += f": {format_annotation(parameter.annotation)}"
    if parameter.default is not inspect.Parameter.empty:
        text += f" = {format_default(parameter.default)}"
    return text


def format_default(value: object) -> str:
    """Return a default value as code."""
    text = repr(value)
    if text == "NOTHING":  # attrs has a factory
        return "…"
    return str(value) if isinstance(value, enum.Enum) and not text.isidentifier() else text


def parameter_list(signature: inspect.Signature) -> list[str]:
    """Return the parameters of a signature without ``self``, and with the marks of their kinds."""
    parameters = [each for each in signature.parameters.values() if each.name not in {"self", "cls"}]
    texts: list[str] = []
    for index, each in enumerate(parameters):
        before = parameters[index - 1] if index else None
        if before and before.kind is each.POSITIONAL_ONLY and each.kind is not each.POSITIONAL_ONLY:
            texts.append("/")
        if each.kind is each.KEYWORD_ONLY and (before is None or before.kind < each.VAR_POSITIONAL):
            texts.append("*")
        texts.append(format_parameter(each))
    if parameters and parameters[-1].kind is inspect.Parameter.POSITIONAL_ONLY:
        texts.append("/")
    return texts


def render_signature(start: str, signature: inspect.Signature, *, with_result: bool = True) -> str:
    """Return a signature as a block of code, on one line if it is short."""
    parameters = parameter_list(signature)
    result = ""
    if with_result and signature.return_annotation is not inspect.Signature.empty:
        result = f" -> {format_annotation(signature.return_annotation)}"
    line = f"{start}({', '.join(parameters)}){result}"
    if len(line) > MAX_LINE:
        line = f"{start}(\n" + "".join(f"    {each},\n" for each in parameters) + f"){result}"
    return f"```python\n{line}\n```"
