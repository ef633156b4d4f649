"""From what a check asks for to text: a repair becomes edits of one or more files."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.dialects import CannotError, dialect_of
from jwtaudit.fixes.editor import Editor
from jwtaudit.fixes.layout import layout_of
from jwtaudit.fixes.scripts import ScriptEditor
from jwtaudit.fixes.unused import with_unused
from jwtaudit.repair import DropArgument, Entry, EnvVar, Filled, SetArgument
from jwtaudit.source import Place, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jwtaudit.fixes.dialects import Lookup
    from jwtaudit.fixes.splices import Splice
    from jwtaudit.repair import Change, Repair
    from jwtaudit.source import Source


# An argument that is a mapping: two entries that one call is to be given make one.
_MAPPING = re.compile(r"(,?\s*(?:\w+=)?\{ ?)([^{}]*?)( ?\},?)", re.DOTALL)
# Two items that are put between the same empty brackets.
_ENDS, _BEGINS = re.compile(r"[\w\"'\])}]\Z"), re.compile(r"[\w\"'`]")


class Edit(NamedTuple):
    """Text in place of what stands at a place."""

    place: Place
    text: str


def edits_of(
    repair: Repair,
    files: Callable[[str], tuple[Source, str] | None],
    lookups: Callable[[str], Sequence[Lookup]],
) -> tuple[Edit, ...] | None:
    """The edits that carry out a repair; None where it cannot be done.

    Args:
        repair: what is asked for.
        files: path -> the file and its language.
        lookups: path -> how environment variables are read in that file and in its project.
    """
    edits = _edits(repair, files, lookups)
    if edits is not None and _overlap(edits):  # a line that is broken anew, and changed elsewhere
        edits = _edits(repair, files, lookups, folding=False)
    return None if edits is None or _overlap(edits) else edits


def _edits(
    repair: Repair,
    files: Callable[[str], tuple[Source, str] | None],
    lookups: Callable[[str], Sequence[Lookup]],
    *,
    folding: bool = True,
) -> tuple[Edit, ...] | None:
    found: dict[str, dict[Splice, None]] = {}
    editors: dict[str, Editor] = {}
    try:
        for change in repair.changes:
            place = change.call if isinstance(change, (SetArgument, DropArgument)) else change.place
            if place.path not in editors:
                given = files(place.path)
                if given is None:
                    return None
                source, language = given
                read = lookups(place.path) if any(map(_reads, repair.changes)) else ()
                editors[place.path] = editor_of(source, language, read)
                if not folding:
                    editors[place.path].layout.width = sys.maxsize
            made = editors[place.path].splices(change)
            found.setdefault(place.path, {}).update(dict.fromkeys(made))
    except CannotError:
        return None
    whole = [
        Edit(Place(path, Span(splice.start, splice.end)), splice.text)
        for path, splices in found.items()
        for splice in with_unused(editors[path].layout, path, list(splices))
    ]
    return tuple(_merged(sorted(whole)))


def _reads(change: Change) -> bool:
    """Whether a change writes a lookup of an environment variable."""
    codes = [getattr(change, "code", None)]
    while codes:
        code = codes.pop()
        if isinstance(code, EnvVar):
            return True
        if isinstance(code, Entry):
            codes.append(code.code)
        elif isinstance(code, Filled):
            codes.extend(code.fields.values())
    return False


def editor_of(source: Source, language: str, lookups: Sequence[Lookup] = ()) -> Editor:
    """Who edits a file."""
    layout = layout_of(source, language)
    kind = ScriptEditor if language == "javascript" else Editor
    return kind(layout, dialect_of(layout, lookups))


def _merged(edits: Sequence[Edit]) -> Iterator[Edit]:
    """The edits with those made one that add text where others of the same repair add or take."""
    last: Edit | None = None
    for edit in edits:
        if last is None or not _meet(last, edit):
            if last is not None:
                yield last
            last = edit
        else:
            last = _joined(last, edit)
    if last is not None:
        yield last


def _meet(one: Edit, other: Edit) -> bool:
    """Whether one of two edits in order only adds, in the region of the other."""
    a, b = one.place.span, other.place.span
    adds = a.start == a.end or b.start == b.end
    return one.place.path == other.place.path and adds and b.start <= a.end


def _joined(one: Edit, other: Edit) -> Edit:
    a, b = one.place.span, other.place.span
    first, second = _MAPPING.fullmatch(one.text), _MAPPING.fullmatch(other.text)
    if a == b and a.start == a.end and first and second and first[1] == second[1]:
        return Edit(one.place, f"{first[1]}{first[2]}, {second[2]}{first[3]}")
    taken = a if a.start < a.end else b
    both = a == b and a.start == a.end and _ENDS.search(one.text) and _BEGINS.match(other.text)
    text = one.text + (", " if both else "") + other.text
    added = re.match(r"(,?)(\r\n|\r|\n)", text) if not (one if taken is a else other).text else None
    if taken.start < taken.end and added and taken.end > (b if taken is a else a).end:
        text = text[added.end() :] + added[2]  # a whole line for a whole line
    return Edit(Place(one.place.path, Span(min(a.start, b.start), max(a.end, b.end))), text)


def _overlap(edits: Sequence[Edit]) -> bool:
    return any(
        one.place.path == other.place.path
        and (one.place.span.end > other.place.span.start or one.place.span == other.place.span)
        for one, other in pairwise(edits)
    )
