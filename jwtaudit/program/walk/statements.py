"""What each kind of statement does to the variables, and which of them end the way."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.program.operations import element, empty, join_names
from jwtaudit.program.scopes import Caught, Raised, Returned, Tested
from jwtaudit.program.walk.definitions import define, define_class
from jwtaudit.program.walk.expressions import noted
from jwtaudit.program.walk.frame import Frame, dotted_name
from jwtaudit.program.walk.narrowing import filled_in, made_aware, narrowed
from jwtaudit.program.walk.targets import assign, assignment, delete
from jwtaudit.source import Place
from jwtaudit.values import ABSENT, Arm, Const, Imported, Join, ModuleRef, Symbol, Unknown

if TYPE_CHECKING:
    from jwtaudit.program.interpreter import Interpreter
    from jwtaudit.values import Param, Value


def statement(interpreter: Interpreter, node: f.Statement, frame: Frame) -> bool:
    """Walk one statement; False when what follows it cannot be reached."""
    if isinstance(node, f.Assign):
        assignment(interpreter, node, frame)
    elif isinstance(node, f.Evaluate):
        before = len(frame.scope.events)
        interpreter.expr(node.value, frame)
        dropped = node.value.value if isinstance(node.value, f.Await) else node.value
        # `jsonify(error), 401`
        together = dropped.items if isinstance(dropped, f.Elements) else (dropped,)
        for each in together:
            for call in noted(interpreter, frame, each, before):
                call.discarded = True
        if frame.dead:
            frame.dead = False
            return False
    elif isinstance(node, f.Return):
        value = Const(None) if node.value is None else interpreter.expr(node.value, frame)
        interpreter.note(
            frame,
            Returned(frame.place(node), value, frame.scope.id, frame.path, node.kind),
        )
        return node.kind != "return"
    elif isinstance(node, f.Raise):
        value = ABSENT if node.value is None else interpreter.expr(node.value, frame)
        event = Raised(frame.place(node), value, frame.scope.id, frame.path)
        interpreter.note(frame, event)
        return False
    elif isinstance(node, f.Jump):
        if node.kind != "pass" and frame.jumps:
            frame.jumps[-1].append(dict(frame.names))
        return node.kind == "pass"
    elif isinstance(node, f.If):
        return _if(interpreter, node, frame)
    elif isinstance(node, f.Loop):
        _loop(interpreter, node, frame)
    elif isinstance(node, f.Try):
        return _try(interpreter, node, frame)
    elif isinstance(node, f.With):
        for item, target in node.items:
            value = interpreter.expr(item, frame)
            if target is not None:
                assign(interpreter, target, value, frame, frame.place(node))
        return interpreter.block(node.body, frame)
    elif isinstance(node, f.Function):
        made = define(interpreter, node, frame)
        if not _sets_property(node):
            frame.names[node.name] = made
    elif isinstance(node, f.Class):
        define_class(interpreter, node, frame)
    elif isinstance(node, f.Import):
        _import(interpreter, node, frame)
    elif isinstance(node, f.Export):
        frame.scope.module.exports[node.name] = interpreter.expr(node.value, frame)
    elif isinstance(node, f.Assert):
        value = interpreter.expr(node.test, frame)
        event2 = Tested(frame.place(node), value, frame.scope.id, frame.path, else_exits=True)
        interpreter.note(frame, event2)
    elif isinstance(node, f.Delete):
        delete(interpreter, node.target, frame)
    elif isinstance(node, f.Scope):
        frame.outer_names.update(node.names)
    return True


def _if(interpreter: Interpreter, node: f.If, frame: Frame) -> bool:
    value = interpreter.expr(node.test, frame)
    event = Tested(frame.place(node.test), value, frame.scope.id, frame.path)
    interpreter.note(frame, event)
    path, before = frame.path, dict(frame.names)
    start = node.span.start
    side = "main" if _is_main_guard(node.test) else "then"
    alive = otherwise_alive = False
    shown: dict[str, tuple[Param, Param]] = {}
    if isinstance(value, Const) and _is_not_set_yet(interpreter, node.test, frame):
        value = Unknown("set later", place=value.place)
    if not (isinstance(value, Const) and not value.value):
        frame.path = (*path, Arm(start, side))
        with narrowed(node.test, frame, holds=True):
            alive = interpreter.block(node.body, frame)
    after = dict(frame.names)
    frame.swap(before)
    if not (isinstance(value, Const) and value.value):
        frame.path = (*path, Arm(start, "else"))
        with narrowed(node.test, frame, holds=False) as shown:
            otherwise_alive = interpreter.block(node.otherwise, frame)
        shown = {name: one for name, one in shown.items() if frame.names.get(name) is one[0]}
    frame.path = path
    event.then_exits, event.else_exits = not alive, not otherwise_alive
    if alive and otherwise_alive:
        names = filled_in(join_names(after, frame.names), after, shown)
        frame.swap(made_aware(node.test, names, after, before))
    elif alive:
        frame.swap(after)
    return alive or otherwise_alive


def _error_name(kind: Value) -> str:
    """The class of errors that a handler names; of `A or B` Python takes the first."""
    if isinstance(kind, Join) and kind.ordered:
        kind = kind.options[0]
    return kind.name if isinstance(kind, Symbol) else "?"


def _is_not_set_yet(interpreter: Interpreter, test: f.Expression, frame: Frame) -> bool:
    """Whether a test in a function asks for what others fill: an attribute, a global name."""
    if frame.scope.definition is None:
        return False
    if isinstance(test, f.Unary):
        return _is_not_set_yet(interpreter, test.operand, frame)
    if isinstance(test, (f.Logical, f.Compare)):
        sides = (test.left, test.right)
        return any(_is_not_set_yet(interpreter, side, frame) for side in sides)
    if isinstance(test, f.Attribute):
        return dotted_name(test) not in frame.names and empty(interpreter.expr(test, frame))
    if isinstance(test, f.Name):
        outer = all(test.id not in names for names in (frame.names, *frame.scope.closures))
        value = interpreter.expr(test, frame) if outer else ABSENT
        set_later = test.id in frame.scope.module.variables and empty(value)
        return set_later or (isinstance(value, Const) and value.value is None)
    return False


def _loop(interpreter: Interpreter, node: f.Loop, frame: Frame) -> None:
    before = dict(frame.names)
    path = frame.path
    frame.path = (*path, Arm(node.span.start, "loop"))
    if node.iterable is not None and node.target is not None:
        iterable = interpreter.expr(node.iterable, frame)
        assign(interpreter, node.target, element(iterable), frame, frame.place(node.target))
    if node.test is not None:
        value = interpreter.expr(node.test, frame)
        interpreter.note(frame, Tested(frame.place(node.test), value, frame.scope.id, frame.path))
    frame.jumps.append([])
    interpreter.block(node.body, frame)
    left = frame.jumps.pop()
    frame.path = path
    after = join_names(before, dict(frame.names))
    frame.swap(reduce(join_names, left, after))
    if node.otherwise and not interpreter.block(node.otherwise, frame) and left:
        frame.swap(reduce(join_names, left))  # only a break comes out of the loop


def _try(interpreter: Interpreter, node: f.Try, frame: Frame) -> bool:
    before, path = dict(frame.names), frame.path
    start = node.span.start
    frame.path = (*path, Arm(start, "try"))
    alive = interpreter.block(node.body, frame)
    body_end = dict(frame.names)
    if alive and node.otherwise:
        alive = interpreter.block(node.otherwise, frame)
    ends = [dict(frame.names)] if alive else []
    for handler in node.handlers:
        frame.swap(join_names(before, body_end))
        types = [interpreter.expr(t, frame) for t in handler.types]
        caught = ",".join(map(_error_name, types)) or "*"
        frame.path = (*path, Arm(start, f"except {caught}"))
        if handler.name is not None:
            place = Place(frame.file, handler.span)
            frame.names[handler.name] = Unknown(f"exception {caught}", place=place)
        event = Caught(frame.place(handler), ABSENT, frame.scope.id, frame.path)
        interpreter.note(frame, event)
        event.exits = not interpreter.block(handler.body, frame)
        if not event.exits:
            ends.append(dict(frame.names))
    frame.path = path
    if ends:
        merged = ends[0]
        for other in ends[1:]:
            merged = join_names(merged, other)
        frame.swap(merged)
    finished = interpreter.block(node.final, frame)
    return bool(ends) and finished


def _import(interpreter: Interpreter, node: f.Import, frame: Frame) -> None:
    place = frame.place(node)
    if node.name == "*":
        _import_star(interpreter, node, frame, place)
    elif node.name is None and not node.bound:
        head = node.module.split(".")[0]
        frame.names[head] = Imported(frame.file, head, None, 0, place=place)
    else:
        frame.names[node.alias] = Imported(
            frame.file, node.module, node.name, node.level, place=place
        )


def _import_star(interpreter: Interpreter, node: f.Import, frame: Frame, place: Place) -> None:
    module = interpreter.project.import_module(frame.file, node.module, node.level, place)
    if isinstance(module, ModuleRef):
        scope = interpreter.project.module(module.path, frame.file)
        if scope is not None:
            for name, value in scope.names.items():
                if not name.startswith("_"):
                    frame.names[name] = value
    elif isinstance(module, Symbol):
        for name in interpreter.models.names_in(module.name):
            frame.names.setdefault(name, Symbol(f"{module.name}.{name}", place=place))


def _is_main_guard(test: f.Expression) -> bool:
    if not isinstance(test, f.Compare):
        return False
    if isinstance(test.left, f.Name) and test.left.id == "__name__":
        return isinstance(test.right, f.Literal) and test.right.value == "__main__"
    return _is_own_file(test.left) or _is_own_file(test.right)


def _is_own_file(value: f.Expression) -> bool:
    """``require.main`` or ``import.meta.url``, which a script compares with what was started."""
    if not isinstance(value, f.Attribute):
        return False
    owner = value.object
    return (isinstance(owner, f.Name) and (owner.id, value.name) == ("require", "main")) or (
        value.name == "url"
        and isinstance(owner, f.Attribute)
        and isinstance(owner.object, f.Name)
        and (owner.object.id, owner.name) == ("import", "meta")
    )


def _sets_property(node: f.Function) -> bool:
    """Whether a function is the other side of a property, which keeps its name: ``@x.setter``."""
    return any(
        isinstance(decorator, f.Attribute)
        and decorator.name in ("setter", "deleter")
        and isinstance(decorator.object, f.Name)
        and decorator.object.id == node.name
        for decorator in node.decorators
    )
