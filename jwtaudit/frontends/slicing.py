"""Leaves out the bodies of functions that cannot matter, before the costly parse.

A file that uses a token library seldom does so in more than a few functions. The fast parser of
the standard library tells where functions stand; a function matters when its text holds one of
the words looked for (or a name imported from a module called so), or when it mentions a function that matters. The
other bodies are blanked, character for character, so that every offset stays. A body that turns
out to be needed is read later.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jwtaudit.frontends import TEXT_NEEDLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.frontends.triage import Vocabulary
    from jwtaudit.source import Source

_WORD = re.compile(r"\w+")
# Below this many lines a whole parse costs less than the slicing saves.
_MIN_LINES = 60


@dataclass(slots=True)
class _Body:
    name: str
    start: int
    end: int
    words: frozenset[str]
    matters: bool


def slice_source(source: Source, vocabulary: Vocabulary) -> tuple[str, frozenset[int]]:
    """The text with the bodies that cannot matter blanked, and where those bodies begin."""
    text = source.text
    if text.count("\n") < _MIN_LINES:
        return text, frozenset()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text, frozenset()  # libcst reads more than an old interpreter does
    wanted = _wanted_words(tree, vocabulary)
    bodies = list(_bodies(tree, source, wanted))
    _spread(bodies)
    out: list[str] = []
    position = 0
    omitted = set()
    for body in bodies:
        if body.matters:
            continue
        out.append(text[position : body.start])
        out.append("0" + " " * (body.end - body.start - 1))
        position = body.end
        omitted.add(body.start)
    out.append(text[position:])
    return "".join(out), frozenset(omitted)


def _wanted_words(tree: ast.Module, vocabulary: Vocabulary) -> re.Pattern[str]:
    """What makes a function matter: names imported from modules that the vocabulary means,
    its words standing alone or in a name, its methods, and the needles of texts.
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None) or ""
            for alias in node.names:
                dotted = f"{module}.{alias.name}".lower()
                if any(word in dotted for word in vocabulary.imports):
                    names.add(alias.asname or alias.name.split(".")[0])
    words = [rf"\b{re.escape(name)}\b" for name in sorted(names) if name != "*"]
    words += [rf"\b{re.escape(name)}[ \t]*\(" for name in vocabulary.calls]
    words += [re.escape(needle) for needle in TEXT_NEEDLES]
    loose = "|".join(map(re.escape, vocabulary.imports)) or "(?!)"
    return re.compile(rf"{'|'.join(words)}|(?i:(?<![a-z])(?:{loose})(?![a-z]))")


def _bodies(tree: ast.Module, source: Source, wanted: re.Pattern[str]) -> Iterator[_Body]:
    """The functions of a module and of its classes, outermost only, in order."""
    starts = source.line_starts

    def to_offset(line: int, column: int) -> int:
        """An offset from the line and the column, in bytes of UTF-8, that ``ast`` gives."""
        start = starts[line - 1]
        if source.text.isascii():
            return start + column
        return start + len(source.line(line).encode()[:column].decode())

    stack: list[ast.stmt] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0]
            if isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                decorators = first.decorator_list
                line = min([d.lineno for d in decorators], default=first.lineno)
                if line != first.lineno:
                    continue  # begins at an @: rare, and kept whole
            begin = to_offset(node.lineno, node.col_offset)
            start = to_offset(first.lineno, first.col_offset)
            end = to_offset(node.end_lineno or 0, node.end_col_offset or 0)
            words = source.text[begin:end]
            yield _Body(
                node.name, start, end, frozenset(_WORD.findall(words)), bool(wanted.search(words))
            )
        else:
            inner: list[ast.stmt] = []
            for block in ("body", "orelse", "finalbody"):
                inner.extend(getattr(node, block, ()))
            for handler in getattr(node, "handlers", ()):
                inner.extend(handler.body)
            stack.extend(reversed(inner))


def _spread(bodies: list[_Body]) -> None:
    """Let what matters reach the functions that mention it: those hold the arguments.

    The other way need not be gone: a function that is called is read when it is asked for.
    """
    names = {body.name for body in bodies if body.matters} - _COMMON
    changed = bool(names)
    while changed:
        changed = False
        for body in bodies:
            if not body.matters and body.words & names:
                body.matters = True
                if body.name not in names and body.name not in _COMMON:
                    names.add(body.name)
                    changed = True


# Names of methods that every object of the language may have tell nothing.
_COMMON = frozenset(
    name for kind in (str, bytes, dict, list, set, object, type) for name in dir(kind)
) | {"__init__", "__call__", "__enter__", "__exit__"}
