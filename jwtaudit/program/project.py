"""The project: all files' facts, joined; what the checks ask their questions to."""

from __future__ import annotations

import builtins
import enum
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from jwtaudit.models import SCRIPT
from jwtaudit.program.containers import METHODS
from jwtaudit.program.context import is_test
from jwtaudit.program.interpreter import Interpreter
from jwtaudit.program.modules_js import ScriptModules
from jwtaudit.program.scopes import (
    ClassScope,
    Event,
    FunctionScope,
    ModuleScope,
    Returned,
    Stored,
)
from jwtaudit.program.stored import may_store, stored_names
from jwtaudit.program.walk.binding import outcome, receive_call, substitute_call
from jwtaudit.values import (
    ABSENT,
    CHILDREN,
    Absent,
    Bound,
    Call,
    ClassRef,
    Closure,
    Const,
    FunctionId,
    Instance,
    Join,
    Member,
    ModuleRef,
    Operation,
    Outcome,
    Param,
    Setting,
    Symbol,
    Table,
    Unknown,
    Value,
    hop,
    join,
    member,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from packaging.version import Version

    from jwtaudit.facts import Facts, Function, TextFact
    from jwtaudit.models import Inside, Library, Model, Models
    from jwtaudit.program.environment import Environment
    from jwtaudit.program.options import RuleOptions
    from jwtaudit.program.steering import Steering
    from jwtaudit.program.stores import Stores
    from jwtaudit.source import Place

_MAX_CONTEXTS = 40
_FOLLOWED = Unknown("imports itself")  # what stands for a name while its import is followed
_MAX_CALL_DEPTH = 5
_MAKERS = ("__init__", "__post_init__", "setUp")
# How far, and to how many files, imports are followed from the files that matter.
_MAX_DISTANCE = 6
_MAX_LOADED = 400
# How many functions may be read that do not seem to matter by themselves.
_MAX_DETOURS = 100
_DETOURS_PER_FILE = 2
_MAX_DEEP = 2000


class Cut(enum.Enum):
    """What a limit leaves out; the value says so to people."""

    FILES = (
        f"imports were followed from the files that use tokens over {_MAX_DISTANCE} others, and"
        f" into {_MAX_LOADED} in all; not looked into:"
    )
    FUNCTIONS = "too many functions had to be read besides those that use tokens; not read:"
    WAYS = (
        f"calls reached in more than {_MAX_CONTEXTS} ways, or through more than {_MAX_CALL_DEPTH}"
        " others, were not followed to their beginning:"
    )


class Loader(Protocol):
    """Gives what the first pass over the files has left out."""

    def module(self, path: str) -> Facts | None:
        """A file, the bodies of its functions omitted; None when it cannot be read."""

    def function(self, path: str, start: int) -> Function | None:
        """The function that begins at an offset, with its body."""

    def text(self, path: str) -> str | None:
        """A file as it is written; None when it cannot be read."""


class Project:
    """Facts of many files, resolved on demand.

    Args:
        facts: what the front ends extracted from the files that matter.
        models: the library models.
        versions: tells a library's version for a file: ``(library, path) -> pin or None``.
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
        versions: Any,
        options: RuleOptions,
        loader: Loader | None = None,
        files: Collection[str] = (),
    ) -> None:
        self.models = models
        self.versions = versions
        self.options = options
        self.loader = loader
        self.facts = {fact.path: fact for fact in facts if fact.relevant}
        self.files = frozenset(files) | frozenset(self.facts)
        self.modules: dict[str, ModuleScope | None] = {}
        self.functions: dict[FunctionId, FunctionScope] = {}
        self.classes: dict[FunctionId, ClassScope] = {}
        self.builtin_roots = frozenset(dir(builtins))
        self.interpreter = Interpreter(self)
        self.scripts = ScriptModules(self)
        self.cut: dict[Cut, set[str]] = {}
        self.failed: dict[str, str] = {}
        self.detours = 0
        self._pins: dict[tuple[str, str], Any] = {}
        self._sites: dict[str, list[Site]] = {}
        self._found: dict[tuple[str, str, int], str | None] = {}
        for path in self.facts:
            self.module(path)
        self._inner = tuple(self._inner_modules())
        self._run_functions()

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
            if distance > _MAX_DISTANCE or len(self.modules) - len(self.facts) > _MAX_LOADED:
                if path in self.files:
                    self._cut(Cut.FILES, path)
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
        if self.detours > _MAX_DETOURS + _DETOURS_PER_FILE * len(self.facts):
            self._cut(Cut.FUNCTIONS, f"{identity.qualname} in {identity.path}")
            return None
        self.detours += 1
        return self.loader.function(identity.path, identity.start)

    def _cut(self, what: Cut, name: str) -> None:
        """Remember that something was left out for a limit's sake."""
        self.cut.setdefault(what, set()).add(name)

    def find_module(self, importer: str, module: str, level: int) -> str | None:
        """The file that an import in ``importer`` means; None when it is not in the project."""
        key = (importer, module, level)
        if key not in self._found:
            self._found[key] = self._find_module(importer, module, level)
        return self._found[key]

    def _find_module(self, importer: str, module: str, level: int) -> str | None:
        relative = module.replace(".", "/")
        folder = importer.rpartition("/")[0]
        if level:
            for _ in range(level - 1):
                folder = folder.rpartition("/")[0]
            return self._module_file(folder, relative)
        while True:
            found = self._module_file(folder, relative)
            found = found or self._module_file(f"{folder}/src".lstrip("/"), relative)
            if found is not None:
                if found == importer or self._is_library(module, found):
                    return None
                return found
            if not folder:
                return None
            folder = folder.rpartition("/")[0]

    def _is_library(self, module: str, found: str) -> bool:
        """Whether an absolute import means a library, though the project holds its files.

        A single file of that name shadows the library; a whole package is the library itself,
        vendored, or installed below the scan root.
        """
        head = module.partition(".")[0]
        return self.models.is_library(module) and not found.endswith((f"/{head}.py", f"{head}.py"))

    def _module_file(self, root: str, relative: str) -> str | None:
        base = f"{root}/{relative}".strip("/")
        for candidate in (f"{base}.py", f"{base}/__init__.py", f"{base}.pyi"):
            if candidate in self.files:
                return candidate
        return None

    def import_module(self, importer: str, module: str, level: int, place: Place) -> Value:
        """What ``import module`` binds."""
        if self.is_script(importer):
            return self.scripts.import_module(importer, module, place)
        path = self.find_module(importer, module, level)
        if path is not None:
            return ModuleRef(path, place=place)
        if level:
            return Unknown(f"module {module}", place=place)
        return Symbol(module, place=place)

    def import_name(self, importer: str, module: str, name: str, level: int, place: Place) -> Value:
        """What ``from module import name`` binds."""
        if self.is_script(importer):
            return self.scripts.import_name(importer, module, name, place)
        path = self.find_module(importer, module, level)
        if path is not None:
            return self.module_name(path, name, place)
        if level:
            submodule = self.find_module(importer, f"{module}.{name}" if module else name, level)
            if submodule is not None:
                return ModuleRef(submodule, place=place)
            return Unknown(name, place=place)
        dotted = f"{module}.{name}"
        path = self.find_module(importer, dotted, 0)
        if path is not None:
            return ModuleRef(path, place=place)
        return self.symbol(dotted, place)

    def module_name(self, path: str, name: str, place: Place) -> Value:
        """A name of a project module."""
        scope = self.module(path, place.path)
        if scope is not None and scope.is_script:
            return self.scripts.export(scope, name, place)
        found = None if scope is None else scope.names.get(name)
        if scope is not None and found is not None and found is not _FOLLOWED:
            scope.names[name] = _FOLLOWED  # `from . import name` comes by here again
            scope.names[name] = value = self.interpreter.followed(found)
            return value
        folder, _, file = path.rpartition("/")
        if file == "__init__.py":
            submodule = self._module_file(folder, name)
            if submodule is not None:
                return ModuleRef(submodule, place=place)
        return Unknown(name, place=place)

    def symbol(self, name: str, place: Place) -> Value:
        """A name of a library; a member of a settings object is a setting."""
        if name.startswith(SCRIPT):
            return self.scripts.symbol(name, place)
        if name.partition(".")[0] in self._folders:  # a package without an __init__.py
            path = self.find_module(place.path, name, 0)
            if path is not None:
                return ModuleRef(path, place=place)
            owner_path = self.find_module(place.path, name.rpartition(".")[0], 0)
            if owner_path is not None:
                return self.module_name(owner_path, name.rpartition(".")[2], place)
        owner, _, last = name.rpartition(".")
        if last in METHODS or last.startswith("from_"):  # what such an object can do
            return Symbol(name, place=place)
        for model in self.models.exactly(owner):
            if model.role == "settings-object":
                return self.setting(last, owner, place)
        return Symbol(name, place=place)

    @cached_property
    def _folders(self) -> frozenset[str]:
        """The names of the folders that hold source files."""
        return frozenset(part for path in self.files for part in path.split("/")[:-1])

    def setting(self, name: str, owner: str, place: Place) -> Value:
        """A member of a settings object, with the values that the project's files give it."""
        found = [
            self.interpreter.followed(scope.names[name])
            for path in self.settings_files
            if (scope := self.module(path)) is not None and name in scope.names
        ] or list(self._stored_settings(owner, name))
        if found:
            return hop(join(*found), place, f"read as setting `{name}`")
        return Setting(name, ABSENT, owner, place=place)

    def _stored_settings(self, owner: str, name: str) -> Iterator[Value]:
        """What settings files put into the settings object itself, where the project has none."""
        for path in self.settings_files:
            scope = self.module(path)
            body = scope.body if scope is not None else None
            for event in body.events if body is not None else ():
                if (
                    isinstance(event, Stored)
                    and isinstance(event.base, Symbol)
                    and event.base.name == owner
                    and isinstance(event.key, Const)
                    and event.key.value == name
                ):
                    yield Setting(name, event.value, owner, place=event.value.place)

    @cached_property
    def settings_files(self) -> tuple[str, ...]:
        """The files that hold a project's settings, as their names say."""
        return tuple(
            sorted(
                path
                for path in self.files
                if path.endswith(".py")
                and (
                    PurePosixPath(path).stem.startswith("settings")
                    or PurePosixPath(path).parent.name == "settings"
                )
            )
        )

    def entry(self, base: Value, key: Value, place: Place) -> Value:
        """``base[key]``."""
        return member(base, key, item=True, place=place)

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
    def steering(self) -> Steering:
        """What the tokens that nobody has verified choose."""
        from jwtaudit.program.steering import Steering  # noqa: PLC0415 - it needs this module

        return Steering(self)

    def variables_of(self, setting: Setting) -> Iterator[str]:
        """The environment variables that a field of a settings class is read from."""
        for scope in self.classes.values():
            if scope.ref.id.qualname != setting.owner:
                continue
            if self.is_settings_class(scope):
                yield self._prefix(scope) + setting.name

    def _prefix(self, scope: ClassScope) -> str:
        """What the names of all variables of a settings class begin with."""
        configuration = scope.names.get("model_config", scope.names.get("Config"))
        if isinstance(configuration, ClassRef) and configuration.place is not None:
            found = self.interpreter.attribute(configuration, "env_prefix", configuration.place)
        elif configuration is not None:
            found = member(configuration, Const("env_prefix"), item=True)
        else:
            return ""
        return found.value if isinstance(found, Const) and isinstance(found.value, str) else ""

    # -- classes ---------------------------------------------------------------------------------

    @cached_property
    def _stored_names(self) -> dict[FunctionId, frozenset[str]]:
        return {}

    def fields(self, ref: ClassRef, name: str) -> list[Value]:
        """What the methods of a class store under ``self.name``."""
        scope = self.classes[ref.id]
        found: list[Value] = []
        for method in sorted(
            scope.methods.values(), key=lambda m: not m.qualname.endswith("__init__")
        ):
            function = self.functions[method]
            if function.state == "new":
                definition = function.definition
                if (
                    definition is not None
                    and definition.omitted
                    and method.qualname.rpartition(".")[2] not in _MAKERS
                ):
                    continue
                if found and definition is not None:
                    if method not in self._stored_names:
                        self._stored_names[method] = stored_names(definition)
                    if not may_store(self._stored_names[method], name):
                        continue  # it may itself be what waits for this value
                self.interpreter.function(function)
            found += [
                hop(_opened(event.value), event.place, f"`self.{name}` is set")
                for event in function.events
                if isinstance(event, Stored)
                and not event.item
                and isinstance(event.base, Instance)
                and event.base.cls.id == ref.id
                and isinstance(event.key, Const)
                and event.key.value == name
            ]
        return found

    def is_settings_class(self, scope: ClassScope) -> bool:
        """Whether the fields of a class are read from the environment and the like."""
        return any(model.role == "settings-base" for model in self._base_models(scope.ref))

    def overridden(self, ref: ClassRef, name: str) -> Value | None:
        """What classes that derive from one give to an attribute that it leaves to them."""
        found = [
            scope.names[name]
            for scope in tuple(self.classes.values())
            if name in scope.names and self._derives(scope, ref)
        ]
        return join(*found) if found else None

    def _derives(self, scope: ClassScope, ref: ClassRef) -> bool:
        seen: set[FunctionId] = set()
        queue = list(scope.bases)
        while queue:
            base = queue.pop()
            if not isinstance(base, ClassRef) or base.id in seen:
                continue
            if base.id == ref.id:
                return True
            seen.add(base.id)
            parent = self.classes.get(base.id)
            queue.extend(parent.bases if parent is not None else ())
        return False

    def class_setting(self, scope: ClassScope, name: str, value: Value | None) -> Value | None:
        """A class attribute; in a settings class it is the default of a setting."""
        if value is not None:
            value = self.field_default(value)
        if self.is_settings_class(scope):
            if value is not None:
                return Setting(name, value, scope.ref.id.qualname, place=value.place)
            if name in scope.annotations:
                return Setting(name, ABSENT, scope.ref.id.qualname, place=scope.ref.place)
        return value

    def field_default(self, value: Value) -> Value:
        """The default inside a field declaration (``Field(default=...)``), or the value itself."""
        if not isinstance(value, Outcome):
            return value
        model = self.model_of(value.call)
        if model is None or model.role != "field":
            return value
        default = self.argument(value.call, model, "default")
        factory = self.argument(value.call, model, "default_factory")
        if isinstance(factory, ClassRef):
            return Instance(factory, place=value.place)
        if isinstance(factory, Closure) and factory.id in self.functions:
            scope = self.functions[factory.id]
            self.interpreter.function(scope)
            return outcome(self.interpreter, factory, scope.returned)
        if not isinstance(factory, Absent):
            return Unknown("made by a factory", place=value.place)
        return default

    def method(self, ref: ClassRef, name: str) -> FunctionScope | None:
        """A method of a class or of its project bases."""
        scope = self.classes.get(ref.id)
        seen: set[FunctionId] = set()
        queue = [ref]
        while queue:
            current = queue.pop(0)
            scope = self.classes.get(current.id)
            if scope is None or current.id in seen:
                continue
            seen.add(current.id)
            if name in scope.methods:
                return self.functions[scope.methods[name]]
            queue.extend(b for b in scope.bases if isinstance(b, ClassRef))
        return None

    def library_base(self, ref: ClassRef) -> str:
        """The dotted name of the library class that a project class derives from."""
        scope = self.classes.get(ref.id)
        seen: set[FunctionId] = set()
        queue = [ref]
        while queue:
            current = queue.pop(0)
            scope = self.classes.get(current.id)
            if scope is None or current.id in seen:
                continue
            seen.add(current.id)
            for base in scope.bases:
                if isinstance(base, Symbol):
                    return base.name
                if isinstance(base, ClassRef):
                    queue.append(base)
        return ""

    def _base_models(self, ref: ClassRef) -> Sequence[Model]:
        base = self.library_base(ref)
        return self.models.exactly(base) if base else ()

    def is_mapping_class(self, ref: ClassRef) -> bool:
        """Whether instances are plain mappings (typed dicts)."""
        return any(model.role == "mapping" for model in self._base_models(ref))

    # -- models ----------------------------------------------------------------------------------

    def version(self, library: Library, path: str) -> Version | None:
        """The version of a library that the project uses at a file; None if it is not told."""
        pin = self.pin(library, path)
        version: Version | None = getattr(pin, "version", None)
        return version

    def pin(self, library: Library, path: str) -> Any:
        """What the project's manifests say of a library's version."""
        if self.versions is None or not library.package:
            return None
        key = (library.id, str(PurePosixPath(path).parent))
        if key not in self._pins:
            self._pins[key] = self.versions.version(library, path)
        return self._pins[key]

    def model_of(self, call: Call) -> Model | None:
        """The library model of a call, in the version that the project uses."""
        if not call.name or call.target is not None:
            return None
        candidates = self.models.named(call.name)
        if not candidates:
            return None
        version = self.version(candidates[0].library, call.place.path)
        if version is None:
            for model in candidates:
                if model.written_with and _is_written_so(call, model):
                    return model
        return self.models.select(
            candidates,
            version,
            lambda model, meaning: self._has(call, model, meaning),
        )

    def _has(self, call: Call, model: Model, meaning: str) -> bool:
        if meaning in model.inside:
            inside = model.inside[meaning]
            told = options(self.argument(call, model, inside.argument))
            return any(isinstance(option, Table) for option in told) and not isinstance(
                self._inside(call, model, inside), Absent
            )
        name = model.meanings.get(meaning, meaning)
        return given(call.arguments, model.parameters, name) is not None

    def argument(self, call: Call, model: Model, meaning: str) -> Value:
        """The argument with a meaning: ``ABSENT`` when it is not given and has no default."""
        found = self._given(call, model, meaning)
        if model.configured_by and isinstance(found, Absent) and meaning not in model.parameters:
            return self._configured(model, meaning)
        return found

    def configuring(self, model: Model) -> list[Site]:
        """The calls that give what calls of a function leave out."""
        factories = self.sites("factory") if model.configured_by else ()
        found = [site for site in factories if site.model.name in model.configured_by]
        shipped = [
            site
            for site in found
            if not is_test(site.place.path)
            and not any(is_test(call.place.path) for call in site.chain)
        ]
        return shipped or found

    def _configured(self, model: Model, meaning: str) -> Value:
        """What the project's configuring calls say; unknown where there are none to be seen."""
        found = [self.argument(site.call, site.model, meaning) for site in self.configuring(model)]
        return join(*found) if found else Unknown("configured elsewhere")

    def _given(self, call: Call, model: Model, meaning: str) -> Value:
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
            value = join(*(_entry(option, key, value.place) for option in options(value)))
            if key != step:
                value = join(*(self._result(option) for option in options(value)))
        return value

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
        return out

    def stands_for(self, method: FunctionId) -> Iterator[FunctionId]:
        """The methods of base classes in whose place a method is called."""
        function = self.functions.get(method)
        queue = [] if function is None or function.cls is None else [function.cls]
        seen: set[FunctionId] = set()
        while queue:
            scope = self.classes.get(queue.pop().id)
            if scope is None or scope.ref.id in seen:
                continue
            seen.add(scope.ref.id)
            found = scope.methods.get(method.qualname.rpartition(".")[2])
            if found is not None and found != method:
                yield found
            queue.extend(base for base in scope.bases if isinstance(base, ClassRef))

    @cached_property
    def script_parts(self) -> Sequence[tuple[Event, tuple[Value, ...]]]:
        """The events of JavaScript outside of tests that hold values, with all of these."""
        return [
            (event, tuple(part for value in event_values(event) for part in walk(value)))
            for event in self.events
            if self.is_script(event.place.path) and not is_test(event.place.path)
        ]

    @cached_property
    def _travels(self) -> tuple[dict[Place, list[Event]], list[tuple[Operation, Event]]]:
        """Where outcomes travel, and what is decoded: one look into every value for both."""
        uses: dict[Place, list[Event]] = defaultdict(list)
        decoded: list[tuple[Operation, Event]] = []
        for event in self.events:
            found: set[Place] = set()
            for value in event_values(event):
                for part in deep(value):
                    if isinstance(part, Outcome):
                        found.add(part.call.place)
                    elif isinstance(part, Operation) and part.operator == "json-decode":
                        decoded.append((part, event))
                        if part.place:
                            found.add(part.place)
            for place in found:
                uses[place].append(event)
        return uses, decoded

    @property
    def decoded(self) -> Sequence[tuple[Operation, Event]]:
        """What is decoded by hand, with the events that hold it."""
        return self._travels[1]

    def uses(self, call: Call) -> Sequence[Event]:
        """The events whose values hold the outcome of a call, wherever it has travelled."""
        return self.holders(call.place)

    def holders(self, place: Place) -> Sequence[Event]:
        """The events whose values hold what was called, or decoded, at a place."""
        return self._travels[0].get(place, ())

    def scope(self, identity: FunctionId) -> FunctionScope | None:
        """The function (or module body) with this identity."""
        found = self.functions.get(identity)
        if found is not None:
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
                    for context in self._contexts(call)
                ]
            yield from self._sites[role]

    def _contexts(self, call: Call) -> list[tuple[Call, ...]]:
        """The call in terms of its callers, each with the chain of calls that leads to it."""
        done: list[tuple[Call, ...]] = []
        queue: list[tuple[Call, ...]] = [(call,)]
        is_cut = False
        while queue and len(done) + len(queue) < _MAX_CONTEXTS:
            chain = queue.pop(0)
            current = chain[0]
            function, callers = self._next_callers(chain)
            if function is None or len(chain) > _MAX_CALL_DEPTH:
                is_cut = is_cut or function is not None
                done.append(chain)
                continue
            for caller in callers:
                binding = {a.name: a.value for a in caller.arguments if a.name is not None}
                bound = substitute_call(self.interpreter, current, function, binding)
                bound = receive_call(self.interpreter, bound, caller.receiver)
                queue.append((bound, *chain[1:], caller))
        if queue or is_cut:
            self._cut(Cut.WAYS, f"{call.name}() in {call.place.path}")
        return [*done, *queue]

    def _next_callers(self, chain: tuple[Call, ...]) -> tuple[FunctionId | None, list[Call]]:
        """A function whose parameters a call mentions, and its callers that are not seen yet."""
        seen = {call.place for call in chain}
        for function in _open_functions(chain[0]):
            callers = [c for c in self.callers.get(function, ()) if c.place not in seen]
            if callers:
                return function, callers
        return None, []

    # -- texts -----------------------------------------------------------------------------------

    @cached_property
    def texts(self) -> tuple[tuple[str, TextFact], ...]:
        """The string literals and documents kept for the rules that read text: (path, text)."""
        return tuple((path, text) for path, f in sorted(self.facts.items()) for text in f.texts)


def _is_written_so(call: Call, model: Model) -> bool:
    """Whether a call gives true or false at the position where only some versions take that."""
    index = model.parameters.index(model.written_with)
    if len(call.arguments) <= index:
        return False
    argument = call.arguments[index]
    value = argument.value
    plain = argument.name is None and not any(a.spread for a in call.arguments[: index + 1])
    return plain and isinstance(value, Const) and isinstance(value.value, bool)


def given(arguments: tuple[Bound, ...], parameters: Sequence[str], name: str) -> Value | None:
    """The argument for a parameter; Unknown when a spread may hold it; None when not given."""
    index = parameters.index(name) if name in parameters else -1
    position = 0
    spread: Value | None = None
    for argument in arguments:
        if argument.spread:
            spread = argument.value
            if argument.spread == 1 and 0 <= position <= index:
                return Unknown("spread argument", place=argument.place)
        elif argument.name is not None:
            if argument.name == name:
                return _at(argument)
        else:
            if position == index:
                return _at(argument)
            position += 1
    if spread is not None:
        for argument in arguments:
            if argument.spread == 2:
                inner = member(argument.value, Const(name), item=True, place=argument.place)
                if not isinstance(inner, (Absent, Member)):
                    return inner
        return Unknown("spread argument")
    return None


def _entry(value: Value, key: str, place: Place | None) -> Value:
    """The entry of a mapping; nothing is in what is not there."""
    if isinstance(value, Absent) or (isinstance(value, Const) and value.value is None):
        return ABSENT
    return member(value, Const(key), item=True, place=place)


def _at(argument: Bound) -> Value:
    value = argument.value
    if value.place is None and argument.place is not None and value is not ABSENT:
        return replace(value, place=argument.place)
    return value


def _open_functions(call: Call) -> Iterator[FunctionId]:
    """The functions whose parameters the call's arguments mention."""
    given: set[FunctionId] = set()
    values = [a.value for a in call.arguments]
    if call.receiver is not None:
        values.append(call.receiver)
    for value in values:
        for part in deep(value):
            if isinstance(part, Param) and part.function not in given:
                given.add(part.function)
                yield part.function


def deep(value: Value) -> Iterator[Value]:
    """The value, all values inside it, and those inside the calls it is the outcome of."""
    calls = [value]
    seen: set[int] = set()
    while calls and len(seen) < _MAX_DEEP:
        stack = [calls.pop()]
        while stack:
            part = stack.pop()
            if id(part) in seen:
                continue
            seen.add(id(part))
            yield part
            if isinstance(part, Outcome):
                calls.extend(a.value for a in part.call.arguments)
                if part.call.receiver is not None:
                    calls.append(part.call.receiver)
            elif (inner := CHILDREN.get(type(part))) is not None:
                stack.extend(reversed(inner(part)))
                if isinstance(part, Member) and not isinstance(part.key, Const):
                    calls.append(part.key)


def _opened(value: Value) -> Value:
    """An empty mapping that an object keeps is there to be filled, by whichever method."""
    if isinstance(value, Table) and not value.entries and not value.rest:
        return replace(value, rest=(Unknown("filled elsewhere", place=value.place),))
    return value


def event_values(event: Event) -> tuple[Value, ...]:
    """The values that take part in an event."""
    if isinstance(event, Call):
        values = tuple(a.value for a in event.arguments)
        return values if event.receiver is None else (*values, event.receiver)
    if isinstance(event, Stored):
        return (event.base, event.key, event.value)
    return (event.value,)


@dataclass(slots=True, eq=False)
class Site:
    """A call of a library function, seen from one of the places that reach it.

    Attributes:
        call: the call, its arguments in terms of the outermost caller.
        chain: the calls of project functions that lead to it, innermost first.
    """

    project: Project
    call: Call
    model: Model
    chain: tuple[Call, ...] = ()

    @property
    def place(self) -> Place:
        """Where the library call stands."""
        return self.call.place

    @property
    def configuring(self) -> list[Site]:
        """The calls that give what this one leaves out."""
        return self.project.configuring(self.model)

    def own(self, meaning: str) -> Value:
        """The argument with a meaning, without what is given by configuring calls."""
        return self.project._given(self.call, self.model, meaning)

    @property
    def library(self) -> Library:
        """The library it belongs to."""
        return self.model.library

    @property
    def role(self) -> str:
        """What it does."""
        return self.model.role

    @property
    def version(self) -> Version | None:
        """The library's version in this project; None when it is not told."""
        told = self.project.version(self.library, self.place.path)
        return self.library.newest_in(self.model.versions) if self.is_written_for else told

    @property
    def is_written_for(self) -> bool:
        """Whether nothing but the way the call is written tells the library's version."""
        return (
            bool(self.model.written_with)
            and self.project.version(self.library, self.place.path) is None
        )

    @property
    def scope(self) -> FunctionScope | None:
        """The function that holds the library call."""
        return self.project.scope(self.call.scope)

    def argument(self, meaning: str) -> Value:
        """The argument with a meaning; ``ABSENT`` when missing without a default."""
        return self.project.argument(self.call, self.model, meaning)

    def semantic(self, name: str) -> Any:
        """What the library's version does, by the model."""
        return self.library.semantic(name, self.version)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a finding at this call has to say of the library's version."""
        if self.is_written_for:
            return (
                f"no version of {self.library.title} is pinned; the call is written as for"
                f" {self.library.title} {self.model.versions}, so {self.version} is assumed",
            )
        return self.library.assumed(self.version)

    def outcome(self) -> Outcome:
        """The result of the call."""
        return Outcome(self.call, place=self.place)


__all__ = ["Join", "Project", "Returned", "Site", "Table", "deep", "event_values", "given"]
