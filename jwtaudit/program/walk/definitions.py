"""Functions and classes, as they are defined, and the types that annotations name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.program.command_options import of_parameter
from jwtaudit.program.operations import is_text
from jwtaudit.program.scopes import MODULE, ClassScope, FunctionScope
from jwtaudit.program.walk.frame import Frame, dotted_name
from jwtaudit.source import Place
from jwtaudit.values import (
    ABSENT,
    UNKNOWN,
    Absent,
    ClassRef,
    Closure,
    Const,
    Env,
    FunctionId,
    Imported,
    Instance,
    Member,
    Outcome,
    Param,
    Sequence,
    Setting,
    Symbol,
    Table,
    Value,
)

if TYPE_CHECKING:
    from jwtaudit.program.interpreter import Interpreter


def define(interpreter: Interpreter, node: f.Function, frame: Frame) -> Value:
    """Make a function known, and give the value that stands for it."""
    outer = frame.scope.id.qualname
    cls = frame.scope.cls if frame.scope.definition is None else None
    prefix = cls.id.qualname if cls is not None else ("" if outer == MODULE else outer)
    name = f"{prefix}.{node.name}" if prefix else node.name
    identity = FunctionId(frame.file, name, node.span.start)
    scope = interpreter.project.functions.get(identity)
    if scope is None:
        scope = FunctionScope(identity, node, frame.scope.module, cls)
        interpreter.project.functions[identity] = scope
    scope.closures = _closures(interpreter, frame)
    scope.decorators = _decorators(interpreter, node.decorators, frame)
    around = Frame(frame.scope, frame.names, frame.path)
    scope.find_parameters = partial(_parameters, interpreter, scope, around)
    if not frame.scope.module.distance and not node.omitted:
        scope.parameters = scope.find_parameters()
    return Closure(identity, node, place=Place(frame.file, node.header))


def _parameters(interpreter: Interpreter, scope: FunctionScope, frame: Frame) -> dict[str, Param]:
    """A function's parameters, with their defaults and types."""
    assert scope.definition is not None
    found: dict[str, Param] = {}
    for parameter in scope.definition.parameters:
        default = (
            ABSENT if parameter.default is None else interpreter.expr(parameter.default, frame)
        )
        annotation = None
        if parameter.annotation is not None:
            annotation = _type(interpreter, parameter.annotation, frame)
        if isinstance(annotation, Sequence):  # Annotated[type, marker]
            annotation, marker = annotation.items
            given = isinstance(marker, (Instance, Setting, Env)) or is_text(marker)
            if isinstance(marker, Outcome):  # as if it stood behind a sign of equality
                given = interpreter.project.model_of(marker.call) is not None
            given = given or _is_injected(interpreter, marker)
            if given and (isinstance(default, Absent) or _is_nothing(default)):
                default = marker
        if isinstance(default, Absent) and scope.decorators:
            default = of_parameter(interpreter.project, scope.decorators, parameter.name)
        place = Place(frame.file, parameter.span)
        injected = _is_injected(interpreter, default)
        if isinstance(annotation, Outcome) and _is_left_to_framework(interpreter, default):
            held = _settings(interpreter, annotation, place)
            default, injected = (default, injected) if held is None else (held, True)
        found[parameter.name] = Param(
            scope.id, parameter.name, default, annotation, place=place, injected=injected
        )
    return found


def _is_injected(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is what a function returned that a framework calls for a parameter."""
    return any(at in interpreter.injected for at, _ in value.trace)


def _is_left_to_framework(interpreter: Interpreter, default: Value) -> bool:
    """Whether a parameter has no default, or one that only names what is to be given."""
    if isinstance(default, Outcome):
        return interpreter.project.model_of(default.call) is None
    return isinstance(default, Absent)


def _settings(interpreter: Interpreter, made: Outcome, place: Place) -> Table | None:
    """What a type holds of which an object of settings is: ``registerAs("jwt", () => ({...}))``."""
    for argument in made.call.arguments:
        if isinstance(argument.value, Closure):
            given = interpreter.read(argument.value, place)
            if isinstance(given, Table):
                return given
    return None


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def _closures(interpreter: Interpreter, frame: Frame) -> tuple[dict[str, Value], ...]:
    if frame.scope.id.qualname == MODULE and frame.scope.definition is None:
        if frame.scope.cls is not None:  # a class body: its names are not visible in methods
            return frame.scope.closures
        return ()
    return (frame.names, *frame.scope.closures)


def define_class(interpreter: Interpreter, node: f.Class, frame: Frame) -> None:
    """Make a class known, its body walked."""
    outer = frame.scope.id.qualname
    prefix = "" if outer == MODULE else outer + "."
    if frame.scope.cls is not None and frame.scope.definition is None:
        prefix = frame.scope.cls.id.qualname + "."
    identity = FunctionId(frame.file, prefix + node.name, node.span.start)
    ref = ClassRef(identity, node, place=Place(frame.file, node.header))
    names: dict[str, Value] = {}
    around = Frame(frame.scope, frame.names, frame.path)
    scope = ClassScope(
        ref, node, frame.scope.module, names, partial(_bases, interpreter, node, around)
    )
    interpreter.project.classes[identity] = scope
    body = FunctionScope(
        FunctionId(frame.file, MODULE, node.span.start), None, frame.scope.module, ref
    )
    body.closures = _closures(interpreter, frame)
    body.events = frame.scope.events
    body.id = frame.scope.id
    inner = Frame(body, names, frame.path)
    scope.decorators = _decorators(interpreter, node.decorators, frame)
    frame.names.setdefault(node.name, ref)  # for types in quotes: `def encode(token: "Token")`
    interpreter.block(node.body, inner)
    for name, value in names.items():
        if not isinstance(value, Closure):
            interpreter.project.declaring.setdefault(name, {})[identity] = scope
    for statement in node.body:
        if isinstance(statement, f.Function):
            bound = names.get(statement.name)
            if isinstance(bound, Closure):
                scope.methods[statement.name] = bound.id
        elif isinstance(statement, f.Assign) and statement.annotation is not None:
            target = statement.targets[0]
            if isinstance(target, f.Name):
                scope.annotations[target.id] = _type(interpreter, statement.annotation, inner)
    frame.names[node.name] = ref


def _without_parameters(base: Value) -> Value:
    """A library's class, of which something is told in brackets: ``Manager[User, int]``."""
    if isinstance(base, Member) and base.item and isinstance(base.base, Symbol):
        return base.base
    return base


def _bases(interpreter: Interpreter, node: f.Class, frame: Frame) -> tuple[Value, ...]:
    interpreter.quiet += 1
    try:
        bases = (interpreter.expr(b.value, frame) for b in node.bases if b.name is None)
        return tuple(map(_without_parameters, bases))
    finally:
        interpreter.quiet -= 1


def _decorators(
    interpreter: Interpreter, nodes: tuple[f.Expression, ...], frame: Frame
) -> tuple[Value, ...]:
    """What a function is decorated with; by name only in a file that is read for values."""
    if not frame.scope.module.distance:
        return tuple(interpreter.expr(node, frame) for node in nodes)
    return tuple(Symbol(_imported_name(node, frame)) for node in nodes)


def _imported_name(node: f.Expression, frame: Frame) -> str:
    """The dotted name of what a decorator is, or is made by, as far as its import tells."""
    dotted = dotted_name(node.function if isinstance(node, f.Call) else node) or "?"
    first, dot, rest = dotted.partition(".")
    source = frame.names.get(first)
    if not isinstance(source, Imported) or source.level:
        return dotted
    return ".".join(filter(None, (source.module, source.name))) + dot + rest


def _type(interpreter: Interpreter, node: f.Expression, frame: Frame) -> Value:
    """The type an annotation names; optional types count as the type itself."""
    if isinstance(node, f.Binary) and node.operator == "|":
        left = _type(interpreter, node.left, frame)
        if isinstance(left, Const):
            return _type(interpreter, node.right, frame)
        return left
    if isinstance(node, f.Item):
        base = _type(interpreter, node.object, frame)
        if isinstance(base, Symbol) and base.name.rpartition(".")[2] in (
            "Optional",
            "Annotated",
            "Union",
            "ClassVar",
            "Final",
        ):
            first = node.key
            if isinstance(first, f.Elements) and first.items:
                marked = base.name.endswith("Annotated") and len(first.items) > 1
                if marked and not isinstance(first.items[1], f.Literal):
                    marker = interpreter.expr(first.items[1], frame)
                    return Sequence((_type(interpreter, first.items[0], frame), marker))
                first = first.items[0]
            return _type(interpreter, first, frame)
        return base
    if isinstance(node, f.Literal):
        if isinstance(node.value, str) and node.value.isidentifier():
            return interpreter.expr(f.Name(node.span, node.value), frame)
        return Const(node.value)
    interpreter.quiet += 1
    try:
        named = interpreter.expr(node, frame)
    finally:
        interpreter.quiet -= 1
    if isinstance(named, Sequence):
        return UNKNOWN  # `x: [str]` names none
    return _alias(named)


def _alias(named: Value) -> Value:
    """``Current = Annotated[User, Depends(current)]``, used by its name."""
    if isinstance(named, Member) and isinstance(named.base, Symbol) and named.item:
        marked = named.base.name.endswith("Annotated") and isinstance(named.key, Sequence)
        if marked and isinstance(named.key, Sequence) and len(named.key.items) > 1:
            return Sequence(named.key.items[:2])
    return named
