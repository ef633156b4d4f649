"""Statements of languages whose blocks stand in braces and whose semicolons may be left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jwtaudit.fixes.layout import Group, Token

    Part: TypeAlias = Token | Group

# Behind these words a brace opens an object, a pattern or a list of names.
_NO_BLOCK = frozenset(
    "return default in of typeof await yield case throw new import export type from const let var"
    " void delete instanceof as satisfies extends".split()
)
_GOES_ON_BEHIND = frozenset(
    "const let var new typeof await else do in of instanceof as extends delete void import export"
    " from async".split()
)
_GOES_ON_WITH = frozenset("else catch finally in of instanceof as satisfies from".split())
_WITH_HEAD = frozenset("if for while with switch catch".split())
_ENDS_A_VALUE = re.compile(r"[\w$)\]}>'\"`]\Z")


def statements(text: str, parts: Iterable[Part]) -> list[Span]:
    """The statements of a text and of all blocks in it, by their beginnings; outer ones first."""
    found = list(_in_block(text, [part for part in parts if _counts(part)]))
    return sorted(found, key=lambda span: (span.start, -span.end))


def _counts(part: Part) -> bool:
    return _kind(part) not in ("space", "comment")


def _kind(part: Part) -> str:
    return getattr(part, "kind", "group")


def _is(text: str, part: Part, sign: str) -> bool:
    return text.startswith(sign, part.start) and _kind(part) != "string"


def _in_block(text: str, parts: Sequence[Part]) -> Iterator[Span]:
    start = end = -1
    before: list[Part] = []
    for index, part in enumerate(parts):
        if _kind(part) == "newline":
            following = next((p for p in parts[index:] if _kind(p) != "newline"), None)
            if start >= 0 and not _goes_on(text, before, following):
                yield Span(start, end)
                start, before = -1, []
            continue
        if _is(text, part, ";"):
            if start >= 0:
                yield Span(start, end)
            start, before = -1, []
            continue
        start = part.start if start < 0 else start
        end = part.end
        if _kind(part) == "group":
            yield from _inside(text, part, before)
        before.append(part)
    if start >= 0:
        yield Span(start, end)


def _inside(text: str, group: Part, before: Sequence[Part]) -> Iterator[Span]:
    """The statements of the blocks in brackets."""
    parts = [part for part in getattr(group, "tokens", ()) if _counts(part)]
    if _is_block(text, group, before):
        yield from _in_block(text, parts)
        return
    seen: list[Part] = []
    for part in parts:
        if _kind(part) == "group":
            yield from _inside(text, part, seen)
        if _kind(part) != "newline":
            seen.append(part)


def _is_block(text: str, group: Part, before: Sequence[Part]) -> bool:
    if text[group.start] != "{":
        return False
    if not before:
        return True
    last = before[-1]
    word = text[last.start : last.end]
    if _kind(last) == "word":
        return word not in _NO_BLOCK
    if _kind(last) == "group":  # f() {, f(): {} {, but not [a] {
        return word[0] in "({" or (word == "[]" and len(before) > 1)
    return word in ("=>", ">", ";")


def _goes_on(text: str, before: Sequence[Part], following: Part | None) -> bool:
    """Whether a line end does not end the statement."""
    if following is None or not before:
        return False
    last = before[-1]
    written, rest = text[last.start : last.end], text[following.start : following.end]
    if _kind(following) == "word" and rest in _GOES_ON_WITH:
        return True
    if _kind(following) != "word" and rest[0] in "([.?:=+-*/%&|^<>,`":
        return not text.startswith(("++", "--"), following.start)
    if _kind(last) == "word":
        return written in _GOES_ON_BEHIND
    if _kind(last) == "group" and written[0] == "(":
        return _has_head(text, before)
    return not _ENDS_A_VALUE.search(written)


def _has_head(text: str, before: Sequence[Part]) -> bool:
    """Whether the last brackets are those behind ``if``, ``for`` and the like."""
    words = [text[part.start : part.end] for part in before[-3:-1]]
    if before and text[before[-1].start] != "(":
        return False
    return bool(words) and (words[-1] in _WITH_HEAD or words[-2:] == ["for", "await"])
