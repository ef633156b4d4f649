"""One file as read: its bytes, its text, and the way from offsets to lines and columns."""

from __future__ import annotations

import bisect
import codecs
import re
from dataclasses import dataclass, field
from typing import NamedTuple

BLOCK = "\0"
"""Stands between the name of a document and that of a block in it; no file's name holds it."""


def file_of(path: str) -> str:
    """The file on disk: for a block of a document, the document."""
    return path.partition(BLOCK)[0]


_TO_FILL_IN = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_NOT_OF_A_NAME = re.compile(r"[^\w\r\n]")


def filled_in(text: str) -> str:
    """A path, or a text, with a name in the place of what a template fills in; as long as before.

    ``{{cookiecutter.app}}/models.py`` becomes ``__cookiecutter_app__/models.py``.
    """
    return _TO_FILL_IN.sub(lambda match: _NOT_OF_A_NAME.sub("_", match.group()), text)


class Span(NamedTuple):
    """A half-open range of character offsets into a file's decoded text."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """Whether ``other`` lies within this span."""
        return self.start <= other.start and other.end <= self.end


class Place(NamedTuple):
    """A span in a file; ``path`` is relative to the scan root, with forward slashes."""

    path: str
    span: Span


class Position(NamedTuple):
    """A line and a column, both from 1; columns count characters."""

    line: int
    column: int


_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class Source:
    """A file's content.

    Attributes:
        path: path relative to the scan root, with forward slashes.
        data: the bytes as read.
        text: ``data`` decoded, without the byte-order mark.
        encoding: the codec that decoded it.
    """

    path: str
    data: bytes
    text: str
    encoding: str = "utf-8"
    _starts: list[int] | None = field(default=None, repr=False)

    @property
    def line_starts(self) -> list[int]:
        """Offsets at which lines begin; the first is 0."""
        if self._starts is None:
            self._starts = [0, *(m.end() for m in _LINE_END.finditer(self.text))]
        return self._starts

    def position(self, offset: int) -> Position:
        """The line and column of a character offset."""
        line = bisect.bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its line end; empty past the last one."""
        starts = self.line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def line_span(self, number: int) -> Span:
        """The span of a line (from 1), without its line end."""
        start = self.line_starts[number - 1]
        return Span(start, start + len(self.line(number)))

    def byte_offset(self, offset: int) -> int:
        """The offset into ``data`` of a character offset into ``text``."""
        bom = len(codecs.BOM_UTF8) if self.data.startswith(codecs.BOM_UTF8) else 0
        prefix = self.text[:offset]
        if prefix.isascii() and self.encoding.startswith(("utf-8", "ascii", "latin", "iso8859")):
            return bom + offset
        return bom + len(prefix.encode(self.encoding, "surrogatepass"))
