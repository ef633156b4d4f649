"""Jupyter notebooks: the code cells as one Python program, every place told in the file itself."""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.frontends import Unparsable

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_OPENING = ("{", "[")
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|.)|[^\\]", re.DOTALL)
# What only the notebook's shell understands: a magic, a command, a question.
_SHELL = re.compile(r"(?m)^([ \t]*)[%!?]|^([ \t]*)(?=\w+\?\s*$)")


class Code(NamedTuple):
    """A notebook's program.

    Attributes:
        text: its code cells, one below the other.
        offsets: for each character of it, and for its end, where it stands in the file.
    """

    text: str
    offsets: list[int]


class _Cell:
    def __init__(self) -> None:
        self.kind = ""
        self.sources: list[tuple[int, int]] = []


def code(text: str) -> Code:
    """The program in a notebook.

    Raises:
        Unparsable: the text is no notebook.
    """
    parts: list[str] = []
    offsets: list[int] = []
    for cell in _cells(text):
        if cell.kind != "code":
            continue
        begin = len(offsets)
        written: list[str] = []
        for start, end in cell.sources:
            for char in _ESCAPE.finditer(text, start + 1, end - 1):
                value = char.group()
                if value.startswith("\\"):
                    value = scanstring(f'"{value}"', 1, False)[0]
                written.append(value)
                offsets.append(char.start())
        source = "".join(written)
        if source.startswith("%%"):  # another language
            del offsets[begin:]
            continue
        if not source.endswith("\n"):
            source += "\n"
            offsets.append(cell.sources[-1][1] - 1 if cell.sources else 0)
        parts.append(_SHELL.sub(_commented, source))
    offsets.append(offsets[-1] + 1 if offsets else 0)
    return Code("".join(parts), offsets)


def _commented(match: re.Match[str]) -> str:
    """A line of the shell's as a comment of the same length; a question is left as it is."""
    return (match[1] or "") + "#" if match[1] is not None else match.group()


def _cells(text: str) -> Iterator[_Cell]:
    """The cells, with the strings that their source consists of."""
    path: list[str] = []  # the keys and brackets around
    key: str | None = None
    cell: _Cell | None = None
    depth = 0
    for match in _TOKEN.finditer(text):
        part = match.group()
        if part in _OPENING:
            if path == ["{", "cells", "["] and part == "{":
                cell = _Cell()
            path += [part] if key is None else [key, part]
            key = None
            depth += 1
        elif part in ("}", "]"):
            while path and path.pop() not in _OPENING:
                pass
            if path and path[-1] not in _OPENING:
                path.pop()
            depth -= 1
            if cell is not None and path == ["{", "cells", "["]:
                yield cell
                cell = None
        elif part == ":":
            continue
        elif part == ",":
            key = None
        elif part.startswith('"') and path and path[-1] == "{" and key is None:
            key = part[1:-1]
        else:
            inside = path[3:]
            if cell is not None and part.startswith('"'):
                if inside == ["{"] and key == "cell_type":
                    cell.kind = part[1:-1]
                elif (inside == ["{"] and key == "source") or inside == ["{", "source", "["]:
                    cell.sources.append(match.span())
            key = None if path and path[-1] == "{" else key
    if depth or not text.lstrip().startswith("{"):
        raise Unparsable("not a notebook: the JSON is not whole")
