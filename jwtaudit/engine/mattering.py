"""Which files can matter to any rule, by the words that they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit import frontends
from jwtaudit.discovery import Needles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtaudit.models import Models

PROGRAMS = ("python", "javascript")
"""The languages of programs."""


class Mattering:
    """Tells whether a file holds a word without which no rule has anything to say about it."""

    def __init__(self, models: Models, languages: Iterable[str]) -> None:
        """Take the words of the models."""
        texts = tuple(needle.encode() for needle in frontends.TEXT_NEEDLES)
        self._needles = {
            language: Needles(models.needles(language), texts) for language in languages
        }

    def __call__(self, path: str, data: bytes) -> bool:
        """Whether a file can matter."""
        language = frontends.language_of(path)
        if language == "config":
            from jwtaudit.frontends import config  # noqa: PLC0415

            return config.matters(data)
        if language == "key":
            from jwtaudit.frontends import config  # noqa: PLC0415

            return config.holds_key(path, data)
        if language == "manifest":
            from jwtaudit.dependencies import is_followed  # noqa: PLC0415
            from jwtaudit.program import advisories  # noqa: PLC0415

            return not is_followed(path) and advisories.concerned(data)
        if language == "document":
            return any(words.match(data) for words in self._needles.values())
        return self.needles(path).match(data)

    def needles(self, path: str) -> Needles:
        """The words of a file's language."""
        return self._needles[frontends.program_of(path) or "python"]
