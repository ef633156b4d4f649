"""What each kind of expression may stand for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jwtaudit import facts as f
from jwtaudit.program import scripts
from jwtaudit.program.copies import copied
from jwtaudit.program.development import side_of_tests
from jwtaudit.program.environment import laid_over
from jwtaudit.program.operations import element, extend, put, transform
from jwtaudit.program.scopes import Tested
from jwtaudit.program.walk.calls import call_expression, library_call
from jwtaudit.program.walk.definitions import define
from jwtaudit.program.walk.frame import Frame, dotted_name
from jwtaudit.program.walk.operators import either, operate
from jwtaudit.program.walk.targets import assign
from jwtaudit.program.walk.typenames import modelled
from jwtaudit.source import Place, Span
from jwtaudit.values import (
    Arm,
    Bound,
    Call,
    ClassRef,
    Const,
    Env,
    Member,
    Operation,
    Outcome,
    Sequence,
    Setting,
    Symbol,
    Table,
    Unknown,
    Value,
    join,
    member,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtaudit.program.interpreter import Interpreter


def _literal(interpreter: Interpreter, node: f.Literal, frame: Frame) -> Value:
    return Const(node.value, place=Place(frame.file, node.span))


def _name(interpreter: Interpreter, node: f.Name, frame: Frame) -> Value:
    name = node.id
    for names in (frame.names, *frame.scope.closures, frame.scope.module.names):
        value = names.get(name)
        if value is None:
            continue
        followed = interpreter.followed(value)
        if followed is not value:
            names[name] = followed
        return followed
    if frame.is_script:
        return scripts.global_name(interpreter, name, frame, frame.place(node))
    if interpreter.models.exactly(name) or name in interpreter.project.builtin_roots:
        return Symbol(name, place=frame.place(node))
    return Unknown(name, place=frame.place(node))


def _attribute(interpreter: Interpreter, node: f.Attribute, frame: Frame) -> Value:
    dotted = dotted_name(node)
    if dotted is not None and dotted in frame.names:
        return frame.names[dotted]
    base = interpreter.expr(node.object, frame)
    found = interpreter.attribute(base, node.name, frame.place(node))
    if node.optional and isinstance(found, Member):
        return replace(found, optional=True)
    return found


def _item(interpreter: Interpreter, node: f.Item, frame: Frame) -> Value:
    base = interpreter.expr(node.object, frame)
    key = interpreter.expr(node.key, frame)
    place = frame.place(node)
    if (isinstance(base, Symbol) and _is_class(interpreter, base)) or (
        isinstance(base, ClassRef) and isinstance(key, (Symbol, ClassRef))
    ):
        return base  # a generic class with its parameters: ``JWTAuth[User](...)``
    if isinstance(base, (Symbol, Outcome, Member)):
        name = modelled(interpreter, base, "__getitem__", frame)
        if name:
            given = (Bound(key, place=place),)
            call = Call(place, name, base, given, frame.scope.id, frame.path)
            return library_call(interpreter, call, frame)
    return member(base, key, item=True, place=place)


def _is_class(interpreter: Interpreter, symbol: Symbol) -> bool:
    name = symbol.name
    return name.rpartition(".")[2][:1].isupper() and bool(interpreter.project.models.exactly(name))


def _elements(interpreter: Interpreter, node: f.Elements, frame: Frame) -> Value:
    result = Sequence((), place=frame.place(node))
    for item in node.items:
        if isinstance(item, f.Spread):
            result = extend(result, interpreter.expr(item.value, frame))
        else:
            result = replace(result, items=(*result.items, interpreter.expr(item, frame)))
    return result


def _mapping(interpreter: Interpreter, node: f.Mapping, frame: Frame) -> Value:
    result = Table({}, place=frame.place(node))
    for key, value in node.entries:
        evaluated = interpreter.expr(value, frame)
        if key is None:
            result = laid_over(interpreter.models, result, (evaluated,))
            continue
        name = interpreter.expr(key, frame)
        if isinstance(name, Const):
            result.entries[name.value] = _entry(
                interpreter, name.value, evaluated, key, value, frame
            )
        else:
            result = replace(result, rest=(*result.rest, Operation("entry", (name, evaluated))))
    if frame.is_script:
        scripts.bind_methods(interpreter, result)
    return result


def _entry(
    interpreter: Interpreter,
    name: f.Scalar,
    evaluated: Value,
    key: f.Expression,
    value: f.Expression,
    frame: Frame,
) -> Value:
    place = Place(frame.file, Span(key.span.start, value.span.end))
    if evaluated.place is None:
        return replace(evaluated, place=frame.place(value))
    return put(name, evaluated, place)


def _spread(interpreter: Interpreter, node: f.Spread, frame: Frame) -> Value:
    return interpreter.expr(node.value, frame)


def _binary(interpreter: Interpreter, node: f.Binary, frame: Frame) -> Value:
    left, right = interpreter.expr(node.left, frame), interpreter.expr(node.right, frame)
    return operate(node.operator, left, right, frame.place(node))


def _logical(interpreter: Interpreter, node: f.Logical, frame: Frame) -> Value:
    left = interpreter.expr(node.left, frame)
    right = interpreter.expr(node.right, frame)
    place = frame.place(node)
    if node.operator == "and":
        if isinstance(left, Const):
            return left if not left.value else right
        return Operation("and", (left, right), place=place)
    if isinstance(left, Const) and node.operator == "??" and left.value is not None:
        return left
    return either(left, right, place)


def _unary(interpreter: Interpreter, node: f.Unary, frame: Frame) -> Value:
    operand = interpreter.expr(node.operand, frame)
    if isinstance(operand, Const):
        if node.operator == "not":
            return Const(not operand.value, place=frame.place(node), trace=operand.trace)
        if node.operator == "-" and isinstance(operand.value, (int, float)):
            return Const(-operand.value, place=frame.place(node))
    return Operation(node.operator, (operand,), place=frame.place(node))


def _compare(interpreter: Interpreter, node: f.Compare, frame: Frame) -> Value:
    left, right = interpreter.expr(node.left, frame), interpreter.expr(node.right, frame)
    return Operation(node.operator, (left, right), place=frame.place(node))


def _choice(interpreter: Interpreter, node: f.Choice, frame: Frame) -> Value:
    test = interpreter.expr(node.test, frame)
    event = Tested(frame.place(node.test), test, frame.scope.id, frame.path)
    interpreter.note(frame, event)
    path = frame.path
    frame.path = (*path, Arm(node.span.start, "then"))
    then = interpreter.expr(node.then, frame)
    frame.path = (*path, Arm(node.span.start, "else"))
    otherwise = interpreter.expr(node.otherwise, frame)
    frame.path = path
    if isinstance(test, Const):
        return then if test.value else otherwise
    tests = side_of_tests(test)  # what only tests take is no part of the program
    if tests:
        return otherwise if tests == "then" else then
    is_lookup = isinstance(then, (Env, Setting)) and isinstance(otherwise, Const)
    if is_lookup and any(same(part, then) for part in walk(test)):  # `X ? X : "default"`
        return either(then, otherwise, frame.place(node))
    return join(then, otherwise)


def _text(interpreter: Interpreter, node: f.Text, frame: Frame) -> Value:
    parts = tuple(interpreter.expr(p, frame) for p in node.parts)
    place = frame.place(node)
    if all(isinstance(p, Const) for p in parts):
        values = [p.value for p in parts if isinstance(p, Const)]
        if all(isinstance(v, bytes) for v in values):
            return Const(b"".join(v for v in values if isinstance(v, bytes)), place=place)
        trace = tuple(h for p in parts for h in p.trace)
        return Const("".join(str(v) for v in values), place=place, trace=trace)
    if len(parts) == 1 and frame.is_script:
        return transform("as-text", parts[0], place)
    return Operation("text", parts, place=place)


def _await(interpreter: Interpreter, node: f.Await, frame: Frame) -> Value:
    before = len(frame.scope.events)
    value = interpreter.expr(node.value, frame)
    if isinstance(value, Outcome) and value.call.origin is None:
        value.call.awaited = True
    for call in noted(interpreter, frame, node.value, before):
        call.awaited = True
    return value


def noted(interpreter: Interpreter, frame: Frame, node: f.Expression, since: int) -> Iterator[Call]:
    """The events of a call expression, among those noted since."""
    place = frame.place(node)
    for event in frame.scope.events[since:]:
        if isinstance(event, Call) and event.place == place:
            yield event


def _bind_expr(interpreter: Interpreter, node: f.Bind, frame: Frame) -> Value:
    value = interpreter.expr(node.value, frame)
    assign(interpreter, node.target, value, frame, frame.place(node))
    return value


def _comprehension(interpreter: Interpreter, node: f.Comprehension, frame: Frame) -> Value:
    before = dict(frame.names)
    iterables, asked = [], []
    for target, iterable, tests in node.loops:
        value = interpreter.expr(iterable, frame)
        iterables.append(value)
        assign(interpreter, target, element(value), frame, frame.place(target))
        asked += [interpreter.expr(test, frame) for test in tests]
    item = interpreter.expr(node.element, frame)
    place = frame.place(node)
    whole = None
    if node.key is not None:
        interpreter.expr(node.key, frame)
        whole = copied(item, iterables[0], asked) if len(iterables) == 1 else None
    frame.swap(before)
    if whole is not None:
        return Table({}, (whole,), place=place)
    return Operation("each", (item,), place=place)


def _closure(interpreter: Interpreter, node: f.Closure, frame: Frame) -> Value:
    return define(interpreter, node.function, frame)


def _opaque(interpreter: Interpreter, node: f.Opaque, frame: Frame) -> Value:
    parts = tuple(interpreter.expr(p, frame) for p in node.parts)
    return (
        Operation("opaque", parts, place=frame.place(node))
        if parts
        else Unknown(place=frame.place(node))
    )


EXPRESSIONS: dict[type, Callable[[Interpreter, Any, Frame], Value]] = {
    f.Literal: _literal,
    f.Name: _name,
    f.Attribute: _attribute,
    f.Item: _item,
    f.Call: call_expression,
    f.Elements: _elements,
    f.Mapping: _mapping,
    f.Spread: _spread,
    f.Binary: _binary,
    f.Logical: _logical,
    f.Unary: _unary,
    f.Compare: _compare,
    f.Choice: _choice,
    f.Text: _text,
    f.Await: _await,
    f.Bind: _bind_expr,
    f.Comprehension: _comprehension,
    f.Closure: _closure,
    f.Opaque: _opaque,
}
