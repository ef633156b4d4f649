"""What code shows by the names it chooses: word lists of ``rules/data``, in the order they have."""

from __future__ import annotations

import functools

from jwtaudit.resources import data


class WordLists:
    """The lists of one file.

    Args:
        file: its name in ``rules/data``, without the ending.
    """

    def __init__(self, file: str) -> None:
        self._file = file

    def words(self, name: str) -> tuple[str, ...]:
        """A list, by its name."""
        return _words(self._file, name)

    def says(self, text: str, name: str) -> bool:
        """Whether a text holds one of the words of a list, as a word or in one."""
        lower = text.lower()
        return any(word in lower for word in self.words(name))


@functools.cache
def _words(file: str, name: str) -> tuple[str, ...]:
    return tuple(data(file)[name])
