"""Leaves bodies of functions out of the costly parse.

A file that uses a token library seldom does so in more than a few functions. The fast parser of
the standard library tells where functions stand; a function matters when its text holds one of
the words looked for (or a name imported from a module called so). The other bodies are blanked,
character for character, so that every offset stays. Those that mention a function which matters
are read by the fast parser, the rest only when they turn out to be needed.
"""

from __future__ import annotations

import ast
import bisect
import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.frontends import TEXT_NEEDLES
from jwtaudit.frontends.trees import first_line, functions, statements, syntax_tree
from jwtaudit.frontends.triage import finds, hits, words_for
from jwtaudit.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jwtaudit.frontends.triage import Vocabulary

_WORD = re.compile(r"\w+")
_COMMENT = re.compile(r"(?m)^[ \t]*#[^\r\n]*")
# A token that is taken apart by hand, in a function that may never name it.
_TAKEN_APART = re.compile(r"split\(\s{0,20}b?[\"']\.[\"']")
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
    shared: frozenset[str] = frozenset()  # variables of the module that it may set

    @property
    def extent(self) -> tuple[int, int]:
        return self.start, self.end

    def is_in(self, extents: Sequence[tuple[int, int]]) -> bool:
        """Whether it lies in one of some extents, which are in order."""
        after = bisect.bisect_right(extents, self.extent)
        return after > 0 and self.start < extents[after - 1][1]


class LeftOut(NamedTuple):
    """Where what the costly parse can leave out begins and ends.

    Attributes:
        needless: bodies that cannot matter.
        calling: other bodies that may pass something to one that matters, by a call or by their
            word, or tell somebody of a token.
        definitions: the lines of functions and classes of the module in which nothing matters;
            bodies in them may be needless.
    """

    needless: tuple[tuple[int, int], ...] = ()
    calling: tuple[tuple[int, int], ...] = ()
    definitions: tuple[tuple[int, int], ...] = ()


def left_out(source: Source, vocabulary: Vocabulary) -> LeftOut:
    """What of a file the costly parse can leave out."""
    text = source.text
    if text.count("\n") < _MIN_LINES:
        return LeftOut()
    tree = syntax_tree(text)
    if tree is None:
        return LeftOut()
    wanted = _Wanted(tree, source, vocabulary)
    bodies = list(_bodies(tree, source, wanted))
    _spread(bodies)
    others = [body for body in bodies if not body.matters]
    if others:
        _extents(text)  # asked for when one of them is needed; now the tree is at hand
    definitions = tuple(_definitions(tree, source, wanted, others))
    return LeftOut(
        tuple(body.extent for body in others if not body.calls),
        tuple(body.extent for body in others if body.calls and not body.is_in(definitions)),
        definitions,
    )


def blanked(text: str, parts: Iterable[tuple[int, int]]) -> str:
    """The text without these parts, and what lies in them."""
    out: list[str] = []
    position = 0
    for start, end in sorted(parts):
        if start >= position:
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
    for node in () if tree is None else functions(tree.body):
        end = _offset(source, *_end(node))
        found.append((source.line_starts[first_line(node) - 1], end))
    return tuple(found)


class _Wanted:
    """What makes a function matter.

    Names imported from modules that the vocabulary means, its words standing alone or in a name,
    its methods, and the needles of texts. A project may give hundreds of names to look for, so
    they are compared with the words of a function, not searched for one by one; and all else is
    looked for in the file once, not in each function.
    """

    def __init__(self, tree: ast.Module, source: Source, vocabulary: Vocabulary) -> None:
        self._names: set[str] = set()
        for node in statements(tree.body):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module = getattr(node, "module", None) or ""
                for alias in node.names:
                    dotted = f"{module}.{alias.name}".lower()
                    if any(word in dotted for word in vocabulary.imports):
                        self._names.add(alias.asname or alias.name.split(".")[0])
        self._calls = frozenset(vocabulary.calls)
        self._speaks = bool(vocabulary.imports or vocabulary.calls)
        text = source.text
        lower = text.encode("ascii", "replace").lower()  # offsets stay
        loose = words_for(vocabulary.imports) if vocabulary.imports else ()
        self._spoken = sorted(start for start, _ in hits(lower, loose))
        self._said = [start for start in self._spoken if not _is_comment(text, start)]
        needles = [place for needle in TEXT_NEEDLES for place in finds(text, needle)]
        parted = [place for place in finds(text, "split(") if _TAKEN_APART.match(text, place)]
        self._texts = sorted((*needles, *parted))
        self._tokens = list(finds(lower, b"token"))

    def stand_in(self, part: _Part) -> bool:
        """Whether one of them stands in a part of the file."""
        if not self._speaks:
            return False
        if not part.words.isdisjoint(self._names):
            return True
        called = "|".join(map(re.escape, part.words & self._calls))
        if called and re.search(rf"\b(?:{called})[ \t]*\(", part.code):
            return True
        return any(_within(self._said, *extent) for extent in part.extents) or any(
            _within(self._texts, *extent) for extent in (*part.extents, *part.told)
        )

    def are_told_of(self, part: _Part) -> bool:
        """Whether one of them is spoken of, in a comment or a docstring, or a token is logged."""
        names_token = any(_within(self._tokens, *extent) for extent in part.extents)
        if names_token and _LOGGED.search(part.code):
            return True
        return self._speaks and any(
            _within(self._spoken, *extent) for extent in (*part.extents, *part.told)
        )

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


class _Part:
    """A part of a file: code, and what is told about it, which calls nobody.

    Args:
        source: the file.
        extents: where the code stands.
        told: where a docstring stands.
    """

    def __init__(
        self, source: Source, extents: Sequence[tuple[int, int]], *told: tuple[int, int]
    ) -> None:
        self.extents = extents
        self.told = told
        self.code = _COMMENT.sub("", "".join(source.text[slice(*extent)] for extent in extents))
        self.words = frozenset(_WORD.findall(self.code))


def _bodies(tree: ast.Module, source: Source, wanted: _Wanted) -> Iterator[_Body]:
    """The bodies of a module's functions and of its classes' methods, in order."""
    heirs = wanted.heirs(tree)
    for node in functions(tree.body):
        first = node.body[0]
        if getattr(first, "decorator_list", ()):
            continue  # begins at an @, not at its own place: rare, and kept whole
        begin = _offset(source, node.lineno, node.col_offset)
        start = _offset(source, first.lineno, first.col_offset)
        end = _offset(source, *_end(node))
        told = _offset(source, *_end(first)) if _is_text(first) else start
        part = _Part(source, ((begin, start), (told, end)), (start, told))
        inherits = node.lineno in heirs and "super" in part.words
        matters = inherits or wanted.stand_in(part)
        calls = not matters and wanted.are_told_of(part)
        shared = frozenset[str]()
        if "global" in part.words:  # may set what those that matter read
            inner = (one for one in ast.walk(node) if isinstance(one, ast.Global))
            shared = frozenset(name for one in inner for name in one.names)
        yield _Body(node.name, start, end, part.words, matters, calls, shared)


def _definitions(
    tree: ast.Module, source: Source, wanted: _Wanted, others: list[_Body]
) -> Iterator[tuple[int, int]]:
    """The functions and classes of a module of whose bodies, and of the rest, none matters."""
    extents = {body.start: body.extent for body in others}
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        start = source.line_starts[first_line(node) - 1]
        end = _offset(source, *_end(node))
        inside = []
        for function in functions([node]):
            first = function.body[0]
            body = extents.get(_offset(source, first.lineno, first.col_offset))
            if body is None:
                break
            inside.append(body)
        else:
            places = (start, *(place for body in inside for place in body), end)
            part = _Part(source, tuple(zip(places[::2], places[1::2], strict=True)))
            if not wanted.stand_in(part):
                yield start, end


def _within(places: list[int], start: int, end: int) -> bool:
    """Whether one of some places, in order, lies between two."""
    first = bisect.bisect_left(places, start)
    return first < len(places) and places[first] < end


def _is_comment(text: str, place: int) -> bool:
    """Whether a line is nothing but a comment."""
    return text[text.rfind("\n", 0, place) + 1 : place].lstrip(" \t").startswith("#")


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
    for body in bodies:
        if body.shared and not body.matters:
            body.calls |= any(b.matters and not body.shared.isdisjoint(b.words) for b in bodies)
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
