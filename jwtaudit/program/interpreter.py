"""Walks the statements of a function once and tells what each expression may stand for.

One pass in program order, branches joined, loops walked once. Calls of project functions use the
callee's summary (what it returns in terms of its parameters) with the arguments put in. Nothing
is guessed: what cannot be followed is ``Unknown``.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from jwtaudit import facts as f
from jwtaudit.models import SCRIPT
from jwtaudit.program import schemas, scripts
from jwtaudit.program.containers import METHODS, Use
from jwtaudit.program.environment import is_environment
from jwtaudit.program.formatting import percent
from jwtaudit.program.mentions import Mentions
from jwtaudit.program.operations import (
    as_table,
    by_encoding,
    element,
    empty,
    extend,
    fold,
    is_cut,
    is_test,
    is_text,
    join_names,
    texts_in,
    transform,
)
from jwtaudit.program.scopes import (
    MODULE,
    Assigned,
    Caught,
    ClassScope,
    FunctionScope,
    ModuleScope,
    Raised,
    Returned,
    Stored,
    Tested,
)
from jwtaudit.source import Place, Span
from jwtaudit.values import (
    ABSENT,
    UNKNOWN,
    Absent,
    Arm,
    Bound,
    Call,
    ClassRef,
    Closure,
    Const,
    Env,
    FunctionId,
    Imported,
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
    member,
    merge,
    options,
    rewrite,
    rewrite_call,
    spread_out,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jwtaudit.models import Model
    from jwtaudit.program.project import Project

_MAX_CALLEES = 4
_MAX_DETOUR = 2  # of them, those that by themselves do not seem to matter
_MAX_NESTING = 25  # functions walked because another one, being walked, needs them
_WILD = ("*", f"{SCRIPT}*")
_ENDS = ("start", "end")
_SCALARS = (Const, Env, Setting, Operation, Param, Member, Outcome, Unknown, Join)


@dataclass(slots=True)
class Frame:
    """One activation of the walk: where names are looked up and events are noted."""

    scope: FunctionScope
    names: dict[str, Value]
    path: tuple[Arm, ...] = ()
    outer_names: set[str] = field(default_factory=set)
    jumps: list[list[dict[str, Value]]] = field(default_factory=list)
    dead: bool = False

    @property
    def file(self) -> str:
        """The path of the file that is being read."""
        return self.scope.id.path

    @property
    def is_script(self) -> bool:
        """Whether the file is JavaScript."""
        return self.scope.module.is_script


class Interpreter:
    """Evaluates the facts of a project; ``project`` resolves what leaves the file."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.models = project.models
        self.quiet = 0
        self.nesting = 0
        self.detour = 0
        self.order = 0
        self.mentions = Mentions()
        self.injected: set[Place] = set()

    # -- entry points ----------------------------------------------------------------------------

    def module(self, module: ModuleScope) -> None:
        """Walk a module's body: once to bind its names, once more with its functions known."""
        if module.state != "new":
            return
        module.state = "running"
        scope = FunctionScope(FunctionId(module.path, MODULE, module.start), None, module)
        module.body = scope
        with self._walking(module.path, quiet=self.quiet + 1):
            self.block(module.facts.body, Frame(scope, module.names))
        module.state = "bound"
        scope.events.clear()
        module.star_imports.clear()
        # A module may be met while its importer is walked quietly; its events count all the same.
        with self._walking(module.path, quiet=0):
            self.block(module.facts.body, Frame(scope, module.names))
        module.state = "done"

    @contextmanager
    def _walking(self, path: str, *, quiet: int) -> Iterator[None]:
        """Walk a body; what goes wrong there costs what follows in it, and is remembered."""
        before = self.quiet, self.nesting, self.detour
        self.quiet = quiet
        try:
            yield
        except Exception as error:  # noqa: BLE001 - one file's trouble is one diagnostic
            self.project.failed.setdefault(path, type(error).__name__)
        finally:
            self.quiet, self.nesting, self.detour = before

    def function(self, scope: FunctionScope) -> None:
        """Walk a function's body, once."""
        if scope.state != "new" or scope.definition is None or self.nesting >= _MAX_NESTING:
            return
        omitted = scope.definition.omitted
        if omitted:
            if self.detour >= _MAX_DETOUR:
                return
            whole = self.project.whole(scope.id)
            if whole is None:
                return
            scope.definition = whole
            if any(p.name not in scope.parameters for p in whole.parameters):
                scope.parameters = scope.find_parameters()  # a body tells of more: `this`
        scope.state = "running"
        names: dict[str, Value] = {}
        for parameter in scope.definition.parameters:
            value = scope.given.get(parameter.name) or scope.parameters[parameter.name]
            if parameter.kind == "rest":
                value = Sequence((), (value,), place=value.place)
            elif parameter.kind == "options":
                value = Table({}, (value,), place=value.place)
            names[parameter.name] = value
        self._bind_receiver(scope, names)
        start = dict(names)
        finishes = False
        with self._walking(scope.id.path, quiet=0):
            self.nesting += 1
            self.detour += omitted
            finishes = self.block(scope.definition.body, Frame(scope, names))
        results = [e.value for e in scope.events if isinstance(e, Returned) and e.kind == "return"]
        left_open = not finishes or _is_stub(scope.definition)
        nothing = Unknown("for others to override") if left_open else Const(None)
        scope.returned = join(*results) if results else nothing
        scope.mutated = {
            name: names[name]
            for name, value in start.items()
            if isinstance(names.get(name), (Table, Sequence)) and names[name] is not value
        }
        scope.state = "done"

    def _bind_receiver(self, scope: FunctionScope, names: dict[str, Value]) -> None:
        definition = scope.definition
        if scope.cls is None or definition is None or not definition.parameters:
            return
        if self._decorated(scope, "staticmethod"):
            return
        first = definition.parameters[0]
        if self._decorated(scope, "classmethod") or definition.kind == "static":
            names[first.name] = scope.cls
        elif first.kind == "positional":
            names[first.name] = Instance(scope.cls, place=Place(scope.id.path, first.span))

    def _decorated(self, scope: FunctionScope, name: str) -> bool:
        return any(
            (isinstance(d, Symbol) and d.name.rpartition(".")[2] == name) for d in scope.decorators
        )

    # -- statements ------------------------------------------------------------------------------

    def block(self, body: Iterable[f.Statement], frame: Frame) -> bool:
        """Walk statements; False when the end cannot be reached."""
        for statement in body:
            if not self.statement(statement, frame):
                return False
        return True

    def statement(self, node: f.Statement, frame: Frame) -> bool:
        """Walk one statement; False when what follows it cannot be reached."""
        if isinstance(node, f.Assign):
            self._assignment(node, frame)
        elif isinstance(node, f.Evaluate):
            before = len(frame.scope.events)
            self.expr(node.value, frame)
            dropped = node.value.value if isinstance(node.value, f.Await) else node.value
            for call in self._noted(frame, dropped, before):
                call.discarded = True
            if frame.dead:
                frame.dead = False
                return False
        elif isinstance(node, f.Return):
            value = Const(None) if node.value is None else self.expr(node.value, frame)
            self.note(
                frame,
                Returned(self._place(frame, node), value, frame.scope.id, frame.path, node.kind),
            )
            return node.kind != "return"
        elif isinstance(node, f.Raise):
            value = ABSENT if node.value is None else self.expr(node.value, frame)
            event = Raised(self._place(frame, node), value, frame.scope.id, frame.path)
            self.note(frame, event)
            return False
        elif isinstance(node, f.Jump):
            if node.kind != "pass" and frame.jumps:
                frame.jumps[-1].append(dict(frame.names))
            return node.kind == "pass"
        elif isinstance(node, f.If):
            return self._if(node, frame)
        elif isinstance(node, f.Loop):
            self._loop(node, frame)
        elif isinstance(node, f.Try):
            return self._try(node, frame)
        elif isinstance(node, f.With):
            for item, target in node.items:
                value = self.expr(item, frame)
                if target is not None:
                    self._assign(target, value, frame, self._place(frame, node))
            return self.block(node.body, frame)
        elif isinstance(node, f.Function):
            frame.names[node.name] = self._define(node, frame)
        elif isinstance(node, f.Class):
            self._class(node, frame)
        elif isinstance(node, f.Import):
            self._import(node, frame)
        elif isinstance(node, f.Export):
            frame.scope.module.exports[node.name] = self.expr(node.value, frame)
        elif isinstance(node, f.Assert):
            value = self.expr(node.test, frame)
            event2 = Tested(
                self._place(frame, node), value, frame.scope.id, frame.path, else_exits=True
            )
            self.note(frame, event2)
        elif isinstance(node, f.Delete):
            self._delete(node.target, frame)
        elif isinstance(node, f.Scope):
            frame.outer_names.update(node.names)
        return True

    def _place(self, frame: Frame, node: f.Statement | f.Expression | f.Handler) -> Place:
        return Place(frame.file, node.span)

    def note(self, frame: Frame, event: Any) -> None:
        """Add an event to the function that is walked."""
        if self.quiet:
            return
        self.order += 1
        event.order = self.order
        frame.scope.events.append(event)

    def _if(self, node: f.If, frame: Frame) -> bool:
        value = self.expr(node.test, frame)
        event = Tested(self._place(frame, node.test), value, frame.scope.id, frame.path)
        self.note(frame, event)
        path, before = frame.path, dict(frame.names)
        start = node.span.start
        side = "main" if _is_main_guard(node.test) else "then"
        alive = otherwise_alive = False
        if isinstance(value, Const) and self._is_not_set_yet(node.test, frame):
            value = Unknown("set later", place=value.place)
        if not (isinstance(value, Const) and not value.value):
            frame.path = (*path, Arm(start, side))
            alive = self.block(node.body, frame)
        after = dict(frame.names)
        self._swap(frame, before)
        if not (isinstance(value, Const) and value.value):
            frame.path = (*path, Arm(start, "else"))
            otherwise_alive = self.block(node.otherwise, frame)
        frame.path = path
        event.then_exits, event.else_exits = not alive, not otherwise_alive
        if alive and otherwise_alive:
            self._swap(frame, join_names(after, frame.names))
        elif alive:
            self._swap(frame, after)
        return alive or otherwise_alive

    def _is_not_set_yet(self, test: f.Expression, frame: Frame) -> bool:
        """Whether a test in a function asks for what others fill: an attribute, a global name."""
        if frame.scope.definition is None:
            return False
        if isinstance(test, f.Unary):
            return self._is_not_set_yet(test.operand, frame)
        if isinstance(test, (f.Logical, f.Compare)):
            sides = (test.left, test.right)
            return any(self._is_not_set_yet(side, frame) for side in sides)
        if isinstance(test, f.Attribute):
            return _dotted(test) not in frame.names and empty(self.expr(test, frame))
        if isinstance(test, f.Name):
            outer = all(test.id not in names for names in (frame.names, *frame.scope.closures))
            value = self.expr(test, frame) if outer else None
            return isinstance(value, Const) and value.value is None
        return False

    def _swap(self, frame: Frame, names: dict[str, Value]) -> None:
        """Replace the variables in place: a module, a class and closures hold the same table."""
        new = dict(names)  # may be the table itself
        frame.names.clear()
        frame.names.update(new)

    def _loop(self, node: f.Loop, frame: Frame) -> None:
        before = dict(frame.names)
        path = frame.path
        frame.path = (*path, Arm(node.span.start, "loop"))
        if node.iterable is not None and node.target is not None:
            iterable = self.expr(node.iterable, frame)
            self._assign(node.target, element(iterable), frame, self._place(frame, node.target))
        if node.test is not None:
            value = self.expr(node.test, frame)
            self.note(
                frame, Tested(self._place(frame, node.test), value, frame.scope.id, frame.path)
            )
        frame.jumps.append([])
        self.block(node.body, frame)
        left = frame.jumps.pop()
        frame.path = path
        after = join_names(before, dict(frame.names))
        self._swap(frame, reduce(join_names, left, after))
        if node.otherwise and not self.block(node.otherwise, frame) and left:
            self._swap(frame, reduce(join_names, left))  # only a break comes out of the loop

    def _try(self, node: f.Try, frame: Frame) -> bool:
        before, path = dict(frame.names), frame.path
        start = node.span.start
        frame.path = (*path, Arm(start, "try"))
        alive = self.block(node.body, frame)
        body_end = dict(frame.names)
        if alive and node.otherwise:
            alive = self.block(node.otherwise, frame)
        ends = [dict(frame.names)] if alive else []
        for handler in node.handlers:
            self._swap(frame, join_names(before, body_end))
            types = [self.expr(t, frame) for t in handler.types]
            caught = ",".join(t.name if isinstance(t, Symbol) else "?" for t in types) or "*"
            frame.path = (*path, Arm(start, f"except {caught}"))
            if handler.name is not None:
                place = Place(frame.file, handler.span)
                frame.names[handler.name] = Unknown(f"exception {caught}", place=place)
            event = Caught(self._place(frame, handler), ABSENT, frame.scope.id, frame.path)
            self.note(frame, event)
            event.exits = not self.block(handler.body, frame)
            if not event.exits:
                ends.append(dict(frame.names))
        frame.path = path
        if ends:
            merged = ends[0]
            for other in ends[1:]:
                merged = join_names(merged, other)
            self._swap(frame, merged)
        finished = self.block(node.final, frame)
        return bool(ends) and finished

    def _import(self, node: f.Import, frame: Frame) -> None:
        place = self._place(frame, node)
        if node.name == "*":
            self._import_star(node, frame, place)
        elif node.name is None and not node.bound:
            head = node.module.split(".")[0]
            frame.names[head] = Imported(frame.file, head, None, 0, place=place)
        else:
            frame.names[node.alias] = Imported(
                frame.file, node.module, node.name, node.level, place=place
            )

    def followed(self, value: Value) -> Value:
        """The value of a variable, its imports followed."""
        if isinstance(value, Imported):
            place = value.place
            assert place is not None
            if value.name is None:
                found = self.project.import_module(value.importer, value.module, value.level, place)
            else:
                found = self.project.import_name(
                    value.importer, value.module, value.name, value.level, place
                )
            return replace(found, trace=(*found.trace, *value.trace)) if value.trace else found
        if isinstance(value, Join) and any(isinstance(o, Imported) for o in value.options):
            joined = join(*(self.followed(option) for option in value.options))
            return replace(joined, trace=(*joined.trace, *value.trace)) if value.trace else joined
        return value

    def _import_star(self, node: f.Import, frame: Frame, place: Place) -> None:
        module = self.project.import_module(frame.file, node.module, node.level, place)
        if isinstance(module, ModuleRef):
            scope = self.project.module(module.path, frame.file)
            if scope is not None:
                for name, value in scope.names.items():
                    if not name.startswith("_"):
                        frame.names[name] = value
        elif isinstance(module, Symbol):
            for name in self.models.names_in(module.name):
                frame.names.setdefault(name, Symbol(f"{module.name}.{name}", place=place))

    def _define(self, node: f.Function, frame: Frame) -> Value:
        outer = frame.scope.id.qualname
        cls = frame.scope.cls if frame.scope.definition is None else None
        prefix = cls.id.qualname if cls is not None else ("" if outer == MODULE else outer)
        name = f"{prefix}.{node.name}" if prefix else node.name
        identity = FunctionId(frame.file, name, node.span.start)
        scope = self.project.functions.get(identity)
        if scope is None:
            scope = FunctionScope(identity, node, frame.scope.module, cls)
            self.project.functions[identity] = scope
        scope.closures = self._closures(frame)
        scope.decorators = self._decorators(node.decorators, frame)
        around = Frame(frame.scope, frame.names, frame.path)
        scope.find_parameters = partial(self._parameters, scope, around)
        if not frame.scope.module.distance and not node.omitted:
            scope.parameters = scope.find_parameters()
        return Closure(identity, node, place=Place(frame.file, node.header))

    def _parameters(self, scope: FunctionScope, frame: Frame) -> dict[str, Param]:
        """A function's parameters, with their defaults and types."""
        assert scope.definition is not None
        found: dict[str, Param] = {}
        for parameter in scope.definition.parameters:
            default = ABSENT if parameter.default is None else self.expr(parameter.default, frame)
            annotation = None
            if parameter.annotation is not None:
                annotation = self._type(parameter.annotation, frame)
            if isinstance(annotation, Sequence):  # Annotated[type, marker]
                annotation, marker = annotation.items
                given = isinstance(marker, (Instance, Setting, Env)) or is_text(marker)
                if isinstance(marker, Outcome):  # as if it stood behind a sign of equality
                    given = self.project.model_of(marker.call) is not None
                if isinstance(default, Absent) and given:
                    default = marker
            place = Place(frame.file, parameter.span)
            injected = any(at in self.injected for at, _ in default.trace)
            found[parameter.name] = Param(
                scope.id, parameter.name, default, annotation, place=place, injected=injected
            )
        return found

    def _closures(self, frame: Frame) -> tuple[dict[str, Value], ...]:
        if frame.scope.id.qualname == MODULE and frame.scope.definition is None:
            if frame.scope.cls is not None:  # a class body: its names are not visible in methods
                return frame.scope.closures
            return ()
        return (frame.names, *frame.scope.closures)

    def _class(self, node: f.Class, frame: Frame) -> None:
        outer = frame.scope.id.qualname
        prefix = "" if outer == MODULE else outer + "."
        if frame.scope.cls is not None and frame.scope.definition is None:
            prefix = frame.scope.cls.id.qualname + "."
        identity = FunctionId(frame.file, prefix + node.name, node.span.start)
        ref = ClassRef(identity, node, place=Place(frame.file, node.header))
        names: dict[str, Value] = {}
        around = Frame(frame.scope, frame.names, frame.path)
        scope = ClassScope(ref, node, frame.scope.module, names, partial(self._bases, node, around))
        self.project.classes[identity] = scope
        body = FunctionScope(
            FunctionId(frame.file, MODULE, node.span.start), None, frame.scope.module, ref
        )
        body.closures = (names, *self._closures(frame))
        body.events = frame.scope.events
        body.id = frame.scope.id
        inner = Frame(body, names, frame.path)
        self._decorators(node.decorators, frame)
        self.block(node.body, inner)
        for statement in node.body:
            if isinstance(statement, f.Function):
                bound = names.get(statement.name)
                if isinstance(bound, Closure):
                    scope.methods[statement.name] = bound.id
            elif isinstance(statement, f.Assign) and statement.annotation is not None:
                target = statement.targets[0]
                if isinstance(target, f.Name):
                    scope.annotations[target.id] = self._type(statement.annotation, inner)
        frame.names[node.name] = ref

    def _bases(self, node: f.Class, frame: Frame) -> tuple[Value, ...]:
        self.quiet += 1
        try:
            return tuple(self.expr(b.value, frame) for b in node.bases if b.name is None)
        finally:
            self.quiet -= 1

    def _decorators(self, nodes: tuple[f.Expression, ...], frame: Frame) -> tuple[Value, ...]:
        """What a function is decorated with; by name only in a file that is read for values."""
        if not frame.scope.module.distance:
            return tuple(self.expr(node, frame) for node in nodes)
        return tuple(Symbol(_dotted(node) or "?") for node in nodes)

    def _type(self, node: f.Expression, frame: Frame) -> Value:
        """The type an annotation names; optional types count as the type itself."""
        if isinstance(node, f.Binary) and node.operator == "|":
            left = self._type(node.left, frame)
            if isinstance(left, Const):
                return self._type(node.right, frame)
            return left
        if isinstance(node, f.Item):
            base = self._type(node.object, frame)
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
                        marker = self.expr(first.items[1], frame)
                        return Sequence((self._type(first.items[0], frame), marker))
                    first = first.items[0]
                return self._type(first, frame)
            return base
        if isinstance(node, f.Literal):
            if isinstance(node.value, str) and node.value.isidentifier():
                return self._name(f.Name(node.span, node.value), frame)
            return Const(node.value)
        self.quiet += 1
        try:
            return self.expr(node, frame)
        finally:
            self.quiet -= 1

    def _delete(self, target: f.Expression, frame: Frame) -> None:
        if isinstance(target, f.Item):
            base = self.expr(target.object, frame)
            key = self.expr(target.key, frame)
            if isinstance(key, Const):
                self.rebind(
                    target.object, merge(as_table(base), (Table({key.value: ABSENT}),)), frame
                )
        elif isinstance(target, f.Elements):
            for item in target.items:
                self._delete(item, frame)

    # -- assignment ------------------------------------------------------------------------------

    def _assignment(self, node: f.Assign, frame: Frame) -> None:
        if node.value is None:
            return
        value = self.expr(node.value, frame)
        place = self._place(frame, node)
        if node.operator is not None:
            target = node.targets[0]
            before = self.expr(target, frame)
            value = self._operate(node.operator, before, value, place)
        for target in node.targets:
            self._assign(target, value, frame, place)

    def _assign(self, target: f.Expression, value: Value, frame: Frame, place: Place) -> None:
        if isinstance(target, f.Name):
            name = target.id
            self.note(frame, Assigned(place, name, value, frame.scope.id, frame.path))
            self._forget(frame, name)
            self._bind_name(frame, name, hop(value, place, f"`{name}` is set"))
        elif isinstance(target, f.Attribute):
            base = self.expr(target.object, frame)
            key = Const(target.name)
            stored = Stored(place, base, key, False, value, frame.scope.id, frame.path)
            self.note(frame, stored)
            if frame.is_script:
                scripts.assigned(self, stored, frame)
                if any(isinstance(option, Table) for option in options(base)):
                    entry = hop(value, place, f"`{target.name}` is set")
                    changed = merge(as_table(base), (Table({target.name: entry}),))
                    self.rebind(target.object, changed, frame)
            dotted = _dotted(target)
            if dotted is not None and not is_environment(self.models, base):
                self._forget(frame, dotted)
                frame.names[dotted] = hop(value, place, f"`{dotted}` is set")
        elif isinstance(target, f.Item):
            base = self.expr(target.object, frame)
            key2 = self.expr(target.key, frame)
            stored = Stored(place, base, key2, True, value, frame.scope.id, frame.path)
            self.note(frame, stored)
            if frame.is_script:
                scripts.assigned(self, stored, frame)
            if isinstance(key2, Const):
                entry = hop(value, place, f"`{key2.value!s}` is set")
                if isinstance(base, Sequence) or is_environment(self.models, base):
                    return
                self.rebind(
                    target.object, merge(as_table(base), (Table({key2.value: entry}),)), frame
                )
            elif isinstance(base, Table):  # some entry: which one is not known
                some = Operation("entry", (key2, value), place=place)
                self.rebind(target.object, replace(base, rest=(*base.rest, some)), frame)
        elif isinstance(target, f.Elements):
            for index, item in enumerate(target.items):
                if isinstance(item, f.Spread):
                    self._assign(item.value, UNKNOWN, frame, place)
                else:
                    part = member(value, Const(index), item=True, place=place)
                    self._assign(item, part, frame, place)
        elif isinstance(target, f.Mapping):
            for part_key, inner in target.entries:
                wanted = part_key.value if isinstance(part_key, f.Literal) else None
                self._assign(inner, self._unpacked(value, wanted, place), frame, place)
        elif isinstance(target, f.Bind):
            default = self.expr(target.value, frame)
            self._assign(target.target, self._or(value, default, place), frame, place)

    def _unpacked(self, value: Value, name: f.Scalar, place: Place) -> Value:
        """What a pattern takes out of a mapping under a name."""
        if not isinstance(name, str):
            return Unknown("the rest of a mapping", place=place)
        if isinstance(value, Table):
            return member(value, Const(name), item=True, place=place)
        return self.attribute(value, name, place)

    def _bind_name(self, frame: Frame, name: str, value: Value) -> None:
        if name in frame.outer_names:
            for names in (*frame.scope.closures, frame.scope.module.names):
                if name in names:
                    names[name] = join(names[name], value)
                    return
            frame.scope.module.names[name] = value
            return
        frame.names[name] = value

    def _forget(self, frame: Frame, name: str) -> None:
        prefix = name + "."
        for key in [k for k in frame.names if k.startswith(prefix)]:
            del frame.names[key]

    def rebind(self, target: f.Expression, value: Value, frame: Frame) -> None:
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
            dotted = _dotted(target)
            if dotted is not None:
                frame.names[dotted] = value
        elif isinstance(target, f.Item):
            base = self.expr(target.object, frame)
            key = self.expr(target.key, frame)
            if isinstance(key, Const) and isinstance(base, Table):
                self.rebind(target.object, merge(base, (Table({key.value: value}),)), frame)

    # -- expressions -----------------------------------------------------------------------------

    def expr(self, node: f.Expression, frame: Frame) -> Value:
        """What an expression may stand for."""
        return _EXPRESSIONS[type(node)](self, node, frame)

    def _literal(self, node: f.Literal, frame: Frame) -> Value:
        return Const(node.value, place=Place(frame.file, node.span))

    def _name(self, node: f.Name, frame: Frame) -> Value:
        name = node.id
        for names in (frame.names, *frame.scope.closures, frame.scope.module.names):
            value = names.get(name)
            if value is None:
                continue
            followed = self.followed(value)
            if followed is not value:
                names[name] = followed
            return followed
        if frame.is_script:
            return scripts.global_name(self, name, frame, self._place(frame, node))
        if self.models.exactly(name) or name in self.project.builtin_roots:
            return Symbol(name, place=self._place(frame, node))
        return Unknown(name, place=self._place(frame, node))

    def _attribute(self, node: f.Attribute, frame: Frame) -> Value:
        dotted = _dotted(node)
        if dotted is not None and dotted in frame.names:
            return frame.names[dotted]
        base = self.expr(node.object, frame)
        found = self.attribute(base, node.name, self._place(frame, node))
        if node.optional and isinstance(found, Member):
            return replace(found, optional=True)
        return found

    def attribute(self, base: Value, name: str, place: Place) -> Value:
        """``base.name``."""
        if isinstance(base, Symbol):
            return self.project.symbol(f"{base.name}.{name}", place)
        if isinstance(base, ModuleRef):
            return self.project.module_name(base.path, name, place)
        if isinstance(base, (Instance, ClassRef)):
            found = self._class_attribute(base, name, place)
            if found is not None:
                return found
        elif isinstance(base, Join):
            return join(*(self.attribute(o, name, place) for o in base.options[:_MAX_CALLEES]))
        elif isinstance(base, Param):
            found = self._param_attribute(base, name, place)
            if found is not None:
                return found
        elif isinstance(base, (Setting, Env)) and isinstance(base.default, (Instance, ClassRef)):
            inner = self.attribute(base.default, name, place)
            return self._nested_setting(base, name, inner) if isinstance(base, Setting) else inner
        elif isinstance(base, Const) and name == "value":
            return base  # the member of an enumeration: no scalar has such an attribute
        elif isinstance(base, Table) and self.project.is_script(place.path):
            held = member(base, Const(name), item=True, place=place)
            if isinstance(held, Const) and held.value is None and held.place is not None:
                return join(
                    held, Member(base, Const(name), item=False, place=place)
                )  # till it is set
            if not isinstance(held, Absent):
                return held
        return Member(base, Const(name), item=False, place=place)

    def _nested_setting(self, base: Setting, name: str, inner: Value) -> Value:
        """A field of an object that is a setting itself, so that both can be set from outside."""
        if isinstance(inner, Setting):
            return replace(inner, name=f"{base.name}.{inner.name}")
        default = base.default
        if not isinstance(default, Instance) or not self._is_field(default.cls, name):
            return inner
        owner = default.cls.id.qualname
        return Setting(f"{base.name}.{name}", inner, owner, place=inner.place)

    def _is_field(
        self, ref: ClassRef, name: str, seen: frozenset[FunctionId] = frozenset()
    ) -> bool:
        """Whether a class, or one it derives from, declares a field with a default."""
        scope = self.project.classes.get(ref.id)
        if scope is None or ref.id in seen:
            return False
        if name in scope.annotations:
            return name in scope.names
        seen |= {ref.id}
        return any(isinstance(b, ClassRef) and self._is_field(b, name, seen) for b in scope.bases)

    def _param_attribute(self, base: Param, name: str, place: Place) -> Value | None:
        """An attribute of a parameter whose type, or whose injected value, is a project class."""
        if isinstance(base.annotation, ClassRef):
            found = self._class_attribute(Instance(base.annotation), name, place)
            if found is not None:
                return found
        if isinstance(base.default, (Instance, Setting)):
            return self.attribute(base.default, name, place)
        return None

    def _class_attribute(
        self,
        base: Instance | ClassRef,
        name: str,
        place: Place,
        seen: frozenset[FunctionId] = frozenset(),
    ) -> Value | None:
        ref = base.cls if isinstance(base, Instance) else base
        scope = self.project.classes.get(ref.id)
        if scope is None:
            return None
        if name in scope.methods:
            identity = scope.methods[name]
            function = self.project.functions[identity]
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
                return self._call_function(bound, (), place, None)
            return bound
        found: list[Value] = []
        if isinstance(base, Instance):
            found.extend(self.project.fields(ref, name))
        if not found:
            value = self._declared(base, scope, name)
            if value is not None:
                found.append(value)
        if found:
            result = join(*found)
            if isinstance(base, Instance) and base.call is None and _is_none(result):
                result = self.project.overridden(ref, name) or result
            if isinstance(base, Instance) and base.call is not None:
                result = self._substitute_instance(result, scope, base.call)
            return result
        seen |= {ref.id}
        for parent in scope.bases:
            if isinstance(parent, ClassRef) and parent.id not in seen:
                owner = Instance(parent, base.call) if isinstance(base, Instance) else parent
                inherited = self._class_attribute(owner, name, place, seen)
                if inherited is not None:
                    return inherited
        return None

    def _declared(self, base: Instance | ClassRef, scope: ClassScope, name: str) -> Value | None:
        """What the class body says of a name: given to the constructor, a default, or a setting."""
        if (
            isinstance(base, Instance)
            and base.call is not None
            and name in scope.annotations
            and "__init__" not in scope.methods
        ):
            given = self._given_field(scope, base.call, name)
            if given is not None:
                return given
        return self.project.class_setting(scope, name, scope.names.get(name))

    def _given_field(self, scope: ClassScope, call: Call, name: str) -> Value | None:
        """The argument for a field of a class whose constructor is made from its fields."""
        by_name_only = self.project.is_settings_class(scope)  # what comes first is a file to read
        order = list(scope.annotations)
        for index, argument in enumerate(call.arguments):
            if argument.name == name:
                return argument.value
            if by_name_only or argument.name is not None or argument.spread:
                continue
            if order.index(name) == index:
                return argument.value
        return None

    def _substitute_instance(self, value: Value, scope: ClassScope, call: Call) -> Value:
        init = scope.methods.get("__init__")
        if init is None:
            return value
        function = self.project.functions[init]
        binding = self.bind(function, call.arguments, receiver=True)
        return self.substitute(value, function.id, binding)

    def _item(self, node: f.Item, frame: Frame) -> Value:
        base = self.expr(node.object, frame)
        key = self.expr(node.key, frame)
        place = self._place(frame, node)
        if isinstance(base, Symbol) and self._is_class(base):
            return base  # a generic class with its parameters: ``JWTAuth[User](...)``
        if isinstance(base, (Symbol, Outcome, Member)):
            name = self._modelled(base, "__getitem__", frame)
            if name:
                given = (Bound(key, place=place),)
                call = Call(place, name, base, given, frame.scope.id, frame.path)
                return self._library_call(call, frame)
        return self.project.entry(base, key, place)

    def _is_class(self, symbol: Symbol) -> bool:
        name = symbol.name
        return name.rpartition(".")[2][:1].isupper() and bool(self.project.models.exactly(name))

    def _call(self, node: f.Call, frame: Frame) -> Value:
        place = self._place(frame, node)
        function = node.function
        receiver: Value | None = None
        method = ""
        if isinstance(function, f.Attribute):
            dotted = _dotted(function)
            if dotted is not None and dotted in frame.names:
                callee = frame.names[dotted]
            else:
                receiver = self.expr(function.object, frame)
                method = function.name
                callee = self.attribute(receiver, method, place)
                if frame.is_script and isinstance(receiver, ModuleRef):
                    callee = self._of_export(function.object, callee, method, place)
        else:
            callee = self.expr(function, frame)
        arguments = self._arguments(node.arguments, frame)
        if receiver is not None and not isinstance(receiver, (Symbol, ModuleRef, ClassRef)):
            assert isinstance(function, f.Attribute)
            changed = self._mutate(function.object, receiver, method, arguments, place, frame)
            if changed is not None:
                return changed
        if frame.is_script and receiver is not None:
            bound = scripts.function_method(receiver, method, arguments, place)
            if bound is not None:
                return bound
            scripts.give_elements(self, receiver, method, arguments, place)
        result = self.apply(callee, arguments, place, frame)
        self._propagate_mutations(node, callee, frame)
        return result

    def _of_export(self, module: f.Expression, callee: Value, method: str, place: Place) -> Value:
        """A method of what a file exports as a whole, where that is not understood."""
        if not isinstance(callee, Unknown):
            return callee
        named = module.id if isinstance(module, f.Name) else "an export"
        return self.attribute(Unknown(named, place=place), method, place)

    def _arguments(self, nodes: tuple[f.Argument, ...], frame: Frame) -> tuple[Bound, ...]:
        out: list[Bound] = []
        for node in nodes:
            value = self.expr(node.value, frame)
            place = self._place(frame, node.value)
            out.extend(spread_out(Bound(value, node.name, node.spread, place)))
        return tuple(out)

    def apply(
        self, callee: Value, arguments: tuple[Bound, ...], place: Place, frame: Frame
    ) -> Value:
        """Call a value."""
        if isinstance(callee, Symbol):
            call = Call(place, callee.name, None, arguments, frame.scope.id, frame.path)
            return self._library_call(call, frame)
        if isinstance(callee, Closure):
            return self._call_function(callee, arguments, place, frame)
        if isinstance(callee, ClassRef):
            return self._instantiate(callee, arguments, place, frame)
        if isinstance(callee, Partial):
            return self.apply(callee.target, (*callee.arguments, *arguments), place, frame)
        if isinstance(callee, Join):
            results = [
                self.apply(option, arguments, place, frame)
                for option in callee.options[:_MAX_CALLEES]
                if not isinstance(option, (Absent, Const))
            ]
            return join(*results) if results else UNKNOWN
        if isinstance(callee, Member) and not callee.item and callee.name is not None:
            return self._method(callee.base, callee.name, arguments, place, frame)
        known = self.type_name(callee)
        if known and self.models.exactly(f"{known}.__call__"):
            name = f"{known}.__call__"
            call = Call(place, name, callee, arguments, frame.scope.id, frame.path)
            return self._library_call(call, frame)
        made = self.type_name(callee)
        if made and self.models.exactly(f"{made}.__call__"):
            call = Call(place, f"{made}.__call__", callee, arguments, frame.scope.id, frame.path)
            return self._library_call(call, frame)
        call = Call(place, "", callee, arguments, frame.scope.id, frame.path)
        self.note(frame, call)
        return Outcome(call, place=place)

    def _method(
        self, base: Value, name: str, arguments: tuple[Bound, ...], place: Place, frame: Frame
    ) -> Value:
        """A method of something that is no project class."""
        base = self._known_one(base, name)
        if isinstance(base, Symbol):
            return self.apply(self.attribute(base, name, place), arguments, place, frame)
        known = self._type_name(base, frame)
        if frame.is_script:
            followed = scripts.promise_method(self, base, name, arguments, place, frame)
            if followed is not None:
                return followed
        full = f"{known}.{name}" if known else ""
        if not (full and self.models.exactly(full)):
            if isinstance(base, Join) and any(
                isinstance(o, (Const, Table, Sequence)) for o in base.options
            ):
                return join(*(self._method(o, name, arguments, place, frame) for o in base.options))
            full = self._fallback_name(base, known, name, frame)
        call = Call(place, full, base, arguments, frame.scope.id, frame.path)
        return self._library_call(call, frame)

    def _known_one(self, base: Value, method: str) -> Value:
        """Of several library objects the first whose method is known: they are of one kind."""
        for option in base.options if isinstance(base, Join) else ():
            if isinstance(option, Symbol) and self.models.exactly(f"{option.name}.{method}"):
                return option
        return base

    def _fallback_name(self, base: Value, known: str, name: str, frame: Frame) -> str:
        wild = f"{SCRIPT}*.{name}" if frame.is_script else f"*.{name}"
        if self.models.exactly(wild):
            return wild
        of_member = self._modelled(base, name, frame)
        if of_member:
            return of_member
        if isinstance(base, _SCALARS):
            for kind in scripts.TEXTS if frame.is_script else ("str", "bytes"):
                for model in self.models.exactly(f"{kind}.{name}"):
                    if model.role in ("transform", "digest"):
                        return f"{kind}.{name}"
        return f"{known}.{name}" if known else wild

    def _modelled(self, base: Value, method: str, frame: Frame) -> str:
        """The model's name of a value's method, also by the attribute that holds the value.

        ``request.GET.get`` is known as ``*.GET.get`` where nothing tells what ``request`` is.
        """
        known = base.name if isinstance(base, Symbol) else self._type_name(base, frame)
        if known and self.models.exactly(f"{known}.{method}"):
            return f"{known}.{method}"
        if isinstance(base, Member) and not base.item and base.name:
            wild = f"{SCRIPT if frame.is_script else ''}*.{base.name}.{method}"
            return wild if self.models.exactly(wild) else ""
        return ""

    def _type_name(self, value: Value, frame: Frame) -> str:
        """The name of a value's type in the language of a file."""
        known = self.type_name(value)
        return scripts.TYPES.get(known, known) if frame.is_script else known

    def type_name(self, value: Value) -> str:
        """The dotted name of a value's type, as methods are modelled under it."""
        if isinstance(value, Const):
            return type(value.value).__name__
        if isinstance(value, Operation):
            if value.operator in ("+", "-"):  # a point in time, moved
                moments = [o for o in value.operands if self._is_moment(o)]
                return self.type_name(moments[0]) if len(moments) == 1 else ""
            return "str" if value.operator == "text" else ""
        if isinstance(value, Outcome):
            for model in self.models.named(value.call.name):
                if model.returns:
                    return model.returns
            return value.call.name if not value.call.name.startswith(_WILD) else ""
        if isinstance(value, Param) and isinstance(value.annotation, Symbol):
            return value.annotation.name
        if isinstance(value, Instance):
            return self.project.library_base(value.cls)
        if isinstance(value, Member) and not value.item and value.name:
            base = self.type_name(value.base)
            return f"{base}.{value.name}" if base else ""
        if isinstance(value, Join):
            names = {self.type_name(option) for option in value.options}
            return names.pop() if len(names) == 1 else ""
        if isinstance(value, Sequence):
            return "list"
        if isinstance(value, Table):
            return "dict"
        return ""

    def _is_moment(self, value: Value) -> bool:
        if isinstance(value, Operation):
            return any(self._is_moment(operand) for operand in value.operands)
        if isinstance(value, Join):
            return any(self._is_moment(option) for option in value.options)
        if not isinstance(value, Outcome):
            return False
        model = self.project.model_of(value.call)
        return model is not None and model.role == "clock" and bool(model.returns)

    def _library_call(self, call: Call, frame: Frame) -> Value:
        model = self.project.model_of(call)
        if model is not None and frame.is_script:
            call.arguments = scripts.named_callback(call, model)
        self.note(frame, call)
        outcome = Outcome(call, place=call.place)
        if frame.is_script:
            scripts.run_callback(self, call, outcome, frame)
        if model is None:
            return outcome
        handler = _ROLES.get(model.role)
        return outcome if handler is None else handler(self, call, model, frame)

    def _call_function(
        self, callee: Closure, arguments: tuple[Bound, ...], place: Place, frame: Frame | None
    ) -> Value:
        scope = self.project.functions.get(callee.id)
        if scope is None:
            return UNKNOWN
        has_receiver = callee.receiver is not None and not self._decorated(scope, "staticmethod")
        binding = self.bind(scope, arguments, receiver=has_receiver)
        call = Call(
            place,
            callee.id.qualname,
            callee.receiver,
            tuple(Bound(v, n) for n, v in binding.items()),
            frame.scope.id if frame else callee.id,
            frame.path if frame else (),
            target=callee.id,
        )
        if frame is not None:
            self.note(frame, call)
        if self.quiet or scope.state == "running":
            return Outcome(call, place=place)
        self.function(scope)
        if scope.state != "done":
            return Outcome(call, place=place)
        result = self.outcome(callee, scope.returned, binding)
        if callee.receiver is not None:
            result = self._receive(result, scope, callee.receiver)
        return hop(result, place, f"returned by `{scope.short_name}()`")

    def outcome(
        self, callee: Closure, returned: Value, binding: dict[str, Value] | None = None
    ) -> Value:
        """What a function returns, with its arguments put in, and those of the calls around it."""
        inside = callee.id.qualname + "."
        arguments = {callee.id: binding or {}, **dict(callee.captured)}

        def change(part: Value) -> Value | None:
            if isinstance(part, Param) and part.function in arguments:
                return arguments[part.function].get(part.name)
            if (
                isinstance(part, Closure)
                and binding
                and part.id.path == callee.id.path
                and part.id.qualname.startswith(inside)
            ):
                return replace(part, captured=(*callee.captured, (callee.id, binding)))
            return None

        return rewrite(returned, change, self.attribute)

    def _receive(self, value: Value, scope: FunctionScope, receiver: Value) -> Value:
        """Put the real receiver in the place of ``self``."""
        if scope.cls is None or not isinstance(receiver, Instance) or receiver.call is None:
            return value
        owner = self.project.classes.get(scope.cls.id)
        return value if owner is None else self._substitute_instance(value, owner, receiver.call)

    def _instantiate(
        self, ref: ClassRef, arguments: tuple[Bound, ...], place: Place, frame: Frame
    ) -> Value:
        scope = self.project.classes.get(ref.id)
        init = self.project.method(ref, "__init__")
        target = init.id if init is not None else None
        call = Call(
            place, ref.id.qualname, None, arguments, frame.scope.id, frame.path, target=target
        )
        if init is not None:
            binding = self.bind(init, arguments, receiver=True)
            call.arguments = tuple(Bound(v, n) for n, v in binding.items())
        library = self.project.library_base(ref) if scope is not None else ""
        if library and init is None:
            call.name = library
        self.note(frame, call)
        instance = Instance(ref, call, place=place)
        if library and self.project.is_mapping_class(ref):
            return Table(
                {a.name: a.value for a in arguments if a.name is not None},
                tuple(a.value for a in arguments if a.name is None),
                place=place,
            )
        return instance

    def bind(
        self, scope: FunctionScope, arguments: tuple[Bound, ...], *, receiver: bool
    ) -> dict[str, Value]:
        """Parameter name -> argument; a missing one gets its default."""
        assert scope.definition is not None
        parameters = list(scope.definition.parameters)
        if receiver and parameters and parameters[0].kind == "positional":
            parameters = parameters[1:]
        binding: dict[str, Value] = {}
        positional = [p.name for p in parameters if p.kind == "positional"]
        known = {p.name for p in parameters if p.kind in ("positional", "keyword")}
        rest: list[Value] = []
        extra: dict[f.Scalar, Value] = {}
        open_list = open_table = False
        spread: list[Value] = []
        index = 0
        for argument in arguments:
            if argument.spread == 1:
                open_list = True
            elif argument.spread == 2:
                open_table = True
                spread.append(argument.value)
            elif argument.name is None:
                if index < len(positional):
                    binding[positional[index]] = argument.value
                else:
                    rest.append(argument.value)
                index += 1
            elif argument.name in known:
                binding[argument.name] = argument.value
            else:
                extra[argument.name] = argument.value
        for parameter in parameters:
            if parameter.kind == "rest":
                binding[parameter.name] = Sequence(tuple(rest), (UNKNOWN,) if open_list else ())
            elif parameter.kind == "options":
                binding[parameter.name] = Table(extra, tuple(spread))
            elif parameter.name not in binding:
                if open_list or open_table:
                    binding[parameter.name] = Unknown("spread argument")
                else:
                    binding[parameter.name] = scope.parameters[parameter.name].default
        return binding

    def substitute(self, value: Value, function: FunctionId, binding: Mapping[str, Value]) -> Value:
        """The value with a function's parameters replaced by arguments."""
        if function not in self.mentions.of(value):
            return value

        def change(part: Value) -> Value | None:
            if isinstance(part, Param) and part.function == function:
                return binding.get(part.name)
            return None

        return rewrite(value, change, self.attribute, self._mentioning(function))

    def substitute_call(
        self, call: Call, function: FunctionId, binding: Mapping[str, Value]
    ) -> Call:
        """The call with a function's parameters replaced by arguments."""

        def change(part: Value) -> Value | None:
            if isinstance(part, Param) and part.function == function:
                return binding.get(part.name)
            return None

        return rewrite_call(call, change, self.attribute, self._mentioning(function))

    def _mentioning(self, function: FunctionId) -> Callable[[Value], bool]:
        mentioned = self.mentions.of
        return lambda value: function in mentioned(value)

    def receive_call(self, call: Call, receiver: Value | None) -> Call:
        """The call, in a method, with what its object was made with put in."""
        if not isinstance(receiver, Instance) or receiver.call is None:
            return call
        init = self.project.method(receiver.cls, "__init__")
        if init is None:
            return call
        binding = self.bind(init, receiver.call.arguments, receiver=True)
        return self.substitute_call(call, init.id, binding)

    def _propagate_mutations(self, node: f.Call, callee: Value, frame: Frame) -> None:
        """A project function that changes a mapping it was given changes the caller's."""
        if self.quiet or not isinstance(callee, Closure):
            return
        scope = self.project.functions.get(callee.id)
        if scope is None or not scope.mutated or scope.definition is None:
            return
        parameters = [p.name for p in scope.definition.parameters if p.kind == "positional"]
        if callee.receiver is not None:
            parameters = parameters[1:]
        targets: dict[str, f.Expression] = dict(
            zip(parameters, (a.value for a in node.arguments if a.name is None), strict=False)
        )
        targets.update({a.name: a.value for a in node.arguments if a.name is not None})
        binding = {name: self.expr(target, frame) for name, target in targets.items()}
        for name, final in scope.mutated.items():
            if name in targets and isinstance(targets[name], f.Name):
                self.rebind(targets[name], self.substitute(final, callee.id, binding), frame)

    # -- methods of mappings and lists -----------------------------------------------------------

    def _mutate(
        self,
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
            isinstance(base, (Outcome, Member)) and self._modelled(base, method, frame)
        ):
            return None
        return handler(Use(self, target, base, arguments, place, frame))

    # -- other expressions -----------------------------------------------------------------------

    def _elements(self, node: f.Elements, frame: Frame) -> Value:
        result = Sequence((), place=self._place(frame, node))
        for item in node.items:
            if isinstance(item, f.Spread):
                result = extend(result, self.expr(item.value, frame))
            else:
                result = replace(result, items=(*result.items, self.expr(item, frame)))
        return result

    def _mapping(self, node: f.Mapping, frame: Frame) -> Value:
        result = Table({}, place=self._place(frame, node))
        for key, value in node.entries:
            evaluated = self.expr(value, frame)
            if key is None:
                result = merge(result, (evaluated,))
                continue
            name = self.expr(key, frame)
            if isinstance(name, Const):
                result.entries[name.value] = self._entry(name.value, evaluated, key, value, frame)
            else:
                result = replace(result, rest=(*result.rest, Operation("entry", (name, evaluated))))
        if frame.is_script:
            scripts.bind_methods(self, result)
        return result

    def _entry(
        self, name: f.Scalar, evaluated: Value, key: f.Expression, value: f.Expression, frame: Frame
    ) -> Value:
        place = Place(frame.file, Span(key.span.start, value.span.end))
        if evaluated.place is None:
            return replace(evaluated, place=self._place(frame, value))
        return _put(name, evaluated, place)

    def _spread(self, node: f.Spread, frame: Frame) -> Value:
        return self.expr(node.value, frame)

    def _binary(self, node: f.Binary, frame: Frame) -> Value:
        left, right = self.expr(node.left, frame), self.expr(node.right, frame)
        return self._operate(node.operator, left, right, self._place(frame, node))

    def _operate(self, operator: str, left: Value, right: Value, place: Place) -> Value:
        if isinstance(left, Const) and isinstance(right, Const):
            folded = fold(operator, left.value, right.value)
            if folded is not None:
                return Const(folded, place=place, trace=(*left.trace, *right.trace))
        made = percent(left, right, place) if operator == "%" else None
        if made is not None:
            return made
        if operator == "|" and isinstance(left, Table):
            return merge(left, (right,))
        if operator == "+" and isinstance(left, Sequence):
            return extend(left, right)
        if operator in ("+", "%") and is_text(left, right):
            return Operation("text", (left, right), place=place)
        return Operation(operator, (left, right), place=place)

    def _logical(self, node: f.Logical, frame: Frame) -> Value:
        left = self.expr(node.left, frame)
        right = self.expr(node.right, frame)
        place = self._place(frame, node)
        if node.operator == "and":
            if isinstance(left, Const):
                return left if not left.value else right
            return Operation("and", (left, right), place=place)
        if isinstance(left, Const) and node.operator == "??" and left.value is not None:
            return left
        return self._or(left, right, place)

    def _or(self, left: Value, right: Value, place: Place) -> Value:
        """The left value, or the right one where the left one is nothing."""
        if isinstance(left, Const) and left.value:
            return left
        if isinstance(left, (Env, Setting)) and isinstance(right, Const):
            if isinstance(left.default, Absent) or empty(left.default):
                return replace(left, default=right, place=place)
            return left
        parts = [
            o
            for o in options(left)
            if not isinstance(o, Absent) and not (isinstance(o, Const) and not o.value)
        ]
        if not parts:
            return right
        return (
            join(Operation("or", (join(*parts), right), place=place))
            if is_test(left)
            else _ordered(join(*parts, right))
        )

    def _unary(self, node: f.Unary, frame: Frame) -> Value:
        operand = self.expr(node.operand, frame)
        if isinstance(operand, Const):
            if node.operator == "not":
                return Const(not operand.value, place=self._place(frame, node), trace=operand.trace)
            if node.operator == "-" and isinstance(operand.value, (int, float)):
                return Const(-operand.value, place=self._place(frame, node))
        return Operation(node.operator, (operand,), place=self._place(frame, node))

    def _compare(self, node: f.Compare, frame: Frame) -> Value:
        left, right = self.expr(node.left, frame), self.expr(node.right, frame)
        return Operation(node.operator, (left, right), place=self._place(frame, node))

    def _choice(self, node: f.Choice, frame: Frame) -> Value:
        test = self.expr(node.test, frame)
        event = Tested(self._place(frame, node.test), test, frame.scope.id, frame.path)
        self.note(frame, event)
        path = frame.path
        frame.path = (*path, Arm(node.span.start, "then"))
        then = self.expr(node.then, frame)
        frame.path = (*path, Arm(node.span.start, "else"))
        otherwise = self.expr(node.otherwise, frame)
        frame.path = path
        if isinstance(test, Const):
            return then if test.value else otherwise
        return join(then, otherwise)

    def _text(self, node: f.Text, frame: Frame) -> Value:
        parts = tuple(self.expr(p, frame) for p in node.parts)
        place = self._place(frame, node)
        if all(isinstance(p, Const) for p in parts):
            values = [p.value for p in parts if isinstance(p, Const)]
            if all(isinstance(v, bytes) for v in values):
                return Const(b"".join(v for v in values if isinstance(v, bytes)), place=place)
            trace = tuple(h for p in parts for h in p.trace)
            return Const("".join(str(v) for v in values), place=place, trace=trace)
        return Operation("text", parts, place=place)

    def _await(self, node: f.Await, frame: Frame) -> Value:
        before = len(frame.scope.events)
        value = self.expr(node.value, frame)
        if isinstance(value, Outcome) and value.call.origin is None:
            value.call.awaited = True
        for call in self._noted(frame, node.value, before):
            call.awaited = True
        return value

    def _noted(self, frame: Frame, node: f.Expression, since: int) -> Iterator[Call]:
        """The events of a call expression, among those noted since."""
        place = self._place(frame, node)
        for event in frame.scope.events[since:]:
            if isinstance(event, Call) and event.place == place:
                yield event

    def _bind_expr(self, node: f.Bind, frame: Frame) -> Value:
        value = self.expr(node.value, frame)
        self._assign(node.target, value, frame, self._place(frame, node))
        return value

    def _comprehension(self, node: f.Comprehension, frame: Frame) -> Value:
        before = dict(frame.names)
        for target, iterable, tests in node.loops:
            value = self.expr(iterable, frame)
            self._assign(target, element(value), frame, self._place(frame, target))
            for test in tests:
                self.expr(test, frame)
        item = self.expr(node.element, frame)
        if node.key is not None:
            self.expr(node.key, frame)
        place = self._place(frame, node)
        self._swap(frame, before)
        return Operation("each", (item,), place=place)

    def _closure(self, node: f.Closure, frame: Frame) -> Value:
        return self._define(node.function, frame)

    def _opaque(self, node: f.Opaque, frame: Frame) -> Value:
        parts = tuple(self.expr(p, frame) for p in node.parts)
        return (
            Operation("opaque", parts, place=self._place(frame, node))
            if parts
            else Unknown(place=self._place(frame, node))
        )

    # -- what library functions do to values -----------------------------------------------------

    def _argument(self, call: Call, model: Model, meaning: str) -> Value:
        return self.project.argument(call, model, meaning)

    def _environment(self, call: Call, model: Model, frame: Frame) -> Value:
        name = self._argument(call, model, "name")
        default = self._argument(call, model, "default")
        text = name.value if isinstance(name, Const) and isinstance(name.value, str) else None
        if text is not None and isinstance(default, Absent):
            default = self._default_of_reader(call, text)
        return Env(text, default, place=call.place)

    def _default_of_reader(self, call: Call, name: str) -> Value:
        """The default that a reader of the environment was made with: ``Env(KEY=(str, "x"))``."""
        made = call.receiver
        maker = self.project.model_of(made.call) if isinstance(made, Outcome) else None
        if isinstance(made, Outcome) and maker is not None and maker.effect == "type-and-default":
            for argument in made.call.arguments:
                given = argument.value
                if argument.name == name and isinstance(given, Sequence) and len(given.items) > 1:
                    return given.items[1]
        return ABSENT

    def _transform(self, call: Call, model: Model, frame: Frame) -> Value:
        value = call.receiver
        meanings = model.meanings
        if value is None or isinstance(value, Symbol) or "value" in meanings:
            value = self._argument(call, model, "value")
        if isinstance(value, Absent):
            return Outcome(call, place=call.place)
        effect = model.effect
        if effect in ("decode", "encode"):
            effect = by_encoding(effect, self._argument(call, model, "encoding"))
        elif effect == "slice" and is_cut(*(self._argument(call, model, m) for m in _ENDS)):
            effect = "cut"
        return transform(effect, value, call.place)

    def _make_mapping(self, call: Call, model: Model, frame: Frame) -> Value:
        table = Table({}, place=call.place)
        for argument in call.arguments:
            if argument.name is not None:
                place = argument.place or call.place
                table.entries[argument.name] = _put(argument.name, argument.value, place)
            else:
                table = merge(table, (argument.value,))
        return table

    def _make_partial(self, call: Call, model: Model, frame: Frame) -> Value:
        if not call.arguments:
            return Outcome(call, place=call.place)
        return Partial(call.arguments[0].value, call.arguments[1:], place=call.place)

    def _selection(self, call: Call, model: Model, frame: Frame) -> Value:
        """``pick(user, ["id", "role"])``: an object of its own, of the fields that are named."""
        names = [n for a in call.arguments[1:] for n in texts_in(a.value)]
        if not names or None in names:
            return Outcome(call, place=call.place)
        base = call.arguments[0].value
        fields = [(name, self.attribute(base, name, call.place)) for name in names if name]
        return Table(dict(fields), place=call.place)

    def _schema(self, call: Call, model: Model, frame: Frame) -> Value:
        return schemas.read(self.project, call, model)

    def _plug_in(self, call: Call, model: Model, frame: Frame) -> Value:
        """A library's function that a framework is given to call, and what it is called with."""
        for option in options(self._argument(call, model, "plugin")):
            if isinstance(option, Symbol):
                given = tuple(a for a in call.arguments[1:])
                self.apply(option, given, call.place, frame)
        return Outcome(call, place=call.place)

    def _getattr(self, call: Call, model: Model, frame: Frame) -> Value:
        if len(call.arguments) >= 2:
            base, name = call.arguments[0].value, call.arguments[1].value
            if isinstance(name, Const) and isinstance(name.value, str):
                found = self.attribute(base, name.value, call.place)
                if len(call.arguments) > 2 and isinstance(found, (Member, Setting, Unknown)):
                    default = call.arguments[2].value
                    if isinstance(found, Setting) and isinstance(found.default, Absent):
                        return replace(found, default=default)
                    return join(found, default)
                return found
        return Outcome(call, place=call.place)

    def _import_call(self, call: Call, model: Model, frame: Frame) -> Value:
        if call.arguments:
            name = call.arguments[0].value
            if isinstance(name, Const) and isinstance(name.value, str):
                return self.project.import_module(frame.file, name.value, 0, call.place)
        return Outcome(call, place=call.place)

    def _dependency(self, call: Call, model: Model, frame: Frame) -> Value:
        provider = call.arguments[0].value if call.arguments else ABSENT
        if isinstance(provider, ClassRef):
            return Instance(provider, place=call.place)
        if isinstance(provider, Closure) and not self.quiet:
            scope = self.project.functions.get(provider.id)
            if scope is not None:
                self.function(scope)
                verdict = isinstance(scope.returned, Const) and not is_text(scope.returned)
                if scope.state == "done" and not verdict:
                    self.injected.add(call.place)
                    return hop(scope.returned, call.place, f"given by `{scope.short_name}()`")
        return Outcome(call, place=call.place)

    def _promise(self, call: Call, model: Model, frame: Frame) -> Value:
        return scripts.promised(self, call, frame)

    def _exit(self, call: Call, model: Model, frame: Frame) -> Value:
        frame.dead = True
        return Outcome(call, place=call.place)


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def _ordered(value: Value) -> Value:
    return replace(value, ordered=True) if isinstance(value, Join) else value


def _put(name: f.Scalar, value: Value, place: Place) -> Value:
    """A value put into a mapping; the step is told where it was made elsewhere."""
    made = value.place
    if made is not None and made.path == place.path and place.span.contains(made.span):
        return value
    return hop(value, place, f"`{name!s}` is set")


def _is_stub(node: f.Function) -> bool:
    """Whether a body does nothing (``...``, ``pass``, a docstring): an interface's method."""
    return node.name != "__init__" and all(
        (isinstance(statement, f.Jump) and statement.kind == "pass")
        or (
            isinstance(statement, f.Evaluate)
            and isinstance(statement.value, (f.Literal, f.Opaque))
            and not getattr(statement.value, "parts", ())
        )
        for statement in node.body
    )


def _is_main_guard(test: f.Expression) -> bool:
    return (
        isinstance(test, f.Compare)
        and isinstance(test.left, f.Name)
        and test.left.id == "__name__"
        and isinstance(test.right, f.Literal)
        and test.right.value == "__main__"
    )


def _dotted(node: f.Expression) -> str | None:
    parts: list[str] = []
    while isinstance(node, f.Attribute):
        parts.append(node.name)
        node = node.object
    if not isinstance(node, f.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))


_EXPRESSIONS: dict[type, Callable[[Interpreter, Any, Frame], Value]] = {
    f.Literal: Interpreter._literal,
    f.Name: Interpreter._name,
    f.Attribute: Interpreter._attribute,
    f.Item: Interpreter._item,
    f.Call: Interpreter._call,
    f.Elements: Interpreter._elements,
    f.Mapping: Interpreter._mapping,
    f.Spread: Interpreter._spread,
    f.Binary: Interpreter._binary,
    f.Logical: Interpreter._logical,
    f.Unary: Interpreter._unary,
    f.Compare: Interpreter._compare,
    f.Choice: Interpreter._choice,
    f.Text: Interpreter._text,
    f.Await: Interpreter._await,
    f.Bind: Interpreter._bind_expr,
    f.Comprehension: Interpreter._comprehension,
    f.Closure: Interpreter._closure,
    f.Opaque: Interpreter._opaque,
}

_ROLES: dict[str, Callable[[Interpreter, Call, Any, Frame], Value]] = {
    "environment": Interpreter._environment,
    "transform": Interpreter._transform,
    "mapping": Interpreter._make_mapping,
    "partial": Interpreter._make_partial,
    "plugin": Interpreter._plug_in,
    "schema": Interpreter._schema,
    "selection": Interpreter._selection,
    "getattr": Interpreter._getattr,
    "import": Interpreter._import_call,
    "dependency": Interpreter._dependency,
    "exit": Interpreter._exit,
    "promise": Interpreter._promise,
}
