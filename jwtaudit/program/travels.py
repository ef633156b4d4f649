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


def travelling(event: Event, known: dict[int, list[Value]]) -> Iterator[Outcome | Operation]:
    """The outcomes and operations deep inside of an event's values.

    ``known`` is what was found out about the values of other events: they share most of them.
    """
    stack = [value for value in event_values(event) if type(value) in _HOLDING]
    seen: set[int] = set()
    while stack and len(seen) < _MAX_DEEP:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, (Outcome, Operation)):
            yield part
        inner = known.get(id(part))
        if inner is None:
            inner = known[id(part)] = [v for v in _held(part) if type(v) in _HOLDING]
        stack += inner


def _held(part: Value) -> Iterator[Value]:
    """What a value holds, or what the call was given that it is the outcome of."""
    if isinstance(part, Outcome):
        yield from (argument.value for argument in part.call.arguments)
        if part.call.receiver is not None:
            yield part.call.receiver
    else:
        yield from CHILDREN[type(part)](part)
        if isinstance(part, Member):
            yield part.key


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
