"""Objects that functions and classes of a script are given, and that read the environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.fixes.dialects import Lookup
from jwtaudit.fixes.layout import Layout
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.fixes.layout import Group

_RESULT = re.compile(r"\s*(?::[^={(]*)?(?:=>)?\s*")
"""What stands between parameters and a body."""
_KEPT = re.compile(r"\b(?:private|public|protected|readonly)\s+\Z")
_STATIC = re.compile(r"\bstatic\b[^;{}]*\Z")


def injected(text: str, readers: Iterable[str]) -> Iterator[Lookup]:
    """The calls that read a variable where an object is at hand that a parameter holds.

    Args:
        text: the script.
        readers: the names of methods that fail without a variable: ``module.Class.method``.
    """
    layout = Layout(text, "javascript")
    for reader in readers:
        kind, _, method = reader.rpartition(".")
        module, _, kind = kind.rpartition(".")
        imported = rf"\b{kind}\b[^;]*?\bfrom\s*[\"']{re.escape(module)}[\"']"
        if not module or not re.search(imported, text):
            continue
        for match in re.finditer(rf"([\w$]+)\s*:\s*{kind}\b", text):
            parameters = layout.around(Span(*match.span()))
            if parameters is None or text[parameters.start] != "(":
                continue
            yield from _at_hand(layout, parameters, match, method)


def _at_hand(
    layout: Layout, parameters: Group, match: re.Match[str], method: str
) -> Iterator[Lookup]:
    """In the function whose parameter it is; where that keeps it for its class, in all of that."""
    name, text = match[1], layout.text
    for group in layout.groups:
        if group.start > parameters.end and _RESULT.fullmatch(text, parameters.end, group.start):
            yield Lookup(f"{name}.{method}", group.start, end=group.end)
    of_class = parameters.parent
    if of_class is None or not _KEPT.search(text, 0, match.start()):
        return
    for group in layout.groups:
        if group.parent is of_class and text[group.start] == "{":
            before = text.rfind("}", of_class.start, group.start) + 1
            if not _STATIC.search(text, before, group.start):
                yield Lookup(f"this.{name}.{method}", group.start, end=group.end)
