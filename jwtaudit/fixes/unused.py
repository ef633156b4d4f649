"""Imports that a repair leaves without a use: they go with it, as a linter would ask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.imports_js import GAP
from jwtaudit.fixes.lists import remove
from jwtaudit.fixes.splices import Splice
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jwtaudit.fixes.layout import Group, Item, Layout

_PYTHON = re.compile(
    r"(?:import\s+(?P<whole>\w+)|from\s+[\w.]+\s+import\s+(?P<names>.+))", re.DOTALL
)
_NAME = r"[\"'][\w@/.:-]+[\"']"
_MODULE = rf"(?:require\({GAP}{_NAME}{GAP}\)|{_NAME})"
_SCRIPT = re.compile(
    rf"(?:(?:const|let|var)|import)\s+(?:(?P<whole>[\w$]+)|\{{(?P<names>[^{{}}]*)\}})"
    rf"\s*(?:=|from)\s*{_MODULE}"
)
_IMPORTS = re.compile(r"(?:(?:import|from)\b[^;]*;\s*)*")  # on one line
_BOUND = re.compile(r"(?:.*(?:\bas\b|:)\s*)?([\w$]+)\s*", re.DOTALL)
_PART = re.compile(r"[^\s,\\][^,\\\r\n]*")
_BLANK = re.compile(r"(?:\r\n|[\r\n])[ \t]*(?:\r\n|(?<!\r)\n|\r)\Z")
_TYPES = re.compile(r"#\s*type:")  # a comment that a type checker reads
_NEW_ITEM = re.compile(r"(?:, )?([\w$]+)(?:, )?")


class _Imported(NamedTuple):
    """A name that is imported: by a statement of its own, or as one of several."""

    name: str
    statement: Span
    group: Group | None = None
    item: Item | None = None
    part: Span | None = None  # in a list without brackets, with its comma
    only: Span | None = None  # the only one of such a list


def with_unused(layout: Layout, path: str, splices: Sequence[Splice]) -> list[Splice]:
    """The splices of a repair, and those that take out the imports which nothing else uses."""
    words = words_taken(layout, splices)
    if not words or path.endswith("__init__.py"):  # what a package imports, others take from it
        return list(splices)
    found = list(splices)
    for imported in _imports(layout):
        if imported.name in words and not is_used(
            layout, imported.name, imported.statement, splices
        ):
            found = _without(layout, imported, found)
    return found


def words_taken(layout: Layout, splices: Sequence[Splice]) -> set[str]:
    """The words in what splices take out."""
    spans = [Span(splice.start, splice.end) for splice in splices if splice.end > splice.start]
    return {
        layout.text[token.start : token.end]
        for token in layout.tokens
        if token.kind == "word"
        and any(span.start <= token.start and token.end <= span.end for span in spans)
    }


def is_used(
    layout: Layout, name: str, binding: Span, splices: Sequence[Splice], region: Span | None = None
) -> bool:
    """Whether a name stands anywhere but where it is bound, and in comments; texts count.

    Args:
        layout: of the file.
        name: what is asked for.
        binding: the statement that gives it its value.
        splices: what is done to the file; what they put in counts, and what they take out does not.
        region: where to look, if not in the whole file.
    """
    comments = (
        Splice(token.start, token.end, "")
        for token in layout.tokens
        if token.kind == "comment" and not _TYPES.match(layout.text, token.start)
    )
    rest, at = [], region.start if region else 0
    last = region.end if region else len(layout.text)
    for start, end, text in sorted([*splices, *comments, Splice(*binding, "")]):
        if at <= start <= last:
            rest += [layout.text[at:start], text]
        at = max(at, end)
    rest.append(layout.text[at:last])
    return bool(re.search(rf"(?<![\w$.]){re.escape(name)}(?![\w$])", "".join(rest)))


def _imports(layout: Layout) -> Iterator[_Imported]:
    form = _PYTHON if layout.language == "python" else _SCRIPT
    for span in layout.statements:
        found = form.fullmatch(layout.text, span.start, span.end)
        before = layout.text[layout.line_start(span.start) : span.start]
        if found is None or not _IMPORTS.fullmatch(before):
            continue
        if found["whole"] is not None:
            yield _Imported(found["whole"], span)
            continue
        group = next((g for g in layout.groups if span.start < g.start < g.end <= span.end), None)
        if group is None:  # from module import a, b
            listed = list(_PART.finditer(layout.text, found.start("names"), span.end))
            for index, part in enumerate(listed):
                bound = _BOUND.fullmatch(part[0])
                if bound and len(listed) == 1:
                    yield _Imported(bound[1], span, only=Span(*part.span()))
                elif bound:
                    first = index == 0
                    start = part.start() if first else listed[index - 1].end()
                    end = listed[1].start() if first else part.end()
                    yield _Imported(bound[1], span, part=Span(start, end))
            continue
        items = layout.items(group)
        for item in items:
            bound = _BOUND.fullmatch(layout.text, item.span.start, item.span.end)
            if bound:
                alone = len(items) == 1
                yield _Imported(bound[1], span, group, item if not alone else None)


def _without(layout: Layout, imported: _Imported, splices: list[Splice]) -> list[Splice]:
    group, place = imported.group, imported.only
    if imported.part is not None:
        return [*splices, Splice(*imported.part, "")]
    if group is not None:
        place = imported.item.span if imported.item else layout.items(group)[0].span
    for index, splice in enumerate(splices if place else ()):
        new = _NEW_ITEM.fullmatch(splice.text)
        start, end = imported.statement
        if place and new and start < splice.start == splice.end <= end:
            return [*splices[:index], Splice(*place, new[1]), *splices[index + 1 :]]
    if group is not None and imported.item is not None:
        return [*splices, *remove(layout, group, imported.item)]
    start = layout.line_start(imported.statement.start)
    end = layout.line_end(imported.statement.end)
    if layout.language == "python":  # several on one line
        following = re.compile(r"[ \t]*;[ \t]*(?=\w)").match(layout.text, imported.statement.end)
        if following:
            return [*splices, Splice(imported.statement.start, following.end(), "")]
        former = re.search(r"[ \t]*;[ \t]*\Z", layout.text[start : imported.statement.start])
        if former:
            return [*splices, Splice(start + former.start(), imported.statement.end, "")]
    if layout.text[imported.statement.end : end].strip(" \t;"):
        return splices  # a comment, or a further statement
    end = layout.next_line(end)
    before = layout.text[:start].rstrip(" \t")
    behind = layout.next_line(end)
    if (
        (not before or _BLANK.search(before))
        and not layout.text[end:behind].strip()
        and not any(start <= splice.start <= behind for splice in splices)
    ):
        end = behind  # the only one of its section
    return [*splices, Splice(start, end, "")]
