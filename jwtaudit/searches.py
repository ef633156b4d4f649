"""Looks for many words at once: a few searches tell whether one of them may stand in a file."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    _Search: TypeAlias = Callable[[bytes], object]

# So rare in programs that a search which runs from one such letter to the next, for all words
# that hold it, passes over the bytes faster than a search for each word.
_RARE_LETTERS = b"jkx"
_IN_COMMON = 6
"""How many letters words have in common, at an end, to be looked for by these first."""


def searches(words: Iterable[bytes]) -> tuple[tuple[_Search, tuple[bytes, ...]], ...]:
    """Searches, each with the words of which none stands where it finds nothing.

    Args:
        words: in lower case, as is what is searched.
    """
    words = sorted(set(words))
    by_letter: dict[int, list[bytes]] = {}
    alone: list[bytes] = []
    for word in shortest(words):
        letter = next((letter for letter in _RARE_LETTERS if letter in word), None)
        if letter is None:
            alone.append(word)
        else:
            by_letter.setdefault(letter, []).append(word)
    found: list[tuple[_Search, list[bytes]]] = [
        (_from_letter(letter, holding), holding) for letter, holding in by_letter.items()
    ]
    by_end, others = _alike(alone, slice(-_IN_COMMON, None))
    by_beginning, others = _alike(others, slice(_IN_COMMON))
    for part, alike in (by_end | by_beginning).items():
        found.append((functools.partial(_holds_one, part, alike), alike))
    found += [(functools.partial(_holds, word), [word]) for word in others]
    return tuple(
        (search, tuple(word for word in words if any(part in word for part in parts)))
        for search, parts in found
    )


def shortest(words: Iterable[bytes]) -> tuple[bytes, ...]:
    """The words without those that contain another one."""
    kept: list[bytes] = []
    for word in sorted(set(words), key=lambda word: (len(word), word)):
        if word and not any(shorter in word for shorter in kept):
            kept.append(word)
    return tuple(kept)


def _alike(words: Iterable[bytes], part: slice) -> tuple[dict[bytes, list[bytes]], list[bytes]]:
    """The words that share a part with others, by that part; and the rest."""
    groups: dict[bytes, list[bytes]] = {}
    for word in words:
        groups.setdefault(word[part], []).append(word)
    rest = [alike[0] for alike in groups.values() if len(alike) == 1]
    return {common: alike for common, alike in groups.items() if len(alike) > 1}, rest


def _from_letter(letter: int, words: Iterable[bytes]) -> _Search:
    """A search that looks ahead from each such letter before it looks back."""
    ways = []
    for word in words:
        after = word.index(letter) + 1
        before = b"(?<=%s)" % re.escape(word) if after > 1 else b""
        ways.append(re.escape(word[after:]) + before)
    return re.compile(b"%c(?:%s)" % (letter, b"|".join(ways))).search


def _holds(word: bytes, data: bytes) -> bool:
    return word in data


def _holds_one(part: bytes, words: Iterable[bytes], data: bytes) -> bool:
    return part in data and any(word in data for word in words)
