"""Assignment: to names, attributes, items and patterns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.program import scripts
from jwtaudit.program.environment import is_environment
from jwtaudit.program.operations import as_table
from jwtaudit.program.poured import pairs
from jwtaudit.program.scopes import Assigned, Stored
from jwtaudit.program.walk.frame import Frame, dotted_name
from jwtaudit.program.walk.operators import either, operate
from jwtaudit.values import (
    ABSENT,
    UNKNOWN,
    Const,
    Operation,
    Sequence,
    Table,
    Unknown,
    Value,
    hop,
    member,
    merge,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.source import Place


def assignment(interpreter: Interpreter, node: f.Assign, frame: Frame) -> None:
    """``a = b = value``, ``a += value``; a declaration without a value does nothing."""
    if node.value is None:
        return
    value = interpreter.expr(node.value, frame)
    place = frame.place(node)
    if node.operator is not None:
        target = node.targets[0]
        before = interpreter.expr(target, frame)
        value = operate(node.operator, before, value, place)
    for target in node.targets:
        assign(interpreter, target, value, frame, place)


def assign(
    interpreter: Interpreter, target: f.Expression, value: Value, frame: Frame, place: Place
) -> None:
    """Give a value to what stands left of a sign of equality."""
    if isinstance(target, f.Name):
        name = target.id
        interpreter.note(frame, Assigned(place, name, value, frame.scope.id, frame.path))
        frame.forget(name)
        frame.bind(name, hop(value, place, f"`{name}` is set"))
    elif isinstance(target, f.Attribute):
        base = interpreter.expr(target.object, frame)
        key = Const(target.name)
        stored = Stored(place, base, key, False, value, frame.scope.id, frame.path)
        interpreter.note(frame, stored)
        if frame.is_script:
            scripts.assigned(interpreter, stored, frame)
            if any(isinstance(option, Table) for option in options(base)):
                entry = hop(value, place, f"`{target.name}` is set")
                changed = merge(as_table(base), (Table({target.name: entry}),))
                rebind(interpreter, target.object, changed, frame)
        dotted = dotted_name(target)
        if dotted is not None and not is_environment(interpreter.models, base):
            frame.forget(dotted)
            frame.keep(dotted, hop(value, place, f"`{dotted}` is set"))
    elif isinstance(target, f.Item):
        base = interpreter.expr(target.object, frame)
        key2 = interpreter.expr(target.key, frame)
        into = target.object.id if isinstance(target.object, f.Name) else ""
        each = pairs(key2, value)
        for said, one in each.items():
            at = one.place or place
            stored = Stored(at, base, Const(said), True, one, frame.scope.id, frame.path, into=into)
            interpreter.note(frame, stored)
        if not each:
            stored = Stored(place, base, key2, True, value, frame.scope.id, frame.path, into=into)
            interpreter.note(frame, stored)
            if frame.is_script:
                scripts.assigned(interpreter, stored, frame)
        if isinstance(key2, Const):
            each = {key2.value: value}
        if each and not isinstance(base, Sequence) and not is_environment(interpreter.models, base):
            added = Table({n: hop(v, place, f"`{n!s}` is set") for n, v in each.items()})
            rebind(interpreter, target.object, merge(as_table(base), (added,)), frame)
        elif not each and isinstance(base, Table):  # some entry: which one is not known
            some = Operation("entry", (key2, value), place=place)
            rebind(interpreter, target.object, replace(base, rest=(*base.rest, some)), frame)
    elif isinstance(target, f.Elements):
        for index, item in enumerate(target.items):
            if isinstance(item, f.Spread):
                assign(interpreter, item.value, UNKNOWN, frame, place)
            else:
                part = member(value, Const(index), item=True, place=place)
                assign(interpreter, item, part, frame, place)
    elif isinstance(target, f.Mapping):
        names = [key.value if isinstance(key, f.Literal) else None for key, _ in target.entries]
        for (part_key, inner), wanted in zip(target.entries, names, strict=True):
            if part_key is None:
                part = _others(value, names, place)
            else:
                part = _unpacked(interpreter, value, wanted, place)
            assign(interpreter, inner, part, frame, place)
    elif isinstance(target, f.Bind):
        default = interpreter.expr(target.value, frame)
        assign(interpreter, target.target, either(value, default, place), frame, place)


def _others(value: Value, taken: Iterable[f.Scalar], place: Place) -> Value:
    """What a pattern leaves of a mapping: all but what it takes out by name."""
    gone: dict[f.Scalar, Value] = {name: ABSENT for name in taken if isinstance(name, str)}
    if not isinstance(value, Table):
        return Table(gone, rest=(value,), place=place)
    left = {name: entry for name, entry in value.entries.items() if name not in gone}
    return replace(value, entries={**left, **gone} if value.rest else left, place=place)


def _unpacked(interpreter: Interpreter, value: Value, name: f.Scalar, place: Place) -> Value:
    """What a pattern takes out of a mapping under a name."""
    if not isinstance(name, str):
        return Unknown("a part of a mapping", place=place)
    if isinstance(value, Table):
        return member(value, Const(name), item=True, place=place)
    return interpreter.attribute(value, name, place)


def rebind(interpreter: Interpreter, target: f.Expression, value: Value, frame: Frame) -> None:
    """Give the variable behind ``target`` a new value, after a change in place."""
    if isinstance(target, f.Name):
        if target.id in frame.names:
            frame.names[target.id] = value
        else:
            for names in (*frame.scope.closures, frame.scope.module.names):
                if target.id in names:
                    if names is frame.scope.module.names and frame.scope.definition:
                        return  # a function adding to a module's table: order unknown
                    names[target.id] = value
                    return
    elif isinstance(target, f.Attribute):
        dotted = dotted_name(target)
        if dotted is not None:
            frame.keep(dotted, value)
            base = interpreter.expr(target.object, frame) if frame.is_script else UNKNOWN
            if isinstance(base, Table):  # `config.jwt.secret = ...` changes `config`, too
                changed = merge(base, (Table({target.name: value}),))
                rebind(interpreter, target.object, changed, frame)
    elif isinstance(target, f.Item):
        base = interpreter.expr(target.object, frame)
        key = interpreter.expr(target.key, frame)
        if isinstance(key, Const) and isinstance(base, Table):
            rebind(interpreter, target.object, merge(base, (Table({key.value: value}),)), frame)


def delete(interpreter: Interpreter, target: f.Expression, frame: Frame) -> None:
    """``del target``."""
    if isinstance(target, f.Item):
        base = interpreter.expr(target.object, frame)
        key = interpreter.expr(target.key, frame)
        if isinstance(key, Const):
            rebind(
                interpreter,
                target.object,
                merge(as_table(base), (Table({key.value: ABSENT}),)),
                frame,
            )
    elif isinstance(target, f.Elements):
        for item in target.items:
            delete(interpreter, item, frame)
