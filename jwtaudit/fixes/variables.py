"""The name of an environment variable, by what the source calls the secret that it shall hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.source import Place, Span

if TYPE_CHECKING:
    from jwtaudit.fixes.layout import Layout

UNNAMED = "JWT_SECRET"
"""What the variable of a secret is called that has no name in the source."""
_HEAD = re.compile(r"(?:class|def|async|if|elif|else|for|while|with|try|except|finally)\b")
_OF_A_SECRET = re.compile("KEY|SECRET|PASS|PWD|SALT|PEM|SIGN")


def variable(layout: Layout, place: Place) -> str:
    """The name of an environment variable for what stands at a place.

    A literal that stands there several times is one secret, and has one name.
    """
    written = layout.text[place.span.start : place.span.end]
    names = [
        _variable_at(layout, Place(place.path, Span(token.start, token.end)))
        for token in layout.tokens
        if token.kind == "string" and layout.text[token.start : token.end] == written
    ]
    own = _variable_at(layout, place)
    return next((name for name in names if name != UNNAMED), own)


def _variable_at(layout: Layout, place: Place) -> str:
    text = layout.text
    name = ""
    held = layout.holder(place.span)
    if held is not None:
        name = text[held[1].key.start : held[1].key.end].strip("\"'")
    statement = layout.statement(place.span.start)
    if not name and statement:
        start = behind_head(layout, statement)
        target = re.match(r"([^=]*?)(?:\s*:[^=]+)?\s*=(?!=)", text[start : place.span.start])
        name = (re.findall(r"\w+", target[1]) or [""])[-1] if target else ""
        if "=>" in text[start : place.span.start]:  # the name of a function that uses it
            name = ""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).strip("_").upper()
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name) or not _OF_A_SECRET.search(name):
        return UNNAMED
    if "_OR_" in name:  # what a library calls an option, not what the project calls its key
        return UNNAMED
    return name if "_" in name else f"JWT_{name}"


def behind_head(layout: Layout, statement: Span) -> int:
    """Where the first statement of a block begins that shares its line with its head."""
    if layout.language == "python" and _HEAD.match(layout.text, statement.start):
        depth = layout.depth(statement.start)
        for colon in re.compile(r":\s*").finditer(layout.text, *statement):
            if layout.depth(colon.start()) == depth:
                return colon.end()
    return statement.start


def alternatives(layout: Layout, place: Place) -> str:
    """What tells the settings among which a program chooses from others; "" outside of them.

    Such are the classes of a file, and the entries of a mapping of mappings.
    """
    inner = layout.around(place.span)
    outer = layout.around(Span(inner.start, inner.end)) if inner else None
    if inner and outer and layout.text[inner.start] == layout.text[outer.start] == "{":
        span = Span(inner.start, inner.end)
        if any(item.value == span != item.span for item in layout.items(outer)):
            return place.path
    indent = layout.indent(place.span.start)
    for span in reversed(layout.statements if indent and layout.language == "python" else ()):
        if span.start < place.span.start and len(layout.indent(span.start)) < len(indent):
            text = layout.text[span.start : span.end]
            return place.path if text.startswith("class ") else ""
    return ""
