"""Putting edits into a file's bytes, so that everything else stays to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jwtaudit.fixes.edits import Edit
    from jwtaudit.source import Source


def choose(candidates: Sequence[tuple[Edit, ...]]) -> list[int]:
    """The indices of those, in order of rank, that do not touch one another.

    Equal edits (two fixes that need the same import) count once.
    """
    taken: dict[str, set[Edit]] = {}
    chosen = []
    for index, edits in enumerate(candidates):
        if not any(
            _touches(edit, other) for edit in edits for other in taken.get(edit.place.path, ())
        ):
            for edit in edits:
                taken.setdefault(edit.place.path, set()).add(edit)
            chosen.append(index)
    return chosen


def _touches(one: Edit, other: Edit) -> bool:
    """Whether two edits of one file touch each other."""
    if one == other:
        return False
    a, b = one.place.span, other.place.span
    return a.start <= b.end and b.start <= a.end


def splice(text: str, edits: Iterable[Edit]) -> str:
    """A text with the edits made."""
    parts, done = [], 0
    for edit in sorted(edits, key=lambda edit: edit.place.span):
        start, end = edit.place.span
        parts += [text[done:start], edit.text]
        done = end
    return "".join(parts) + text[done:]


def splice_bytes(source: Source, edits: Iterable[Edit]) -> bytes | None:
    """A file's bytes with the edits made; None where its encoding does not allow for it."""
    try:
        if "a\n".encode(source.encoding) != b"a\n":
            return None
        parts, done = [], 0
        for edit in sorted(edits, key=lambda edit: edit.place.span):
            start, end = (source.byte_offset(offset) for offset in edit.place.span)
            parts += [source.data[done:start], edit.text.encode(source.encoding)]
            done = end
    except UnicodeError:
        return None
    return b"".join(parts) + source.data[done:]
