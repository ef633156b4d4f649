"""The Python front end: which parser reads what.

libcst reads what is judged: functions and files in which a word of tokens stands. What is only
followed for its values, and what only calls the former, whole files or functions of one, is read by
the interpreter's own parser, which is ten times as fast; libcst reads of these what that cannot:
Python 2 as if it were Python 3, syntax newer than the interpreter, odd line ends.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jwtaudit import facts as f
from jwtaudit.frontends import Unparsable, python_tree
from jwtaudit.frontends.slicing import LeftOut, blanked, cut_function, left_out
from jwtaudit.frontends.triage import matters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.frontends.triage import Vocabulary
    from jwtaudit.source import Source


def lower(source: Source, vocabulary: Vocabulary | None = None) -> f.Facts:
    """Turn a Python file into facts; with a vocabulary, only the functions that can matter to it.

    Raises:
        Unparsable: a syntax error, or nesting beyond what the interpreter's stack holds.
    """
    with _refusals():
        left = left_out(source, vocabulary) if vocabulary else LeftOut()
        omitted = frozenset(start for start, _ in left.needless)
        if vocabulary and vocabulary.any_file and (facts := python_tree.lower(source, omitted)):
            return facts
        read = python_tree.parts(
            source,
            {start for start, _ in left.calling},
            {start for start, _ in left.definitions},
            omitted,
        )
    from jwtaudit.frontends import python_cst  # noqa: PLC0415 - takes long to import

    others = (part for part in (*left.calling, *left.definitions) if part[0] in read)
    text = blanked(source.text, (*left.needless, *others))
    return python_cst.lower(source, text, omitted, read=read)


def lower_notebook(source: Source, vocabulary: Vocabulary | None = None) -> f.Facts:
    """Turn a notebook's code cells into facts, as one program.

    Raises:
        Unparsable: it is no notebook, or its code is not Python.
    """
    from jwtaudit.frontends import notebook, python_cst  # noqa: PLC0415

    text, offsets = notebook.code(source.text)
    if vocabulary is not None and not matters(text.encode("utf-8", "replace"), vocabulary):
        return f.Facts(source.path, "python", relevant=False)
    return python_cst.lower(source, text, offsets=offsets)


def lower_block(source: Source) -> f.Facts:
    """Turn a block of a document into facts.

    Raises:
        Unparsable: it is no whole program, as most of what documents show.
    """
    from jwtaudit.frontends import documents, python_cst  # noqa: PLC0415

    text, offsets = documents.python(source.text)
    return python_cst.lower(source, text, offsets=offsets)


def lower_function(source: Source, start: int) -> f.Function | None:
    """The function that begins at an offset, by itself; None when there is none.

    Raises:
        Unparsable: as ``lower``.
    """
    with _refusals():
        body = python_tree.lower_around(source, start)
    if body is None:
        from jwtaudit.frontends import python_cst  # noqa: PLC0415

        cut = cut_function(source, start)
        text, moved = cut or (source.text, 0)
        body = python_cst.lower(source, text, moved=moved).body
    return next((function for function in _functions(body) if function.span.start == start), None)


def _functions(body: tuple[f.Statement, ...]) -> Iterator[f.Function]:
    """All functions below some statements, however deep."""
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, f.Function):
            yield node
        for block in ("body", "otherwise", "handlers", "final"):
            stack.extend(getattr(node, block, ()))


@contextmanager
def _refusals() -> Iterator[None]:
    """Say in words for people what the walk over a tree may raise."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except RecursionError:
        raise Unparsable("nested too deeply") from None
