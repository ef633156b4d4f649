"""Is a file of the kind that kills parsers, and makes walks go deep?

libcst dies on deep nesting and long chains, and needs exponential time on nested patterns.
CPython's own parser is fast and survives all that, so its tree tells how deep a file goes.
"""

from __future__ import annotations

import ast
import functools
from typing import Any

from jwtaudit.frontends.trees import syntax_tree
from jwtaudit.source import Source

_MAX_DEPTH = 80
_MAX_CHAIN = 60
_MAX_QUOTES = 200
_PATTERN_WEIGHT = 12  # each level of a pattern doubles libcst's time


@functools.lru_cache(maxsize=1024)
def is_flat(text: str) -> bool:
    """Whether Python source goes no deeper than people write it; False also for what is none."""
    tree = syntax_tree(text)
    return tree is not None and _is_flat(tree, Source("", b"", text))


def _is_flat(tree: ast.Module, source: Source) -> bool:
    level: list[Any] = [tree]
    patterns = 0
    for depth in range(_MAX_DEPTH):
        below: list[Any] = []
        has_pattern = False
        for node in level:
            kind = type(node)
            if kind in _PLAIN:
                continue
            if kind in _CHAINS:
                if _chain(node) > _MAX_CHAIN:
                    return False
            elif kind in _TEXTS:
                if _quotes(node, source) > _MAX_QUOTES:
                    return False
            elif kind in _PATTERNS:
                has_pattern = True
            fields = node.__dict__
            for name in kind._fields:
                value = fields[name]
                if value.__class__ is list:
                    below += value
                elif value.__class__ not in _PLAIN:
                    below.append(value)
        if not below:
            return True
        patterns += has_pattern
        if depth + patterns * (_PATTERN_WEIGHT - 1) > _MAX_DEPTH:
            return False
        level = below
    return False


# Adjacent strings are one constant here, and nested in libcst.
_TEXTS = {ast.Constant, ast.JoinedStr}
_PATTERNS = set(ast.pattern.__subclasses__())
_PLAIN = {
    ast.Name, ast.Load, ast.Store, ast.Del, *ast.operator.__subclasses__(),
    str, bytes, int, float, complex, bool, type(None), type(...),
}  # fmt: skip

_CHAINS = {
    ast.BoolOp,
    ast.Import,
    ast.ImportFrom,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
}


def _chain(node: ast.AST) -> int:
    """The length of what is flat for CPython and nested for libcst."""
    if isinstance(node, ast.BoolOp):
        return len(node.values)
    if isinstance(node, ast.Import):
        return max(alias.name.count(".") for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").count(".")
    return len(getattr(node, "generators", ()))


def _quotes(node: Any, source: Source) -> int:
    if node.lineno == node.end_lineno and node.end_col_offset - node.col_offset <= _MAX_QUOTES:
        return 0  # not more than fit in
    starts = source.line_starts
    end = starts[node.end_lineno] if node.end_lineno < len(starts) else len(source.text)
    text = source.text[starts[node.lineno - 1] : end]
    return text.count('"') + text.count("'")
