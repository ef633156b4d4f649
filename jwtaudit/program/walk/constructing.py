"""What objects are made with, by a constructor that is written out, or by their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program import classes
from jwtaudit.program.walk.binding import bind
from jwtaudit.values import (
    ABSENT,
    Call,
    Const,
    FunctionId,
    Setting,
    Value,
    member,
)

if TYPE_CHECKING:
    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.scopes import ClassScope


def constructed(
    interpreter: Interpreter, scope: ClassScope, call: Call
) -> tuple[FunctionId, dict[str, Value]]:
    """What makes an object, and what it is given by a call."""
    init = scope.methods.get("__init__")
    if init is None:
        return scope.ref.id, made_with(interpreter, scope, call)
    function = interpreter.project.functions[init]
    return init, bind(interpreter, function, call.arguments, receiver=True)


def made_with(interpreter: Interpreter, scope: ClassScope, call: Call) -> dict[str, Value]:
    """What an object of a data class is made with: its fields, by name."""
    found: dict[str, Value] = {}
    for name in scope.annotations:
        if is_field(interpreter, scope, name):
            given = given_field(interpreter, scope, call, name)
            default = scope.names.get(name)
            if given is None and default is not None:
                given = classes.field_default(interpreter.project, default)
            found[name] = ABSENT if given is None else given
    return found


def given_field(interpreter: Interpreter, scope: ClassScope, call: Call, name: str) -> Value | None:
    """The argument for a field of a class whose constructor is made from its fields.

    The columns of a record have no annotations; they are given by name.
    """
    if name not in scope.annotations:
        given = (argument.value for argument in call.arguments if argument.name == name)
        return next(given, None) if name in scope.names else None
    by_name_only = classes.is_settings_class(
        interpreter.project, scope
    )  # what comes first is a file to read
    order = list(scope.annotations)
    for index, argument in enumerate(call.arguments):
        if argument.name == name:
            return argument.value
        if by_name_only or argument.name is not None or argument.spread:
            continue
        if order.index(name) == index:
            return argument.value
    rest = [a.value for a in call.arguments if a.spread == 2]
    if by_name_only or len(rest) != 1:
        return None
    default = scope.names.get(name)
    if default is None:
        return member(rest[0], Const(name), item=True, place=call.place)  # Claims(**claims)
    default = classes.field_default(interpreter.project, default)
    return Setting(name, default, scope.ref.id.qualname, place=default.place)


def is_field(interpreter: Interpreter, scope: ClassScope, name: str) -> bool:
    """Whether a constructor that nobody wrote takes an attribute: a field of a data class."""
    return (
        name in scope.annotations
        and "__init__" not in scope.methods
        and classes.is_record_class(interpreter.project, scope.ref)
        and not classes.is_settings_class(interpreter.project, scope)
    )
