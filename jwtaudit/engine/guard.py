"""A look at a file before it is parsed in this process: is it of the kind that kills parsers?

libcst dies on deep nesting and long chains, and needs exponential time on nested patterns.
CPython's own parser is fast and survives all that, so its tree tells how deep a file goes.
Whoever fails here is no fault; it is parsed in a process of its own, which costs 0.3 s.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from jwtaudit import frontends
from jwtaudit.engine.limits import SMALL
from jwtaudit.frontends.trees import syntax_tree

if TYPE_CHECKING:
    from jwtaudit.source import Source

_MAX_DEPTH = 80
_MAX_CHAIN = 60
_MAX_QUOTES = 200
_PATTERN_WEIGHT = 12  # each level of a pattern doubles libcst's time


def is_harmless(path: str, data: bytes) -> bool:
    """Whether Python source is small and flat enough to be parsed in this process."""
    if len(data) > SMALL:
        return False
    try:
        source = frontends.read(path, data)
    except frontends.Unparsable:
        return False
    tree = syntax_tree(source.text)
    return tree is not None and _is_flat(tree, source)


def _is_flat(tree: ast.AST, source: Source) -> bool:
    pending = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > _MAX_DEPTH:
            return False
        kind = type(node)
        if kind in _CHAINS:
            if _chain(node) > _MAX_CHAIN:
                return False
        elif kind in _TEXTS and _quotes(node, source) > _MAX_QUOTES:
            return False
        depth += _PATTERN_WEIGHT if isinstance(node, ast.pattern) else 1
        for value in node.__dict__.values():
            if isinstance(value, list):
                pending += [(item, depth) for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and type(value) not in _LEAVES:
                pending.append((value, depth))
    return True


# Adjacent strings are one constant here, and nested in libcst.
_TEXTS = {ast.Constant, ast.JoinedStr}
_LEAVES = {ast.Name, ast.Load, ast.Store, ast.Del, *ast.operator.__subclasses__()}

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
