"""Calls: of library functions, project functions, classes, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.models import SCRIPT
from jwtaudit.program import classes, scripts
from jwtaudit.program.containers import METHODS, Use
from jwtaudit.program.scopes import OF_CLASSES, OVERRIDDEN
from jwtaudit.program.walk.attributes import MAX_OPTIONS, receive
from jwtaudit.program.walk.binding import bind, outcome, substitute
from jwtaudit.program.walk.constructing import made_with
from jwtaudit.program.walk.effects import ROLES
from jwtaudit.program.walk.frame import Frame, dotted_name
from jwtaudit.program.walk.inheritance import handed_to_library, inherited, is_super
from jwtaudit.program.walk.targets import rebind
from jwtaudit.program.walk.typenames import base_name, modelled, type_name, type_name_in
from jwtaudit.values import (
    UNKNOWN,
    Absent,
    Bound,
    Call,
    ClassRef,
    Closure,
    Const,
    Env,
    Instance,
    Join,
    Member,
    ModuleRef,
    Operation,
    Outcome,
    Param,
    Partial,
    Sequence,
    Setting,
    Symbol,
    Table,
    Unknown,
    Value,
    hop,
    join,
    spread_out,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.program.scopes import FunctionScope
    from jwtaudit.source import Place

_MAKERS = frozenset({"from"})  # of a class itself: `query.from(table)` is another
_SCALARS = (Const, Env, Setting, Operation, Param, Member, Outcome, Unknown, Join)


def call_expression(interpreter: Interpreter, node: f.Call, frame: Frame) -> Value:
    """What a call gives, its changes to the variables made."""
    place = frame.place(node)
    function = node.function
    receiver: Value | None = None
    method = ""
    if isinstance(function, f.Attribute):
        dotted = dotted_name(function)
        if dotted is not None and dotted in frame.names:
            callee = frame.names[dotted]
        else:
            receiver = interpreter.expr(function.object, frame)
            method = function.name
            callee = interpreter.attribute(receiver, method, place)
            if is_super(receiver):
                handed_down = inherited(interpreter, method, frame, place)
                if handed_down is not None:
                    receiver, callee = None, handed_down
            if frame.is_script and isinstance(receiver, ModuleRef):
                callee = _of_export(interpreter, function.object, callee, method, place)
    else:
        callee = interpreter.expr(function, frame)
    arguments = _arguments(interpreter, node.arguments, frame)
    if receiver is not None and not isinstance(receiver, (Symbol, ModuleRef, ClassRef)):
        assert isinstance(function, f.Attribute)
        changed = _mutate(interpreter, function.object, receiver, method, arguments, place, frame)
        if changed is not None:
            return changed
    if frame.is_script and receiver is not None:
        bound = scripts.function_method(receiver, method, arguments, place)
        if bound is not None:
            return bound
        through = scripts.called_through(interpreter, receiver, method, arguments)
        if through is not None:
            return apply(interpreter, receiver, through, place, frame)
        scripts.give_elements(interpreter, receiver, method, arguments, place)
    result = apply(interpreter, callee, arguments, place, frame)
    _propagate_mutations(interpreter, node, callee, frame)
    return result


def _of_export(
    interpreter: Interpreter, module: f.Expression, callee: Value, method: str, place: Place
) -> Value:
    """A method of what a file exports as a whole, where that is not understood."""
    if not isinstance(callee, Unknown):
        return callee
    named = module.id if isinstance(module, f.Name) else "an export"
    return interpreter.attribute(Unknown(named, place=place), method, place)


def _arguments(
    interpreter: Interpreter, nodes: tuple[f.Argument, ...], frame: Frame
) -> tuple[Bound, ...]:
    out: list[Bound] = []
    for node in nodes:
        value = interpreter.expr(node.value, frame)
        place = frame.place(node.value)
        out.extend(spread_out(Bound(value, node.name, node.spread, place)))
    return tuple(out)


def apply(
    interpreter: Interpreter,
    callee: Value,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value:
    """Call a value."""
    if isinstance(callee, Symbol):
        call = Call(place, callee.name, None, arguments, frame.scope.id, frame.path)
        return library_call(interpreter, call, frame)
    if isinstance(callee, Closure):
        return call_function(interpreter, callee, arguments, place, frame)
    if isinstance(callee, ClassRef):
        return _instantiate(interpreter, callee, arguments, place, frame)
    if isinstance(callee, Partial):
        return apply(interpreter, callee.target, (*callee.arguments, *arguments), place, frame)
    if isinstance(callee, Join):
        results = [
            apply(interpreter, option, arguments, place, frame)
            for option in callee.options[:MAX_OPTIONS]
            if not isinstance(option, (Absent, Const)) and not _is_of_none(option)
        ]
        return join(*_as_one(results)) if results else UNKNOWN
    if isinstance(callee, Member) and not callee.item and callee.name is not None:
        return _method(interpreter, callee.base, callee.name, arguments, place, frame)
    known = type_name(interpreter, callee)
    if known and interpreter.models.exactly(f"{known}.__call__"):
        name = f"{known}.__call__"
        call = Call(place, name, callee, arguments, frame.scope.id, frame.path)
        return library_call(interpreter, call, frame)
    call = Call(place, "", callee, arguments, frame.scope.id, frame.path)
    interpreter.note(frame, call)
    return Outcome(call, place=place)


def _is_of_none(callee: Value) -> bool:
    """Whether a method would be called on None, which ends there and gives nothing."""
    return (
        isinstance(callee, Member) and isinstance(callee.base, Const) and callee.base.value is None
    )


def _as_one(results: list[Value]) -> list[Value]:
    """What a method gives that is called on either of several objects: one call, on any of them."""
    first = results[0]
    if not isinstance(first, Outcome) or first.call.receiver is None:
        return results
    receivers = [
        one.call.receiver
        for one in results
        if isinstance(one, Outcome) and one.call.receiver and one.call.name == first.call.name
    ]
    if len(receivers) < len(results):
        return results
    return [replace(first, call=replace(first.call, receiver=join(*receivers)))]


def _method(
    interpreter: Interpreter,
    base: Value,
    name: str,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value:
    """A method of something that is no project class."""
    base = _known_one(interpreter, base, name)
    if isinstance(base, Symbol):
        return apply(interpreter, interpreter.attribute(base, name, place), arguments, place, frame)
    known = type_name_in(interpreter, base, frame)
    if frame.is_script:
        followed = scripts.promise_method(interpreter, base, name, arguments, place, frame)
        if followed is not None:
            return followed
    full = f"{known}.{name}" if known else ""
    if not (full and interpreter.models.exactly(full)):
        if isinstance(base, Join) and any(
            isinstance(o, (Const, Table, Sequence)) for o in base.options
        ):
            return join(
                *(_method(interpreter, o, name, arguments, place, frame) for o in base.options)
            )
        full = _fallback_name(interpreter, base, known, name, frame)
    call = Call(place, full, base, arguments, frame.scope.id, frame.path)
    return library_call(interpreter, call, frame)


def _known_one(interpreter: Interpreter, base: Value, method: str) -> Value:
    """Of several library objects the first whose method is known: they are of one kind."""
    for option in base.options if isinstance(base, Join) else ():
        if isinstance(option, Symbol) and interpreter.models.exactly(f"{option.name}.{method}"):
            return option
    return base


def _fallback_name(
    interpreter: Interpreter, base: Value, known: str, name: str, frame: Frame
) -> str:
    wild = f"{SCRIPT}*.{name}" if frame.is_script else f"*.{name}"
    of_member = modelled(interpreter, base, name, frame)
    if of_member:  # `c.req.query` says more than `query`
        return of_member
    declared = f"{base_name(interpreter, base)}.{name}"
    if interpreter.models.exactly(declared):
        return declared
    if interpreter.models.exactly(wild):
        return wild
    if isinstance(base, _SCALARS) and name not in _MAKERS:
        for kind in scripts.TEXTS if frame.is_script else ("str", "bytes"):
            for model in interpreter.models.exactly(f"{kind}.{name}"):
                if model.role in ("transform", "digest"):
                    return f"{kind}.{name}"
    return f"{known}.{name}" if known else wild


def library_call(interpreter: Interpreter, call: Call, frame: Frame) -> Value:
    """Note a call that leaves the project, and give what its model says that it gives."""
    model = interpreter.project.model_of(call)
    if model is not None and frame.is_script:
        call.arguments = scripts.named_callback(call, model)
    interpreter.note(frame, call)
    outcome = Outcome(call, place=call.place)
    if frame.is_script:
        scripts.run_callback(interpreter, call, outcome, frame)
    if model is None:
        return outcome
    handler = ROLES.get(model.role)
    return outcome if handler is None else handler(interpreter, call, model, frame)


def _has_receiver(callee: Closure, scope: FunctionScope) -> bool:
    """Whether the first parameter is what a method is called on: not in Python's ``C.f(x)``."""
    if callee.receiver is None or scope.is_decorated("staticmethod"):
        return False
    if not isinstance(callee.receiver, ClassRef) or scope.module.is_script:
        return True
    return scope.is_decorated("classmethod") or scope.first_is(OF_CLASSES)


def call_function(
    interpreter: Interpreter,
    callee: Closure,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame | None,
) -> Value:
    """Call a project function; without a frame, as a property is read."""
    scope = interpreter.project.functions.get(callee.id)
    if scope is None:
        return UNKNOWN
    binding = bind(interpreter, scope, arguments, receiver=_has_receiver(callee, scope))
    call = Call(
        place,
        callee.id.qualname,
        callee.receiver,
        tuple(Bound(v, n) for n, v in binding.items()),
        frame.scope.id if frame else callee.id,
        frame.path if frame else (),
        target=callee.id,
        captured=callee.captured,
    )
    if frame is not None:
        interpreter.note(frame, call)
    if interpreter.quiet or scope.state == "running":
        return Outcome(call, place=place)
    interpreter.function(scope)
    if scope.state != "done":
        return Outcome(call, place=place)
    if scope.returned is OVERRIDDEN and isinstance(callee.receiver, Instance):
        given = list(_by_heirs(interpreter, callee, arguments, place))
        if given:
            return join(*given)
    result = outcome(interpreter, callee, scope.returned, binding)
    if callee.receiver is not None:
        result = receive(interpreter, result, scope, callee.receiver)
    return hop(result, place, f"returned by `{scope.short_name}()`")


def _kept(function: FunctionScope, value: Value, name: str) -> Bound:
    """What a parameter has got, to be given once more; what others are left in is spread again."""
    parameters = function.definition.parameters if function.definition is not None else ()
    spread = any(p.name == name and p.kind == "options" for p in parameters)
    return Bound(value, None, 2) if spread else Bound(value, name)


def _by_heirs(
    interpreter: Interpreter, callee: Closure, arguments: tuple[Bound, ...], place: Place
) -> Iterator[Value]:
    """What a method gives that does nothing itself: what those do which others put in its place."""
    assert isinstance(callee.receiver, Instance)
    functions = interpreter.project.functions
    name = callee.id.qualname.rpartition(".")[2]
    own_method = classes.method(interpreter.project, callee.receiver.cls, name)
    if own_method is None or own_method.id != callee.id:
        return  # an heir's own, which was asked for in the place of the class's
    heirs = classes.methods_of_heirs(interpreter.project, callee.receiver.cls, name)
    for heir in islice(heirs, MAX_OPTIONS):
        definition = functions[heir].definition
        if definition is not None and functions[heir].state != "running":
            own = Closure(heir, definition, callee.receiver, place=callee.place)
            yield call_function(interpreter, own, arguments, place, None)


def _instantiate(
    interpreter: Interpreter,
    ref: ClassRef,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value:
    scope = interpreter.project.classes.get(ref.id)
    init = classes.method(interpreter.project, ref, "__init__")
    target = init.id if init is not None else None
    call = Call(place, ref.id.qualname, None, arguments, frame.scope.id, frame.path, target=target)
    if init is not None:
        binding = bind(interpreter, init, arguments, receiver=True)
        call.arguments = tuple(_kept(init, v, n) for n, v in binding.items())
    library = classes.library_base(interpreter.project, ref) if scope is not None else ""
    if library and init is None:
        call.name = library
    interpreter.note(frame, call)
    if init is None and scope is not None and not interpreter.quiet:
        fields = made_with(interpreter, scope, call)
        scope.made.append(replace(call, arguments=tuple(Bound(v, n) for n, v in fields.items())))
    instance = Instance(ref, call, place=place)
    if library and classes.is_mapping_class(interpreter.project, ref):
        given = arguments if init is None else handed_to_library(interpreter, init, call)
        return Table(
            {a.name: a.value for a in given if a.name is not None},
            tuple(a.value for a in given if a.name is None),
            place=place,
        )
    return instance


def _propagate_mutations(
    interpreter: Interpreter, node: f.Call, callee: Value, frame: Frame
) -> None:
    """A project function that changes a mapping it was given changes the caller's."""
    if interpreter.quiet or not isinstance(callee, Closure):
        return
    scope = interpreter.project.functions.get(callee.id)
    if scope is None or not scope.mutated or scope.definition is None:
        return
    parameters = [p.name for p in scope.definition.parameters if p.kind == "positional"]
    if callee.receiver is not None:
        parameters = parameters[1:]
    targets: dict[str, f.Expression] = dict(
        zip(parameters, (a.value for a in node.arguments if a.name is None), strict=False)
    )
    targets.update({a.name: a.value for a in node.arguments if a.name is not None})
    binding = {name: interpreter.expr(target, frame) for name, target in targets.items()}
    for name, final in scope.mutated.items():
        if name in targets and isinstance(targets[name], f.Name):
            rebind(
                interpreter,
                targets[name],
                substitute(interpreter, final, callee.id, binding),
                frame,
            )


def _mutate(
    interpreter: Interpreter,
    target: f.Expression,
    base: Value,
    method: str,
    arguments: tuple[Bound, ...],
    place: Place,
    frame: Frame,
) -> Value | None:
    """The result of a mapping's or list's own method; None when it is not one."""
    handler = (scripts.METHODS if frame.is_script else METHODS).get(method)
    if handler is None:
        return None
    if isinstance(base, Instance) or (
        isinstance(base, (Outcome, Member)) and modelled(interpreter, base, method, frame)
    ):
        return None
    return handler(Use(interpreter, target, base, arguments, place, frame))
