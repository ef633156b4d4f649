"""Looks for many words at once: a few searches tell whether one of them may stand in a file."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    _Search: TypeAlias = Callable[[bytes], object]
    Searches: TypeAlias = tuple[tuple[_Search, tuple[bytes, ...]], ...]

# So rare in programs that a search which runs from one such letter to the next, for all words
# that hold it, passes over the bytes faster than a search for each word; the rarest first.
_RARE_LETTERS = b"jkxgbdyhu"


def searches(words: Iterable[bytes]) -> Searches:
    """Searches, each with the words of which one stands where it finds something.

    Args:
        words: in lower case, as is what is searched.
    """
    words = sorted(set(words))
    alone = list(shortest(words))
    found: list[tuple[_Search, list[bytes]]] = []
    for letter in _RARE_LETTERS:
        holding = [word for word in alone if letter in word]
        if len(holding) > 1:
            found.append((_from_letter(letter, holding), holding))
            alone = [word for word in alone if letter not in word]
    found += [(functools.partial(_holds, word), [word]) for word in alone]
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
