"""Whose parameters a value mentions, told once for each part.

Values share parts, and hold the calls that made them with all their arguments; to put arguments
in the place of one function's parameters, only what mentions these has to be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.values import (
    Absent,
    ClassRef,
    Closure,
    Const,
    Env,
    Imported,
    Instance,
    Member,
    ModuleRef,
    Outcome,
    Param,
    Partial,
    Symbol,
    Unknown,
    children,
)

if TYPE_CHECKING:
    from jwtaudit.values import FunctionId, Value

_NOBODY: frozenset[FunctionId] = frozenset()
_ATOMS = frozenset((Absent, ClassRef, Const, Imported, ModuleRef, Symbol, Unknown))


class Mentions:
    """Remembers what it has told; values do not change once they are made."""

    def __init__(self) -> None:
        # A value is kept with its answer, so that its identity is not given to another one.
        self._known: dict[int, tuple[Value, frozenset[FunctionId]]] = {}

    def of(self, value: Value) -> frozenset[FunctionId]:
        """The functions whose parameters stand anywhere in a value, arguments of calls included."""
        if type(value) in _ATOMS:
            return _NOBODY
        known = self._known
        stack, opened = [value], set()
        while stack:
            current = stack[-1]
            identity = id(current)
            if identity in known:
                stack.pop()
                continue
            parts = [part for part in _inside(current) if type(part) not in _ATOMS]
            if identity not in opened:
                opened.add(identity)
                missing = [p for p in parts if id(p) not in known and id(p) not in opened]
                if missing:
                    stack.extend(missing)
                    continue
            found = frozenset((current.function,)) if isinstance(current, Param) else _NOBODY
            for part in parts:
                told = known[id(part)][1] if id(part) in known else _NOBODY
                if not told <= found:
                    found = told | found if found else told
            known[identity] = current, found
            stack.pop()
        return known[id(value)][1]


def _inside(value: Value) -> list[Value]:
    """Everything that a value is made of."""
    parts = list(children(value))
    if isinstance(value, Param):
        parts.append(value.default)
    elif isinstance(value, Env) and value.asked is not None:
        parts.append(value.asked)
    elif isinstance(value, Member):
        parts.append(value.key)
    elif isinstance(value, Partial):
        parts += [value.target, *(a.value for a in value.arguments)]
    elif isinstance(value, Closure):
        if value.receiver is not None:
            parts.append(value.receiver)
    elif isinstance(value, (Outcome, Instance)) and value.call is not None:
        parts += (argument.value for argument in value.call.arguments)
        if value.call.receiver is not None:
            parts.append(value.call.receiver)
    return parts
