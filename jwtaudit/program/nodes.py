"""The nodes of facts: what stands below statements, however deep."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def nodes(body: object) -> Iterator[object]:
    """Every node below some statements."""
    stack = [body]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is tuple:
            stack += node  # type: ignore[arg-type]
            continue
        if kind not in _FIELDS:
            _FIELDS[kind] = _fields(kind)
        fields = _FIELDS[kind]
        if fields is not None:
            yield node
            stack += fields(node)


def _fields(kind: type) -> Callable[[object], Iterable[object]] | None:
    inner = getattr(kind, "__dataclass_fields__", None)
    if inner is None:
        return None
    names = [name for name, field in inner.items() if field.type not in _PLAIN]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda node: [getattr(node, name) for name in names]


_FIELDS: dict[type, Callable[[object], Iterable[object]] | None] = {}
"""What gives the fields of a kind of node that hold nodes; of what is no node None."""
_PLAIN = frozenset({"Span", "str", "str | None", "int", "bool", "Scalar"})
