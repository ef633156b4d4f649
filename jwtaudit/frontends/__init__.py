"""Front ends: one per language, each turning a file's bytes into facts."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jwtaudit.facts import Facts
    from jwtaudit.frontends.triage import Vocabulary
    from jwtaudit.source import Source

_LANGUAGES = {
    ".py": "python",
    ".pyi": "python",
    ".pyw": "python",
    ".html": "template",
    ".htm": "template",
    ".jinja": "template",
    ".jinja2": "template",
    ".j2": "template",
}

TEXT_NEEDLES = ("eyJ", "eyK", "localStorage", "sessionStorage", "document.cookie")
"""What a string literal must hold to be kept for the rules that read texts."""


class Unparsable(Exception):  # noqa: N818 - a word that reads well where it is caught
    """A file cannot be turned into facts.

    Attributes:
        message: the reason, without the file's content.
        line: the line (from 1) where it went wrong, if known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line


def language_of(path: str) -> str | None:
    """The language of a file by its name; None when there is no front end for it."""
    return _LANGUAGES.get(PurePosixPath(path).suffix.lower())


def read(path: str, data: bytes) -> Source:
    """Decode a file as its language does.

    Raises:
        Unparsable: the bytes are not text in the declared encoding.
    """
    from jwtaudit.frontends.text import decode

    return decode(path, data, cookie=language_of(path) == "python")


def extract(path: str, data: bytes, vocabulary: Vocabulary | None = None) -> Facts:
    """The facts of one file: a pure function of its name, its bytes and the vocabulary.

    Without a vocabulary the whole file is read. With one, a file that cannot matter gives facts
    that say so, and bodies of functions that cannot matter are omitted.

    Raises:
        Unparsable: the file is not valid text or not valid source.
    """
    if language_of(path) == "python":
        from jwtaudit.frontends.triage import matters

        if vocabulary is not None and not matters(data, vocabulary):
            from jwtaudit.facts import Facts

            return Facts(path, "python", relevant=False)
        from jwtaudit.frontends.python import lower

        return lower(read(path, data), vocabulary)
    from jwtaudit.frontends.text import lower_text

    return lower_text(read(path, data))
