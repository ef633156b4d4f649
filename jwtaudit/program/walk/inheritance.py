"""What classes hand down to those that derive from them, and are handed by these: ``super()``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program import classes
from jwtaudit.program.walk.binding import bind, substitute_call
from jwtaudit.program.walk.constructing import constructed
from jwtaudit.values import (
    Bound,
    Call,
    ClassRef,
    Closure,
    FunctionId,
    Instance,
    Outcome,
    Sequence,
    Symbol,
    Table,
    Unknown,
    Value,
    join,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.scopes import ClassScope, FunctionScope
    from jwtaudit.program.walk.frame import Frame
    from jwtaudit.source import Place


def is_super(value: Value) -> bool:
    """Whether a value stands for the classes that the one at hand derives from."""
    return isinstance(value, Outcome) and value.call.name == "super"


def inherited(interpreter: Interpreter, name: str, frame: Frame, place: Place) -> Closure | None:
    """The method of the project that ``super().name`` is."""
    project, ref = interpreter.project, frame.scope.cls
    for scope in classes.lineage(project, ref) if ref is not None else ():
        if name not in scope.methods or (ref is not None and scope.ref.id == ref.id):
            continue
        function = project.functions[scope.methods[name]]
        if function.definition is None:
            return None
        of_class = frame.scope.is_decorated("classmethod")
        receiver = scope.ref if of_class else Instance(scope.ref, place=place)
        return Closure(function.id, function.definition, receiver, place=place)
    return None


def inherited_name(interpreter: Interpreter, method: str, frame: Frame) -> str:
    """The model's name of a method of the libraries' class that the class at hand derives from."""
    ref = frame.scope.cls
    for scope in classes.lineage(interpreter.project, ref) if ref is not None else ():
        for base in scope.bases:
            if isinstance(base, Symbol) and interpreter.models.exactly(f"{base.name}.{method}"):
                return f"{base.name}.{method}"
    return ""


def making_of_base(interpreter: Interpreter, scope: ClassScope, base: ClassRef, call: Call) -> Call:
    """How the constructor of a base is called for an object, by the constructor of its class."""
    init = scope.methods.get("__init__")
    inner = classes.method(interpreter.project, base, "__init__") if init is not None else None
    if init is None or inner is None:
        return call
    function = interpreter.project.functions[init]
    if function.state == "new":
        interpreter.function(function)
    for event in function.events:
        if isinstance(event, Call) and event.target == inner.id:
            if any(isinstance(argument.value, Unknown) for argument in event.arguments):
                return _handed_on(function, call)
            binding = bind(interpreter, function, call.arguments, receiver=True)
            return substitute_call(interpreter, event, function.id, binding)
    return call


def handed_to_library(
    interpreter: Interpreter, init: FunctionScope, call: Call
) -> tuple[Bound, ...]:
    """What a constructor gives to that of a library's class; what it is given, where it is silent.

    Of a mapping that may be one or another, each entry is what any of them says.
    """
    if init.state == "new":
        interpreter.function(init)
    for event in init.events:
        if isinstance(event, Call) and event.name == "super.__init__":
            binding = {a.name: a.value for a in call.arguments if a.name is not None}
            given = substitute_call(interpreter, event, init.id, binding).arguments
            return tuple(part for argument in given for part in _spread_out(argument))
    return call.arguments


def given_to_library(interpreter: Interpreter, made: Instance) -> tuple[Bound, ...]:
    """What reaches the constructor of a library's class, through those of the project's classes."""
    project, ref, call = interpreter.project, made.cls, made.call
    seen: set[FunctionId] = set()
    while call is not None and ref.id not in seen:
        seen.add(ref.id)
        scope = project.classes.get(ref.id)
        base = next((b for b in scope.bases if isinstance(b, ClassRef)), None) if scope else None
        if scope is None or base is None:
            init = classes.method(project, ref, "__init__")
            return handed_to_library(interpreter, init, call) if init else call.arguments
        inner = making_of_base(interpreter, scope, base, call)
        init = classes.method(project, base, "__init__")
        if inner is not call and init is not None:
            binding = bind(interpreter, init, inner.arguments, receiver=True)
            inner = replace(inner, arguments=tuple(Bound(v, n) for n, v in binding.items()))
        ref, call = base, inner
    return ()


def _spread_out(argument: Bound) -> Iterator[Bound]:
    tables = options(argument.value) if argument.spread == 2 else ()
    if not tables or not all(isinstance(table, Table) for table in tables):
        yield argument
        return
    entries: dict[str, Value] = {}
    for table in tables:
        for name, value in table.entries.items() if isinstance(table, Table) else ():
            entries[str(name)] = join(entries[str(name)], value) if name in entries else value
    yield from (Bound(value, name) for name, value in entries.items())


def _handed_on(function: FunctionScope, call: Call) -> Call:
    """A call whose ``*args`` and ``**kwargs`` go to another function as they are."""
    definition = function.definition
    kinds = {p.name: p.kind for p in definition.parameters} if definition is not None else {}
    given: list[Bound] = []
    for argument in call.arguments:
        kind = kinds.get(argument.name or "")
        if kind == "rest" and isinstance(argument.value, Sequence):
            given += (Bound(item) for item in argument.value.items)
        elif kind == "options" and isinstance(argument.value, Table):
            given += (Bound(v, str(name)) for name, v in argument.value.entries.items())
    return replace(call, arguments=tuple(given)) if given else call


def receive_call(interpreter: Interpreter, call: Call, receiver: Value | None) -> Call:
    """The call, in a method, with what its object was made with put in."""
    made = receiver.call if isinstance(receiver, Instance) else None
    ref = receiver.cls if isinstance(receiver, Instance) else None
    seen: set[FunctionId] = set()
    while made is not None and ref is not None and ref.id not in seen:
        seen.add(ref.id)
        scope = interpreter.project.classes.get(ref.id)
        if scope is None:
            break
        call = substitute_call(interpreter, call, *constructed(interpreter, scope, made))
        ref = next((base for base in scope.bases if isinstance(base, ClassRef)), None)
        made = made if ref is None else making_of_base(interpreter, scope, ref, made)
    return call
