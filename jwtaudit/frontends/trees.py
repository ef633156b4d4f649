"""Syntax trees by the interpreter's own parser: fast, and safe where libcst is neither.

Whoever looks at a file before its costly parse looks at the same tree.
"""

from __future__ import annotations

import ast
import functools
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@functools.lru_cache(maxsize=12)
def syntax_tree(text: str) -> ast.Module | None:
    """The tree of a file; None for what libcst may read all the same."""
    return parsed(text)


def parsed(text: str) -> ast.Module | None:
    """The tree of a text that nobody else looks at."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def statements(body: list[ast.stmt], *, inside: bool = True) -> Iterator[ast.stmt]:
    """All statements, in order; without ``inside`` not those in functions."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if not inside and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        inner: list[ast.stmt] = []
        for block in ("body", "handlers", "orelse", "finalbody", "cases"):
            for part in getattr(node, block, ()):
                inner.extend(part.body if isinstance(part, _HOLDERS) else [part])
        stack.extend(reversed(inner))


_HOLDERS = (ast.ExceptHandler, ast.match_case)


def functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The outermost functions among statements, those of classes included, in order."""
    for node in statements(body, inside=False):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """The line, from 1, at which a definition begins, its decorators included."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
