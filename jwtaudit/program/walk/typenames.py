"""What kind of thing a value is, by the name under which its methods are modelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.program import classes, scripts
from jwtaudit.program.walk.inheritance import inherited_name, is_super
from jwtaudit.values import (
    ClassRef,
    Const,
    Instance,
    Join,
    Member,
    Operation,
    Outcome,
    Param,
    Sequence,
    Symbol,
    Table,
    Value,
)

if TYPE_CHECKING:
    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.walk.frame import Frame

_MEMBERS = 2  # by which a value may be told: `app.jwt.refresh` is known as `*.jwt.refresh`
_WILD = ("*", f"{SCRIPT}*")


def modelled(interpreter: Interpreter, base: Value, method: str, frame: Frame) -> str:
    """The model's name of a value's method, also by the attribute that holds the value.

    ``request.GET.get`` is known as ``*.GET.get`` where nothing tells what ``request`` is.
    """
    if is_super(base):
        return inherited_name(interpreter, method, frame)
    known = base.name if isinstance(base, Symbol) else type_name_in(interpreter, base, frame)
    if not known and isinstance(base, Param) and base.name.startswith("$"):
        known = f"{SCRIPT}{base.name}"  # AngularJS gives what a parameter is called
    if known and interpreter.models.exactly(f"{known}.{method}"):
        return f"{known}.{method}"
    tail = method
    for _ in range(_MEMBERS):
        if not isinstance(base, Member) or base.item or not base.name:
            return ""
        if isinstance(base.base, ClassRef):
            return ""  # `User.query.get` asks a database, and no request
        tail = f"{base.name}.{tail}"
        wild = f"{SCRIPT if frame.is_script else ''}*.{tail}"
        if interpreter.models.exactly(wild):
            return wild
        base = base.base
    return ""


def type_name_in(interpreter: Interpreter, value: Value, frame: Frame) -> str:
    """The name of a value's type in the language of a file."""
    known = type_name(interpreter, value)
    return scripts.TYPES.get(known, known) if frame.is_script else known


def type_name(interpreter: Interpreter, value: Value) -> str:
    """The dotted name of a value's type, as methods are modelled under it."""
    if isinstance(value, Const):
        return type(value.value).__name__
    if isinstance(value, Operation):
        if value.operator in ("+", "-"):  # a point in time, moved
            moments = [o for o in value.operands if _is_moment(interpreter, o)]
            return type_name(interpreter, moments[0]) if len(moments) == 1 else ""
        return "str" if value.operator == "text" else ""
    if isinstance(value, Outcome):
        for model in interpreter.models.named(value.call.name):
            if model.returns:
                return model.returns
            if model.role == "dependency" and value.call.arguments:
                asked = value.call.arguments[0].value
                return asked.name if isinstance(asked, Symbol) else ""
        return value.call.name if not value.call.name.startswith(_WILD) else ""
    if isinstance(value, Param) and isinstance(value.annotation, Symbol):
        return value.annotation.name
    if isinstance(value, Instance):
        return classes.library_base(interpreter.project, value.cls)
    if isinstance(value, Member):
        key = value.key.value if isinstance(value.key, Const) else None
        if isinstance(key, int if value.item else str):  # an item by its position, as of a pair
            base = type_name(interpreter, value.base)
            return f"{base}.{key}" if base else ""
        return ""
    if isinstance(value, Join):
        names = {type_name(interpreter, option) for option in value.options}
        return names.pop() if len(names) == 1 else ""
    if isinstance(value, Sequence):
        return "list"
    if isinstance(value, Table):
        return "dict"
    return ""


def base_name(interpreter: Interpreter, value: Value) -> str:
    """The name of the class that an object's class derives from, where an object gives that.

    As in ``class UserSchema(ma.Schema)``, with ``ma = Marshmallow(app)``.
    """
    if not isinstance(value, Instance):
        return ""
    bases = (b for scope in classes.lineage(interpreter.project, value.cls) for b in scope.bases)
    found = (type_name(interpreter, base) for base in bases if isinstance(base, Member))
    return next(filter(None, found), "")


def _is_moment(interpreter: Interpreter, value: Value) -> bool:
    if isinstance(value, Operation):
        return any(_is_moment(interpreter, operand) for operand in value.operands)
    if isinstance(value, Join):
        return any(_is_moment(interpreter, option) for option in value.options)
    if not isinstance(value, Outcome):
        return False
    model = interpreter.project.model_of(value.call)
    return model is not None and model.role == "clock" and bool(model.returns)
