"""Leaves bodies of functions out of the costly parse.

A file that uses a token library seldom does so in more than a few functions. The fast parser of
the standard library tells where functions stand; a function matters when its text holds one of
the words looked for (or a name imported from a module called so). The other bodies are blanked,
character for character, so that every offset stays. Those that mention a function which matters
are read by the fast parser, the rest only when they turn out to be needed.
"""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.frontends import TEXT_NEEDLES
from jwtaudit.frontends.trees import functions, statements, syntax_tree
from jwtaudit.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.frontends.triage import Vocabulary

_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"(?m)^[ \t]*#[^\r\n]*")
# A token that is taken apart by hand, in a function that may never name it.
_TAKEN_APART = r"split\(\s{0,20}b?[\"']\.[\"']"
# A token that may be written to a log: nothing else need be done with it there.
_LOGGED = re.compile(r"(?i)\b(?:print|log(?:ger|ging)?\.\w+)[ \t]*\([\s\S]{0,160}?token")
# Below this many lines a whole parse costs less than the slicing saves.
_MIN_LINES = 60


@dataclass(slots=True)
class _Body:
    name: str
    start: int
    end: int
    words: frozenset[str]
    matters: bool
    calls: bool

    @property
    def extent(self) -> tuple[int, int]:
        return self.start, self.end


class LeftOut(NamedTuple):
    """Where the bodies begin and end that the costly parse can leave out.

    Attributes:
        needless: those that cannot matter.
        calling: those that may pass something to one that matters, by a call or by their word, or
            tell somebody of a token.
    """

    needless: tuple[tuple[int, int], ...] = ()
    calling: tuple[tuple[int, int], ...] = ()


def left_out(source: Source, vocabulary: Vocabulary) -> LeftOut:
    """The bodies in a file that the costly parse can leave out."""
    text = source.text
    if text.count("\n") < _MIN_LINES:
        return LeftOut()
    tree = syntax_tree(text)
    if tree is None:
        return LeftOut()
    bodies = list(_bodies(tree, source, _Wanted(tree, vocabulary)))
    _spread(bodies)
    others = [body for body in bodies if not body.matters]
    if others:
        _extents(text)  # asked for when one of them is needed; now the tree is at hand
    return LeftOut(
        tuple(body.extent for body in others if not body.calls),
        tuple(body.extent for body in others if body.calls),
    )


def blanked(text: str, bodies: Iterable[tuple[int, int]]) -> str:
    """The text without these bodies."""
    out: list[str] = []
    position = 0
    for start, end in bodies:
        out.append(text[position:start])
        out.append("0" + " " * (end - start - 1))
        position = end
    out.append(text[position:])
    return "".join(out)


def cut_function(source: Source, start: int) -> tuple[str, int] | None:
    """The text of the outermost function around an offset, and how far it was moved.

    A method is put below an ``if``, so that its indentation is right.
    """
    extent = outermost(source, start)
    if extent is None:
        return None
    begin, end = extent
    head = "if 1:\n" if source.text[begin] in " \t" else ""
    return head + source.text[begin:end] + "\n", begin - len(head)


def outermost(source: Source, start: int) -> tuple[int, int] | None:
    """Where the lines of the outermost function around an offset begin and end."""
    extents = _extents(source.text)
    return next((extent for extent in extents if extent[0] <= start < extent[1]), None)


@functools.lru_cache(maxsize=1024)
def _extents(text: str) -> tuple[tuple[int, int], ...]:
    """Where the lines of the outermost functions begin and end."""
    source = Source("", b"", text)
    tree = syntax_tree(text)
    found = []
    for node in () if tree is None else functions(tree):
        line = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        end = _offset(source, *_end(node))
        found.append((source.line_starts[line - 1], end))
    return tuple(found)


class _Wanted:
    """What makes a function matter.

    Names imported from modules that the vocabulary means, its words standing alone or in a name,
    its methods, and the needles of texts. A project may give hundreds of names to look for, so
    they are compared with the words of a function, not searched for one by one.
    """

    def __init__(self, tree: ast.Module, vocabulary: Vocabulary) -> None:
        self._names: set[str] = set()
        for node in statements(tree.body):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module = getattr(node, "module", None) or ""
                for alias in node.names:
                    dotted = f"{module}.{alias.name}".lower()
                    if any(word in dotted for word in vocabulary.imports):
                        self._names.add(alias.asname or alias.name.split(".")[0])
        self._calls = frozenset(vocabulary.calls)
        texts = "|".join((*map(re.escape, TEXT_NEEDLES), _TAKEN_APART))
        loose = "|".join(map(re.escape, vocabulary.imports)) or "(?!)"
        self._speaks = bool(vocabulary.imports or vocabulary.calls)
        self._texts = re.compile(texts)
        self._loose = re.compile(rf"(?i)(?<![a-z])(?:{loose})(?![a-z])")

    def stand_in(self, text: str, code: str, words: frozenset[str]) -> bool:
        """Whether one of them stands in a function.

        Args:
            text: the whole of it.
            code: the same without what is said about it.
            words: those of the code.
        """
        if not self._speaks:
            return False
        if not words.isdisjoint(self._names):
            return True
        called = "|".join(map(re.escape, words & self._calls))
        if called and re.search(rf"\b(?:{called})[ \t]*\(", code):
            return True
        return self._loose.search(code) is not None or self._texts.search(text) is not None

    def heirs(self, tree: ast.Module) -> frozenset[int]:
        """The lines of the methods of classes that derive from what is imported so."""
        names = set(self._names)
        lines: set[int] = set()
        for node in statements(tree.body, inside=False):
            if isinstance(node, ast.ClassDef) and any(
                isinstance(part, ast.Name) and part.id in names
                for base in node.bases
                for part in ast.walk(base)
            ):
                names.add(node.name)
                lines.update(
                    inner.lineno
                    for inner in node.body
                    if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef))
                )
        return frozenset(lines)

    def are_spoken_of(self, text: str) -> bool:
        """Whether one of them stands in a function's comments or docstring, if nowhere else."""
        return self._speaks and self._loose.search(text) is not None


def _bodies(tree: ast.Module, source: Source, wanted: _Wanted) -> Iterator[_Body]:
    """The bodies of a module's functions and of its classes' methods, in order."""
    heirs = wanted.heirs(tree)
    for node in functions(tree):
        first = node.body[0]
        if getattr(first, "decorator_list", ()):
            continue  # begins at an @, not at its own place: rare, and kept whole
        begin = _offset(source, node.lineno, node.col_offset)
        start = _offset(source, first.lineno, first.col_offset)
        end = _offset(source, *_end(node))
        text = source.text[begin:end]
        # Who is only spoken of in the docstring and in comments is not called here.
        told = _offset(source, *_end(first)) if _is_text(first) else start
        code = _COMMENT.sub("", text[: start - begin] + source.text[told:end])
        words = frozenset(_WORD.findall(code))
        inherits = node.lineno in heirs and "super" in words
        matters = inherits or wanted.stand_in(text, code, words)
        calls = not matters and (wanted.are_spoken_of(text) or _LOGGED.search(code) is not None)
        yield _Body(node.name, start, end, words, matters, calls)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _end(node: ast.stmt) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def _offset(source: Source, line: int, column: int) -> int:
    """An offset from the line and the column, in bytes of UTF-8, that ``ast`` gives."""
    start = source.line_starts[line - 1]
    if source.text.isascii():
        return start + column
    return start + len(source.line(line).encode()[:column].decode())


def _spread(bodies: list[_Body]) -> None:
    """Mark the functions that mention one that matters: those hold the arguments.

    The other way need not be gone: a function that is called is read when it is asked for.
    """
    names = {body.name for body in bodies if body.matters} - _COMMON
    known = set(names)
    for _ in range(_CALLERS):
        others = (body for body in bodies if not body.matters and not body.calls)
        reached = [body for body in others if body.words & names]
        for body in reached:
            body.calls = True
        names = {body.name for body in reached} - _COMMON - known
        known |= names


_CALLERS = 6
"""How many calls away a function is still read: one more than are followed, which is then said."""


# Names of methods that every object of the language may have tell nothing.
_COMMON = frozenset(
    name for kind in (str, bytes, dict, list, set, object, type) for name in dir(kind)
) | {"__init__", "__call__", "__enter__", "__exit__"}
