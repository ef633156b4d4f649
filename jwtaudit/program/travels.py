"""Where values travel: what they hold inside, and which values take part in an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.scopes import Event, Stored
from jwtaudit.values import CHILDREN, Call, Const, Member, Operation, Outcome, Value, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_MAX_DEEP = 2000
_HOLDING = frozenset((*CHILDREN, Outcome))
"""The kinds of values that hold others; most are of none of them."""


def deep(value: Value) -> Iterable[Value]:
    """The value, all values inside it, and those inside the calls it is the outcome of."""
    return _inside(value) if type(value) in _HOLDING else (value,)


def travelling(event: Event) -> Iterator[Outcome | Operation]:
    """The outcomes and operations deep inside of an event's values."""
    stack = [value for value in event_values(event) if type(value) in _HOLDING]
    seen: set[int] = set()
    while stack and len(seen) < _MAX_DEEP:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Outcome):
            yield part
            inner = [a.value for a in part.call.arguments]
            if part.call.receiver is not None:
                inner.append(part.call.receiver)
        else:
            if isinstance(part, Operation):
                yield part
            inner = [*CHILDREN[type(part)](part)]
            if isinstance(part, Member):
                inner.append(part.key)
        stack += [value for value in inner if type(value) in _HOLDING]


def _inside(value: Value) -> Iterator[Value]:
    calls = [value]
    seen: set[int] = set()
    while calls and len(seen) < _MAX_DEEP:
        stack = [calls.pop()]
        while stack:
            part = stack.pop()
            if id(part) in seen:
                continue
            seen.add(id(part))
            yield part
            if isinstance(part, Outcome):
                calls.extend(a.value for a in part.call.arguments)
                if part.call.receiver is not None:
                    calls.append(part.call.receiver)
            elif (inner := CHILDREN.get(type(part))) is not None:
                stack.extend(reversed(inner(part)))
                if isinstance(part, Member) and not isinstance(part.key, Const):
                    calls.append(part.key)


def event_values(event: Event) -> tuple[Value, ...]:
    """The values that take part in an event."""
    if isinstance(event, Call):
        values = tuple(a.value for a in event.arguments)
        return values if event.receiver is None else (*values, event.receiver)
    if isinstance(event, Stored):
        return (event.base, event.key, event.value)
    return (event.value,)


def all_parts(event: Event) -> tuple[Value, ...]:
    """The values that take part in an event, and all values inside them."""
    parts: list[Value] = []
    for value in event_values(event):
        if type(value) in CHILDREN:
            parts.extend(walk(value))
        else:  # most hold nothing
            parts.append(value)
    return tuple(parts)
