"""Walks the statements of a function once and tells what each expression may stand for.

One pass in program order, branches joined, loops walked once. Calls of project functions use the
callee's summary (what it returns in terms of its parameters) with the arguments put in. Nothing
is guessed: what cannot be followed is ``Unknown``.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jwtaudit import facts as f
from jwtaudit.program.mentions import Mentions
from jwtaudit.program.scopes import (
    MODULE,
    OVERRIDDEN,
    RECEIVERS,
    FunctionScope,
    ModuleScope,
    Returned,
)
from jwtaudit.program.walk import attributes, binding, calls, targets, typenames
from jwtaudit.program.walk.expressions import EXPRESSIONS
from jwtaudit.program.walk.frame import Frame
from jwtaudit.program.walk.statements import statement
from jwtaudit.source import Place
from jwtaudit.values import (
    Bound,
    Closure,
    Const,
    FunctionId,
    Imported,
    Instance,
    Join,
    Sequence,
    Table,
    Value,
    each,
    farther,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program.project import Project

_MAX_NESTING = 25  # functions walked because another one, being walked, needs them
_MAX_DETOUR = 2  # of them, those that by themselves do not seem to matter


class Interpreter:
    """Evaluates the facts of a project; ``project`` resolves what leaves the file."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.models = project.models
        self.quiet = 0
        self.nesting = 0
        self.detour = 0
        self.within = 0  # an object that another holds
        self.order = 0
        self.mentions = Mentions()
        self.injected: set[Place] = set()
        self.pouring: set[tuple[FunctionId, str]] = set()

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
        nothing = OVERRIDDEN if left_open else Const(None)
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
        if scope.is_decorated("staticmethod"):
            return
        first = definition.parameters[0]
        if scope.is_decorated("classmethod") or definition.kind == "static":
            names[first.name] = scope.cls
        elif first.kind == "positional" and (scope.module.is_script or scope.first_is(RECEIVERS)):
            place = Place(scope.id.path, first.span)
            names[first.name] = Instance(scope.cls, place=place, is_own=True)

    def block(self, body: Iterable[f.Statement], frame: Frame) -> bool:
        """Walk statements; False when the end cannot be reached."""
        for node in body:
            if not statement(self, node, frame):
                return False
        return True

    def note(self, frame: Frame, event: Any) -> None:
        """Add an event to the function that is walked."""
        if self.quiet:
            return
        self.order += 1
        event.order = self.order
        frame.scope.events.append(event)

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
            return farther(found, value.trace)
        if isinstance(value, Join) and any(isinstance(o, Imported) for o in value.options):
            joined = each(value, self.followed)
            return farther(joined, value.trace)
        return value

    def expr(self, node: f.Expression, frame: Frame) -> Value:
        """What an expression may stand for."""
        return EXPRESSIONS[type(node)](self, node, frame)

    # -- what the modules of the walk need of each other -------------------------------------------

    def attribute(self, base: Value, name: str, place: Place) -> Value:
        """``base.name``."""
        return attributes.attribute(self, base, name, place)

    def apply(
        self, callee: Value, arguments: tuple[Bound, ...], place: Place, frame: Frame
    ) -> Value:
        """Call a value."""
        return calls.apply(self, callee, arguments, place, frame)

    def read(self, bound: Closure, place: Place, given: tuple[Bound, ...] = ()) -> Value:
        """What a property gives, or what is asked for an attribute by its name."""
        return calls.call_function(self, bound, given, place, None)

    def outcome(self, callee: Closure, returned: Value) -> Value:
        """What a function returns, with the arguments of the calls around it put in."""
        return binding.outcome(self, callee, returned)

    def rebind(self, target: f.Expression, value: Value, frame: Frame) -> None:
        """Give the variable behind ``target`` a new value, after a change in place."""
        targets.rebind(self, target, value, frame)

    def type_name(self, value: Value) -> str:
        """The dotted name of a value's type, as methods are modelled under it."""
        return typenames.type_name(self, value)


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
