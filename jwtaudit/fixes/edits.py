"""From what a check asks for to text: a repair becomes edits of one or more files."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.dialects import CannotError, dialect_of
from jwtaudit.fixes.editor import Editor
from jwtaudit.fixes.folding import folded
from jwtaudit.fixes.layout import layout_of
from jwtaudit.fixes.scripts import ScriptEditor
from jwtaudit.fixes.splices import Splice
from jwtaudit.fixes.unused import with_unused
from jwtaudit.fixes.unused_variables import with_unused_variables
from jwtaudit.repair import DropArgument, DropUnused, Entry, EnvVar, Filled, SetArgument
from jwtaudit.source import Place, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jwtaudit.fixes.dialects import Lookup
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
    if edits is None:  # a line that is broken anew, and changed elsewhere?
        edits = _edits(repair, files, lookups, folding=False)
    return edits


def _edits(
    repair: Repair,
    files: Callable[[str], tuple[Source, str] | None],
    lookups: Callable[[str], Sequence[Lookup]],
    *,
    folding: bool = True,
) -> tuple[Edit, ...] | None:
    found: dict[str, dict[Splice, None]] = {}
    editors: dict[str, Editor] = {}
    calls: dict[str, list[Span]] = {}
    try:
        for change in repair.changes:
            if isinstance(change, DropUnused):
                calls.setdefault(change.place.path, []).append(change.place.span)
                continue
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
        return tuple(
            Edit(Place(path, Span(splice.start, splice.end)), splice.text)
            for path in sorted(found)
            for splice in _whole(editors[path], path, list(found[path]), calls.get(path, ()))
        )
    except CannotError:
        return None


def _whole(editor: Editor, path: str, splices: list[Splice], calls: Sequence[Span]) -> list[Splice]:
    """The splices of a file with what goes with them: what is unused, and lines that are broken."""
    layout = editor.layout
    if calls:
        splices = with_unused_variables(layout, splices, calls, editor.without)
    whole = list(_merged(sorted(with_unused(layout, path, splices))))
    if any(_overlap(one, other) for one, other in pairwise(whole)):
        raise CannotError
    return folded(replace(layout), whole) if layout.language == "python" else whole


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


def _merged(splices: Sequence[Splice]) -> Iterator[Splice]:
    """The splices with those made one that add text where others of the same repair add or take."""
    last: Splice | None = None
    for splice in splices:
        if last is None or not _meet(last, splice):
            if last is not None:
                yield last
            last = splice
        else:
            last = _joined(last, splice)
    if last is not None:
        yield last


def _meet(one: Splice, other: Splice) -> bool:
    """Whether one of two splices in order only adds, in the region of the other."""
    adds = one.start == one.end or other.start == other.end
    return adds and other.start <= one.end


def _joined(one: Splice, other: Splice) -> Splice:
    first, second = _MAPPING.fullmatch(one.text), _MAPPING.fullmatch(other.text)
    same = one.start == one.end == other.start == other.end
    if same and first and second and first[1] == second[1]:
        return one._replace(text=f"{first[1]}{first[2]}, {second[2]}{first[3]}")
    taken, added = (one, other) if one.start < one.end else (other, one)
    both = same and _ENDS.search(one.text) and _BEGINS.match(other.text)
    text = one.text + (", " if both else "") + other.text
    line = re.match(r"(,?)(\r\n|\r|\n)", text) if not taken.text else None
    if taken.start < taken.end and line and taken.end > added.end:
        text = text[line.end() :] + line[2]  # a whole line for a whole line
    return Splice(min(one.start, other.start), max(one.end, other.end), text)


def _overlap(one: Splice, other: Splice) -> bool:
    return one.end > other.start or (one.start, one.end) == (other.start, other.end)
