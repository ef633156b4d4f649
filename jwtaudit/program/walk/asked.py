"""Attributes whose names are values: ``getattr(settings, prefix + name, default)``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.values import Absent, Const, Member, Operation, Outcome, Setting, Unknown, join

if TYPE_CHECKING:
    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.values import Call, Value


def asked_for(interpreter: Interpreter, call: Call) -> Value:
    """What a call gives that asks an object for an attribute; its outcome where that is open."""
    name = _text(call.arguments[1].value) if len(call.arguments) >= 2 else None
    if name is None:
        return Outcome(call, place=call.place)
    found = interpreter.attribute(call.arguments[0].value, name, call.place)
    if len(call.arguments) > 2 and isinstance(found, (Member, Setting, Unknown)):
        default = call.arguments[2].value
        if isinstance(found, Setting) and isinstance(found.default, Absent):
            return replace(found, default=default)
        return join(found, default)
    return found


def asked_again(interpreter: Interpreter, value: Value) -> Value:
    """A value, once more where it asks for an attribute whose name is known by now."""
    if isinstance(value, Outcome) and value.call.target is None:
        model = interpreter.project.model_of(value.call)
        if model is not None and model.role == "getattr":
            return asked_for(interpreter, value.call)
    return value


def _text(name: Value) -> str | None:
    """A name that is written out, or put together of such."""
    if isinstance(name, Const):
        return name.value if isinstance(name.value, str) else None
    if isinstance(name, Operation) and name.operator in ("+", "text"):
        parts = [_text(part) for part in name.operands]
        return None if None in parts else "".join(part for part in parts if part is not None)
    return None
