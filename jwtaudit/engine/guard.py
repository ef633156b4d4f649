"""A look at a file before it is parsed in this process: is it of the kind that kills parsers?

libcst dies on deep nesting and long chains, and needs exponential time on nested patterns.
CPython's own parser is fast and survives all that, so its tree tells how deep a file goes.
Whoever fails here is no fault; it is parsed in a process of its own, which costs 0.3 s.
"""

from __future__ import annotations

import ast
import warnings

from jwtaudit.engine.limits import SMALL

_MAX_DEPTH = 80
_MAX_CHAIN = 60
_MAX_QUOTES = 200
_PATTERN_WEIGHT = 12  # each level of a pattern doubles libcst's time


def is_harmless(data: bytes) -> bool:
    """Whether Python source is small and flat enough to be parsed in this process."""
    if len(data) > SMALL:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        return False
    return _is_flat(tree, data)


def _is_flat(tree: ast.AST, data: bytes) -> bool:
    lines: list[bytes] = []
    pending = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > _MAX_DEPTH:
            return False
        kind = type(node)
        if kind in _CHAINS:
            if _chain(node) > _MAX_CHAIN:
                return False
        elif (kind is ast.Constant and isinstance(node.value, (str, bytes))) or (  # type: ignore[attr-defined]
            kind is ast.JoinedStr
        ):
            # Adjacent strings are one constant here, and nested in libcst.
            lines = lines or data.splitlines()
            if _quotes(node, lines) > _MAX_QUOTES:
                return False
        depth += _PATTERN_WEIGHT if isinstance(node, ast.pattern) else 1
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                pending += [(item, depth) for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                pending.append((value, depth))
    return True


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


def _quotes(node: ast.AST, lines: list[bytes]) -> int:
    first, last = node.lineno - 1, (node.end_lineno or node.lineno)  # type: ignore[attr-defined]
    text = b"\n".join(lines[first:last])
    return text.count(b'"') + text.count(b"'") if len(text) > _MAX_QUOTES else 0
