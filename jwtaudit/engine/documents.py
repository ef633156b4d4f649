"""Places in the blocks of documents, told as places in the documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.source import BLOCK, Place, file_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.finding import Draft


def in_document(place: Place) -> Place:
    """The same place, in the file on disk."""
    return Place(file_of(place.path), place.span) if BLOCK in place.path else place


def in_documents(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """The same drafts, all of whose places are in files on disk.

    What one block leaves to the next is reported once; and nothing is fixed in a document.
    """
    seen: set[tuple[str, Place]] = set()
    for draft in drafts:
        if BLOCK not in draft.place.path:
            yield _in_documents(draft)
            continue
        found = _in_documents(draft)
        key = (found.rule, found.place)
        if key not in seen:
            seen.add(key)
            yield found


def _in_documents(draft: Draft) -> Draft:
    places = (draft.place, *(place for place, _ in (*draft.trace, *draft.related)), *draft.secrets)
    if not any(BLOCK in place.path for place in places):
        return draft
    return replace(
        draft,
        place=in_document(draft.place),
        trace=tuple((in_document(place), text) for place, text in draft.trace),
        related=tuple((in_document(place), text) for place, text in draft.related),
        secrets=tuple(map(in_document, draft.secrets)),
        repair=None,
    )
