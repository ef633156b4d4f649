"""Attributes: of modules, classes and their instances, settings, mappings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from jwtaudit.program import classes
from jwtaudit.program.columns import method_of_record
from jwtaudit.program.containers import METHODS
from jwtaudit.program.declared import declared_with
from jwtaudit.program.operations import empty
from jwtaudit.program.walk.binding import substitute
from jwtaudit.program.walk.constructing import constructed, given_field, is_field
from jwtaudit.program.walk.inheritance import making_of_base
from jwtaudit.values import (
    ABSENT,
    Absent,
    Bound,
    Call,
    ClassRef,
    Closure,
    Const,
    Env,
    FunctionId,
    Instance,
    Join,
    Member,
    ModuleRef,
    Outcome,
    Param,
    Sequence,
    Setting,
    Symbol,
    Table,
    Unknown,
    Value,
    join,
    member,
    options,
)

if TYPE_CHECKING:
    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.scopes import ClassScope, FunctionScope
    from jwtaudit.source import Place

_MAX_WITHIN = 12  # objects within objects, made by calls
MAX_OPTIONS = 4  # of a value that may be several things, so many are followed


def attribute(interpreter: Interpreter, base: Value, name: str, place: Place) -> Value:
    """``base.name``."""
    if isinstance(base, Symbol):
        return interpreter.project.symbol(f"{base.name}.{name}", place)
    if isinstance(base, ModuleRef):
        return interpreter.project.module_name(base.path, name, place)
    if isinstance(base, (Instance, ClassRef)):
        found = _class_attribute(interpreter, base, name, place)
        if found is not None:
            return found
    elif isinstance(base, Join):
        return join(*(attribute(interpreter, o, name, place) for o in base.options[:MAX_OPTIONS]))
    elif isinstance(base, Param):
        found = _param_attribute(interpreter, base, name, place)
        if found is not None:
            return found
    elif isinstance(base, Outcome):
        record = method_of_record(interpreter.project, base, name)
        if record is not None:
            found = _class_attribute(interpreter, Instance(record, place=base.place), name, place)
            if found is not None:
                return found
        declared = declared_with(interpreter.project, base, name, place)
        if declared is not None:
            return declared
    elif isinstance(base, (Setting, Env)) and isinstance(base.default, (Instance, ClassRef)):
        inner = attribute(interpreter, base.default, name, place)
        return (
            _nested_setting(interpreter, base, name, inner) if isinstance(base, Setting) else inner
        )
    elif isinstance(base, (Const, Env)) and name == "value":
        return base  # the member of an enumeration: no scalar has such an attribute
    elif isinstance(base, Table) and interpreter.project.is_script(place.path):
        held = member(base, Const(name), item=True, place=place)
        if isinstance(held, Const) and held.value is None and held.place is not None:
            return join(held, Member(base, Const(name), item=False, place=place))  # till it is set
        if not isinstance(held, Absent):
            return held
    elif isinstance(base, Table) and name in base.entries and name not in METHODS:
        return member(base, Const(name), item=True, place=place)  # a namespace
    return Member(base, Const(name), item=False, place=place)


def _nested_setting(interpreter: Interpreter, base: Setting, name: str, inner: Value) -> Value:
    """A field of an object that is a setting itself, so that both can be set from outside."""
    if isinstance(inner, Setting):
        return replace(inner, name=f"{base.name}.{inner.name}")
    default = base.default
    if not isinstance(default, Instance) or not _is_field(interpreter, default.cls, name):
        return inner
    owner = default.cls.id.qualname
    return Setting(f"{base.name}.{name}", inner, owner, place=inner.place)


def _is_field(
    interpreter: Interpreter, ref: ClassRef, name: str, seen: frozenset[FunctionId] = frozenset()
) -> bool:
    """Whether a class, or one it derives from, declares a field with a default."""
    scope = interpreter.project.classes.get(ref.id)
    if scope is None or ref.id in seen:
        return False
    if name in scope.annotations:
        return name in scope.names
    seen |= {ref.id}
    return any(
        isinstance(b, ClassRef) and _is_field(interpreter, b, name, seen) for b in scope.bases
    )


def _param_attribute(
    interpreter: Interpreter, base: Param, name: str, place: Place
) -> Value | None:
    """An attribute of a parameter whose type, or whose injected value, is a project class."""
    if isinstance(base.annotation, ClassRef):
        made = Instance(base.annotation, is_own=_is_of_constructor(interpreter, base))
        found = _class_attribute(interpreter, made, name, place)
        if found is not None:
            return found
    if isinstance(base.annotation, Table):
        kind = base.annotation.entries.get(name)
        if isinstance(kind, ClassRef):
            return Instance(kind, place=place)
    if base.injected and isinstance(base.default, Table) and name in base.default.entries:
        return base.default.entries[name]
    if isinstance(base.default, (Instance, ClassRef, Setting)):
        return attribute(interpreter, base.default, name, place)
    return None


def _is_of_constructor(interpreter: Interpreter, parameter: Param) -> bool:
    """Whether a parameter is one by which an object is given others, often by their types alone."""
    function = parameter.function
    named = function.qualname.endswith(".__init__")
    return named or function in interpreter.project.classes


def _class_attribute(
    interpreter: Interpreter, base: Instance | ClassRef, name: str, place: Place
) -> Value | None:
    """An attribute of a project class, or of its instance.

    What a method reads of its own object may be set by the classes that derive from its class.
    """
    found = _held(interpreter, base, name, place)
    if found is None and isinstance(base, Instance):
        found = _looked_up(interpreter, base, name, place)
    if not isinstance(base, Instance) or base.call is not None or isinstance(found, Closure):
        return found
    others = classes.overridden(interpreter.project, base.cls, name)
    if others is None:
        return found
    return others if found is None or _is_none(found) else join(found, others)


def _looked_up(interpreter: Interpreter, base: Instance, name: str, place: Place) -> Value | None:
    """What ``__getattr__`` gives, where it looks names up in a mapping that is known."""
    found = classes.method(interpreter.project, base.cls, "__getattr__")
    if found is None or found.definition is None or found.state == "running":
        return None
    bound = Closure(found.id, found.definition, base, place=place)
    value = interpreter.read(bound, place, (Bound(Const(name, place=place)),))
    known = (Const, Env, Setting, Symbol, Table, Sequence)
    for option in options(value):
        default = option.call.arguments[1].value if _has_default(option) else option
        if isinstance(default, known) and not _is_none(default):
            return value
    return None


def _has_default(value: Value) -> TypeGuard[Outcome]:
    """Whether a value is that of ``mapping.get(name, default)``."""
    return (
        isinstance(value, Outcome)
        and value.call.name.endswith(".get")
        and len(value.call.arguments) > 1
    )


def _held(
    interpreter: Interpreter,
    base: Instance | ClassRef,
    name: str,
    place: Place,
    seen: frozenset[FunctionId] = frozenset(),
) -> Value | None:
    """What a class, or one that it derives from, says of an attribute."""
    ref = base.cls if isinstance(base, Instance) else base
    scope = interpreter.project.classes.get(ref.id)
    if scope is None:
        return None
    if name in scope.methods:
        identity = scope.methods[name]
        function = interpreter.project.functions[identity]
        assert function.definition is not None
        bound = Closure(identity, function.definition, base, place=place)
        is_property = (
            any(
                isinstance(d, Symbol)
                and d.name.rpartition(".")[2] in ("property", "cached_property")
                for d in function.decorators
            )
            or function.definition.kind == "getter"
        )
        if isinstance(base, Instance) and is_property:
            return interpreter.read(bound, place)
        return bound
    found: list[Value] = []
    if isinstance(base, Instance):
        found.extend(classes.fields(interpreter.project, base, name))
        if found and (left := classes.text_left(interpreter.project, ref, name)) is not None:
            found.append(left)
        elif found and (kept := classes.setting_left(interpreter.project, ref, name)) is not None:
            found.append(kept)
    if not found:
        value = _declared(interpreter, base, scope, name)
        found.extend(classes.fields(interpreter.project, ref, name))
        if value is not None and not (found and empty(value)):
            found.append(value)
    if found:
        result = join(*found)
        if isinstance(base, Instance) and base.call is not None:
            result = _substitute_instance(interpreter, result, scope, base.call)
        return result
    seen |= {ref.id}
    for parent in scope.bases:
        if isinstance(parent, ClassRef) and parent.id not in seen:
            owner: Instance | ClassRef = parent
            if isinstance(base, Instance):
                made = base.call and making_of_base(interpreter, scope, parent, base.call)
                owner = Instance(parent, made, is_own=base.is_own)
            inherited = _held(interpreter, owner, name, place, seen)
            if inherited is not None:
                return inherited
    return None


def _declared(
    interpreter: Interpreter, base: Instance | ClassRef, scope: ClassScope, name: str
) -> Value | None:
    """What the class body says of a name: given to the constructor, a default, or a setting."""
    if isinstance(base, Instance) and base.call is not None and "__init__" not in scope.methods:
        given = given_field(interpreter, scope, base.call, name)
        if given is not None:
            return given
    declared = classes.class_setting(interpreter.project, scope, name, scope.names.get(name))
    if isinstance(base, Instance) and base.is_own and is_field(interpreter, scope, name):
        default = ABSENT if declared is None else declared
        kind, place = scope.annotations[name], base.place
        return Param(scope.ref.id, name, default, kind, place=place)
    if (
        declared is not None
        and _is_none(declared)
        and isinstance(base, Instance)
        and base.call is None
        and name in scope.annotations
        and "__init__" not in scope.methods
    ):
        return join(declared, Unknown(name))  # whoever makes the object may give it one
    return declared


def _substitute_instance(
    interpreter: Interpreter, value: Value, scope: ClassScope, call: Call
) -> Value:
    """What an object holds, made by a call; objects that hold one another do so without end."""
    if interpreter.within >= _MAX_WITHIN:
        return value
    interpreter.within += 1
    try:
        return substitute(interpreter, value, *constructed(interpreter, scope, call))
    finally:
        interpreter.within -= 1


def receive(interpreter: Interpreter, value: Value, scope: FunctionScope, receiver: Value) -> Value:
    """Put the real receiver in the place of ``interpreter``."""
    if scope.cls is None or not isinstance(receiver, Instance) or receiver.call is None:
        return value
    owner = interpreter.project.classes.get(scope.cls.id)
    return (
        value if owner is None else _substitute_instance(interpreter, value, owner, receiver.call)
    )


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None
