"""Where the parts of strings stand that the interpreter's parser has made one of.

Its tree says nothing of strings side by side, and (before Python 3.12) little that is true of
the positions in a formatted string.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jwtaudit.source import Span

_OPENING = re.compile(r"""(?P<prefix>[a-zA-Z]*)(?P<quote>\"{3}|'{3}|\"|')""")
_BETWEEN = re.compile(r"""(?:#[^\r\n]*|[^a-zA-Z"'#])*""")


class Part(NamedTuple):
    """A piece of a formatted string: text, or the source of an expression."""

    span: Span
    is_expression: bool


class Piece(NamedTuple):
    """One string, as it is written.

    Attributes:
        span: where it stands, with its prefix and its quotes.
        inner: what stands between the quotes.
        parts: what it is made of, when it is a formatted one.
    """

    span: Span
    inner: Span
    parts: tuple[Part, ...] | None


def pieces(code: str, span: Span) -> list[Piece]:
    """The strings side by side in a span."""
    found = []
    position = span.start
    while position < span.end:
        piece = _piece(code, position)
        if piece is None:
            break
        found.append(piece)
        between = _BETWEEN.match(code, piece.span.end, span.end)
        position = between.end() if between else span.end
    return found


def _piece(code: str, start: int) -> Piece | None:
    """The string that begins here."""
    opening = _OPENING.match(code, start)
    if opening is None:
        return None
    quote, prefix = opening["quote"], opening["prefix"].lower()
    parts: list[Part] = []
    position = begin = opening.end()
    while position < len(code) and not code.startswith(quote, position):
        char = code[position]
        if char == "\\" and not ("r" in prefix and code[position + 1 : position + 2] in "{}"):
            position += 2
        elif char == "{" and "f" in prefix and code[position + 1 : position + 2] != "{":
            if begin < position:
                parts.append(Part(Span(begin, position), is_expression=False))
            end = _expression_end(code, position + 1)
            parts.append(Part(Span(position + 1, end), is_expression=True))
            position = begin = _field_end(code, end)
        else:
            position += 2 if char == "{" and "f" in prefix else 1
    if begin < position and "f" in prefix:
        parts.append(Part(Span(begin, position), is_expression=False))
    return Piece(
        Span(start, position + len(quote)),
        Span(opening.end(), position),
        tuple(parts) if "f" in prefix else None,
    )


def _expression_end(code: str, position: int) -> int:
    """Where the expression ends in a replacement field."""
    depth = 0
    while position < len(code):
        char = code[position]
        if char in "\"'" and (piece := _piece(code, position)) is not None:
            position = piece.span.end
            continue
        if char in "([{":
            depth += 1
        elif depth and char in ")]}":
            depth -= 1
        elif not depth and (
            char in "}:" or (char == "!" and code[position + 1] != "=") or _shows(code, position)
        ):
            return position
        elif not depth and char in "=!<>" and code[position + 1] == "=":
            position += 1
        position += 1
    return position


def _shows(code: str, position: int) -> bool:
    """Whether an equals sign stands at the end of the expression: its text is shown, too."""
    return code[position] == "=" and code[position + 1 :].lstrip()[:1] in {"}", "!", ":"}


def _field_end(code: str, position: int) -> int:
    """The offset behind the brace that closes a replacement field."""
    depth = 1
    while position < len(code) and depth:
        depth += {"{": 1, "}": -1}.get(code[position], 0)
        position += 1
    return position
