"""The project: all files' facts, joined; what the checks ask their questions to."""

from __future__ import annotations

import builtins
from collections import defaultdict
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

from jwtaudit.models import SCRIPT
from jwtaudit.program.arguments import entry_of, given
from jwtaudit.program.configuring import configured
from jwtaudit.program.context import is_test
from jwtaudit.program.given_objects import called_on_given
from jwtaudit.program.handed_on import named_by_callers
from jwtaudit.program.interfaces import called_by_interface
from jwtaudit.program.interpreter import Interpreter
from jwtaudit.program.limits import DETOURS_PER_FILE, MAX_DETOURS, MAX_DISTANCE, MAX_LOADED, Cut
from jwtaudit.program.modules_js import ScriptModules
from jwtaudit.program.modules_python import PythonModules
from jwtaudit.program.recognition import Recognition
from jwtaudit.program.scopes import MODULE, ClassScope, Event, FunctionScope, ModuleScope
from jwtaudit.program.sites import Site, called_elsewhere, contexts
from jwtaudit.program.travels import all_parts, travelling
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    ClassRef,
    Closure,
    Const,
    FunctionId,
    Operation,
    Outcome,
    Symbol,
    Unknown,
    Value,
    each,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.version import Version

    from jwtaudit.dependencies import Dependencies
    from jwtaudit.facts import Facts, Function, TextFact
    from jwtaudit.models import Inside, Library, Model, Models
    from jwtaudit.program.environment import Environment
    from jwtaudit.program.options import RuleOptions
    from jwtaudit.program.steering import Steering
    from jwtaudit.program.stores import Stores
    from jwtaudit.source import Place

_LOOKED_INTO = frozenset({"in", "not in", "json-decode"})
"""The operations that rules ask for by themselves."""


class Loader(Protocol):
    """Gives what the first pass over the files has left out."""

    def module(self, path: str) -> Facts | None:
        """A file, the bodies of its functions omitted; None when it cannot be read."""

    def function(self, path: str, start: int) -> Function | None:
        """The function that begins at an offset, with its body."""

    def text(self, path: str) -> str | None:
        """A file as it is written; None when it cannot be read."""

    def refusing(self) -> Mapping[str, Collection[int]]:
        """The files that refuse to start with a setting that token code uses, and where."""

    def naming(self, names: Collection[str]) -> Iterable[Facts]:
        """What configuration files hold under names that say nothing by themselves."""


class Project:
    """Facts of many files, resolved on demand.

    Args:
        facts: what the front ends extracted from the files that matter.
        models: the library models.
        dependencies: the project's manifests.
        options: thresholds and words of the rules.
        loader: gives further files of the project.
        files: every source file of the project, so that an import can be told from a library's.

    Attributes:
        cut: what a limit has left out.
        failed: files that were not evaluated to their end, with the kind of our own mistake.
    """

    def __init__(
        self,
        facts: Iterable[Facts],
        models: Models,
        dependencies: Dependencies,
        options: RuleOptions,
        loader: Loader | None = None,
        files: Collection[str] = (),
    ) -> None:
        self.models = models
        self.dependencies = dependencies
        self.options = options
        self.loader = loader
        self.facts = {fact.path: fact for fact in facts if fact.relevant}
        self.files = frozenset(files) | frozenset(self.facts)
        self.modules: dict[str, ModuleScope | None] = {}
        self.functions: dict[FunctionId, FunctionScope] = {}
        self.classes: dict[FunctionId, ClassScope] = {}
        self.declaring: dict[str, dict[FunctionId, ClassScope]] = {}  # by the attribute's name
        self.builtin_roots = frozenset(dir(builtins))
        self.recognition = Recognition(self)
        self.interpreter = Interpreter(self)
        self.python = PythonModules(self)
        self.scripts = ScriptModules(self)
        self.cut: dict[Cut, set[str]] = {}
        self.failed: dict[str, str] = {}
        self.detours = 0
        self._sites: dict[str, list[Site]] = {}
        for path in self.facts:
            self.module(path)
        self._inner = tuple(self._inner_modules())
        self._run_functions()
        for call in named_by_callers(self._scopes(), models):
            self.recognition.forget(call)

    def _scopes(self) -> Iterator[FunctionScope]:
        """Every function, and every body of a module."""
        yield from self.functions.values()
        yield from (m.body for m in self.modules.values() if m is not None and m.body is not None)

    def _inner_modules(self) -> Iterator[ModuleScope]:
        """The programs in the strings of other programs."""
        for fact in self.facts.values():
            for inner in fact.scripts:
                scope = ModuleScope(fact.path, inner, start=inner.body[0].span.start)
                self.interpreter.module(scope)
                yield scope

    def _run_functions(self) -> None:
        done: set[FunctionId] = set()
        while True:
            new = [
                scope
                for identity, scope in self.functions.items()
                if identity not in done
                and identity.path in self.facts
                and not (scope.definition is not None and scope.definition.omitted)
            ]
            if not new:
                return
            for scope in new:
                done.add(scope.id)
                self.interpreter.function(scope)

    # -- modules and names -----------------------------------------------------------------------

    def module(self, path: str, importer: str | None = None) -> ModuleScope | None:
        """The module of a file; loads it when it was not among the facts.

        A file that is only read for its values may lead to others, but not without end.
        """
        if path in self.modules:
            return self.modules[path]
        facts = self.facts.get(path)
        distance = 0
        if facts is None:
            near = None if importer is None else self.modules.get(importer)
            distance = 1 if near is None else near.distance + 1
            if distance > MAX_DISTANCE or len(self.modules) - len(self.facts) > MAX_LOADED:
                if path in self.files:
                    self.leave_out(Cut.FILES, path)
                return None
            if self.loader is not None and path in self.files:
                facts = self.loader.module(path)
        if facts is None:
            self.modules[path] = None
            return None
        scope = ModuleScope(path, facts, distance)
        self.modules[path] = scope
        self.interpreter.module(scope)
        return scope

    def is_script(self, path: str) -> bool:
        """Whether a file is JavaScript."""
        module = self.modules.get(path)
        return module is not None and module.is_script

    def whole(self, identity: FunctionId) -> Function | None:
        """The definition of a function whose body was omitted; None when it stays so."""
        if self.loader is None:
            return None
        limit = MAX_DETOURS + DETOURS_PER_FILE * len(self.facts)
        if self.detours > (limit // 2 if is_test(identity.path) else limit):  # others come first
            self.leave_out(Cut.FUNCTIONS, f"{identity.qualname} in {identity.path}")
            return None
        self.detours += 1
        return self.loader.function(identity.path, identity.start)

    def leave_out(self, what: Cut, name: str) -> None:
        """Remember that something was left out for a limit's sake."""
        self.cut.setdefault(what, set()).add(name)

    def import_module(self, importer: str, module: str, level: int, place: Place) -> Value:
        """What ``import module`` binds."""
        if self.is_script(importer):
            return self.scripts.import_module(importer, module, place)
        return self.python.import_module(importer, module, level, place)

    def import_name(self, importer: str, module: str, name: str, level: int, place: Place) -> Value:
        """What ``from module import name`` binds."""
        if self.is_script(importer):
            return self.scripts.import_name(importer, module, name, place)
        return self.python.import_name(importer, module, name, level, place)

    def module_name(self, path: str, name: str, place: Place) -> Value:
        """A name of a project module."""
        scope = self.module(path, place.path)
        if scope is not None and scope.is_script:
            return self.scripts.export(scope, name, place)
        return self.python.export(path, name, place)

    def symbol(self, name: str, place: Place) -> Value:
        """A name of a library; a member of a settings object is a setting."""
        modules = self.scripts if name.startswith(SCRIPT) else self.python
        return modules.symbol(name, place)

    @cached_property
    def stores(self) -> Stores:
        """What is put into the project's configuration stores, by name."""
        from jwtaudit.program.stores import Stores  # noqa: PLC0415 - it needs this module

        return Stores(self)

    @cached_property
    def environment(self) -> Environment:
        """What the project puts into its own environment."""
        from jwtaudit.program.environment import Environment  # noqa: PLC0415 - as above

        return Environment(self)

    @cached_property
    def signers(self) -> list[tuple[Site, list[Value]]]:
        """The calls that sign outside of tests, and their keys."""
        from jwtaudit.program.signing_evidence import signers  # noqa: PLC0415 - as above

        return signers(self)

    @cached_property
    def steering(self) -> Steering:
        """What the tokens that nobody has verified choose."""
        from jwtaudit.program.steering import Steering  # noqa: PLC0415 - it needs this module

        return Steering(self)

    # -- models ----------------------------------------------------------------------------------

    def version(self, library: Library, path: str) -> Version | None:
        """The version of a library that the project uses at a file; None if it is not told."""
        return self.recognition.version(library, path)

    def model_of(self, call: Call) -> Model | None:
        """The library model of a call, in the version that the project uses."""
        return self.recognition.model_of(call)

    def argument(self, call: Call, model: Model, meaning: str) -> Value:
        """The argument with a meaning: ``ABSENT`` when it is not given and has no default."""
        found = self.given(call, model, meaning)
        if model.configured_by and isinstance(found, Absent) and meaning not in model.parameters:
            return configured(self, model, call, meaning)
        return found

    def given(self, call: Call, model: Model, meaning: str) -> Value:
        """The argument with a meaning, without what configuring calls say."""
        if meaning in model.inside:
            return self._inside(call, model, model.inside[meaning])
        if meaning in model.factory:
            made = call.receiver
            if isinstance(made, Outcome):
                maker = self.model_of(made.call)
                if maker is not None:
                    return self.argument(made.call, maker, meaning)
            if not isinstance(made, Symbol) and meaning not in model.meanings:
                return Unknown("made elsewhere")
        # a function that takes further keywords knows them by their own names
        name = model.meanings.get(meaning, meaning if model.open else None)
        if name is not None:
            found = given(call.arguments, model.parameters, name)
            if found is not None:
                return found
        default = model.defaults.get(meaning)
        if default is not None:
            return Const(default, place=call.place)
        return ABSENT

    def _inside(self, call: Call, model: Model, inside: Inside) -> Value:
        outer = self.argument(call, model, inside.argument)
        ways = [self.follow(outer, key) for key in inside.keys]
        found = join(*([way for way in ways if not isinstance(way, Absent)] or ways))
        default = model.defaults.get(inside.key)
        if isinstance(found, Absent) and default is not None:
            return Const(default, place=call.place)
        return found

    def follow(self, value: Value, way: str) -> Value:
        """What is found in a value under a key, and under that; ``f()`` is what ``f`` returns."""
        for step in way.split("."):
            key = step.removesuffix("()")
            value = each(value, partial(self._entry, key=key))
            if key != step:
                value = each(value, self._result)
        return value

    def _entry(self, value: Value, key: str) -> Value:
        """What a value holds under a key; of a class its method."""
        if isinstance(value, ClassRef) and value.place is not None:
            found = self.interpreter.attribute(value, key, value.place)
            return found if isinstance(found, Closure) else ABSENT
        return entry_of(value, key=key, place=value.place)

    def _result(self, function: Value) -> Value:
        """What a project function returns, whoever calls it."""
        scope = self.functions.get(function.id) if isinstance(function, Closure) else None
        if scope is None:
            return function if isinstance(function, Absent) else Unknown("made by a factory")
        self.interpreter.function(scope)
        return scope.returned

    # -- events ----------------------------------------------------------------------------------

    @cached_property
    def scopes(self) -> tuple[FunctionScope, ...]:
        """Every module body and function of the files that matter, in order."""
        modules = (*self.modules.values(), *self._inner)
        bodies = [m.body for m in modules if m is not None and m.body is not None]
        scopes = [*bodies, *(s for s in self.functions.values() if s.state == "done")]
        return tuple(sorted(scopes, key=lambda s: (s.id.path, s.id.start, s.id.qualname)))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Everything that happens, file by file, function by function."""
        seen: set[int] = set()
        out: list[Event] = []
        for scope in self.scopes:
            for event in scope.events:
                if id(event) not in seen:
                    seen.add(id(event))
                    out.append(event)
        return tuple(out)

    def events_in(self, path: str) -> Sequence[Event]:
        """The events whose place is in a file."""
        return self._events_by_path.get(path, ())

    @cached_property
    def _events_by_path(self) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.events:
            found[event.place.path].append(event)
        return found

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call."""
        return tuple(e for e in self.events if isinstance(e, Call))

    @cached_property
    def callers(self) -> dict[FunctionId, list[Call]]:
        """Function -> the calls of it."""
        out: dict[FunctionId, list[Call]] = defaultdict(list)
        for call in self.calls:
            if call.target is not None:
                out[call.target].append(call)
        for scope in self.classes.values():
            out[scope.ref.id] += scope.made
        for method, call in called_on_given(self, out):
            out[method].append(call)
        for heir, call in called_by_interface(self, out):
            out[heir].append(call)
        return out

    @cached_property
    def parts(self) -> Sequence[tuple[Event, tuple[Value, ...]]]:
        """The events with all the values that they hold."""
        return [(event, all_parts(event)) for event in self.events]

    @cached_property
    def script_parts(self) -> Sequence[tuple[Event, tuple[Value, ...]]]:
        """The same for the events of JavaScript outside of tests."""
        return [
            (event, parts)
            for event, parts in self.parts
            if self.is_script(event.place.path) and not is_test(event.place.path)
        ]

    @cached_property
    def _travels(self) -> tuple[dict[Place, list[Event]], dict[str, list[tuple[Operation, Event]]]]:
        """Where outcomes travel, and some operations: one look into every value for both."""
        uses: dict[Place, list[Event]] = defaultdict(list)
        operations: dict[str, list[tuple[Operation, Event]]] = defaultdict(list)
        known: dict[int, list[Value]] = {}
        for event in self.events:
            found: set[Place] = set()
            for part in travelling(event, known):
                if isinstance(part, Outcome):
                    found.add(part.call.place)
                elif part.operator in _LOOKED_INTO:
                    operations[part.operator].append((part, event))
                    if part.operator == "json-decode" and part.place:
                        found.add(part.place)
            for place in found:
                uses[place].append(event)
        return uses, operations

    def operations(self, operator: str) -> Sequence[tuple[Operation, Event]]:
        """The operations of one of a few kinds, with the events that hold them."""
        return self._travels[1][operator]

    def uses(self, call: Call) -> Sequence[Event]:
        """The events whose values hold the outcome of a call, wherever it has travelled."""
        return self.holders(call.place)

    def holders(self, place: Place) -> Sequence[Event]:
        """The events whose values hold what was called, or decoded, at a place."""
        return self._travels[0].get(place, ())

    def scope(self, identity: FunctionId) -> FunctionScope | None:
        """The function (or module body) with this identity."""
        found = self.functions.get(identity)
        if found is not None or identity.qualname != MODULE:
            return found
        module = self.modules.get(identity.path)
        return module.body if module is not None else None

    # -- sites -----------------------------------------------------------------------------------

    @cached_property
    def _calls_by_role(self) -> dict[str, list[tuple[Call, Model]]]:
        out: dict[str, list[tuple[Call, Model]]] = defaultdict(list)
        for call in self.calls:
            model = self.model_of(call)
            if model is not None:
                out[model.role].append((call, model))
        for call, model in called_elsewhere(self, out):
            out[model.role].append((call, model))
        return out

    def sites(self, *roles: str) -> Iterator[Site]:
        """The calls with a role, once for each way in which the project reaches them.

        A call whose arguments are parameters of its function is given once per caller, with the
        caller's arguments put in.
        """
        for role in roles:
            if role not in self._sites:  # there are many calls of which no rule speaks
                self._sites[role] = [
                    Site(self, context[0], model, context[1:])
                    for call, model in self._calls_by_role.get(role, ())
                    for context in contexts(self, call)
                ]
            yield from self._sites[role]

    def calls_with(self, role: str) -> Iterator[Call]:
        """The calls with a role, as the functions see them that they stand in."""
        yield from (call for call, _ in self._calls_by_role.get(role, ()))

    # -- texts -----------------------------------------------------------------------------------

    @cached_property
    def texts(self) -> tuple[tuple[str, TextFact], ...]:
        """The string literals and documents kept for the rules that read text: (path, text)."""
        return tuple((path, text) for path, f in sorted(self.facts.items()) for text in f.texts)
