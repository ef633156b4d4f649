"""Which attributes a function may set, told without evaluating it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.facts import Assign, Attribute, Call, Loop, Name, With
from jwtaudit.program.nodes import nodes
from jwtaudit.program.poured import WAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.facts import Function


def stored_names(function: Function) -> frozenset[str]:
    """The names of the attributes that statements of a function give a value."""
    return frozenset(_stored(function.body))


def may_store(names: frozenset[str], name: str) -> bool:
    """Whether an attribute may be among those that a function sets."""
    return name in names or not names.isdisjoint(WAYS)


def _stored(body: object) -> Iterator[str]:
    for node in nodes(body):
        targets: object = ()
        if isinstance(node, Assign):
            targets = node.targets
        elif isinstance(node, Loop):
            targets = node.target
        elif isinstance(node, With):
            targets = tuple(target for _, target in node.items)
        elif isinstance(node, Call) and isinstance(node.function, Name):
            yield from (name for name in (node.function.id,) if name in WAYS)
        elif isinstance(node, Attribute) and node.name in WAYS:
            yield node.name
        if targets:
            yield from (inner.name for inner in nodes(targets) if isinstance(inner, Attribute))
