"""The nodes of facts: what stands below statements, however deep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def nodes(body: object) -> Iterator[object]:
    """Every node below some statements."""
    stack = [body]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is tuple:
            stack.extend(node)  # type: ignore[arg-type]
            continue
        if kind not in _FIELDS:
            inner = getattr(kind, "__dataclass_fields__", None)
            _FIELDS[kind] = inner and tuple(n for n, f in inner.items() if f.type not in _PLAIN)
        fields = _FIELDS[kind]
        if fields is not None:
            yield node
            stack.extend([getattr(node, name) for name in fields])


_FIELDS: dict[type, tuple[str, ...] | None] = {}
"""Of a kind of node the fields that hold nodes; of what is no node None."""
_PLAIN = frozenset({"Span", "str", "str | None", "int", "bool", "Scalar"})
