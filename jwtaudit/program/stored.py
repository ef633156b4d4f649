"""Which attributes a function may set, told without evaluating it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from jwtaudit.facts import Assign, Attribute, Call, Loop, Name, With

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.facts import Function


def stored_names(function: Function) -> frozenset[str]:
    """The names of the attributes that statements of a function give a value."""
    return frozenset(_stored(function.body))


def may_store(names: frozenset[str], name: str) -> bool:
    """Whether an attribute may be among those that a function sets."""
    return name in names or "setattr" in names


def _stored(part: Any) -> Iterator[str]:
    stack = [part]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
            continue
        if not dataclasses.is_dataclass(node):
            continue
        targets: tuple[Any, ...] = ()
        if isinstance(node, Assign):
            targets = node.targets
        elif isinstance(node, Loop):
            targets = (node.target,)
        elif isinstance(node, With):
            targets = tuple(target for _, target in node.items)
        elif isinstance(node, Call) and isinstance(node.function, Name):
            yield from (name for name in (node.function.id,) if name == "setattr")
        yield from _attributes(targets)
        stack.extend(getattr(node, field.name) for field in dataclasses.fields(node))


def _attributes(part: Any) -> Iterator[str]:
    """The names of the attributes inside a target."""
    stack = [part]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif dataclasses.is_dataclass(node):
            if isinstance(node, Attribute):
                yield node.name
            stack.extend(getattr(node, field.name) for field in dataclasses.fields(node))
