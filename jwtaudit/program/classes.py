"""Classes of the project: their fields and methods, what they derive from, what they configure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program.context import is_test
from jwtaudit.program.poured import poured
from jwtaudit.program.scopes import ClassScope, FunctionScope, Stored
from jwtaudit.program.stored import may_store, stored_names
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    ClassRef,
    Closure,
    Const,
    FunctionId,
    Instance,
    Outcome,
    Setting,
    Symbol,
    Table,
    Unknown,
    Value,
    hop,
    join,
    member,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jwtaudit.models import Model
    from jwtaudit.program.project import Project

_ALIASES = ("variable", "variables", "alias")
_MAKERS = ("__init__", "__post_init__", "setUp")


def variables_of(project: Project, setting: Setting) -> Iterator[str]:
    """The environment variables that a field of a settings class is read from."""
    for scope in project.classes.values():
        if scope.ref.id.qualname != setting.owner:
            continue
        if is_settings_class(project, scope):
            aliases = _aliases(project, scope.names.get(setting.name))
            yield from aliases or (prefix(project, scope) + setting.name,)


def _aliases(project: Project, declared: Value | None) -> tuple[str, ...]:
    """The variables that a field is told to be read from: ``Field(validation_alias="KEY")``."""
    model = project.model_of(declared.call) if isinstance(declared, Outcome) else None
    if not isinstance(declared, Outcome) or model is None or model.role != "field":
        return ()
    given = (project.argument(declared.call, model, meaning) for meaning in _ALIASES)
    return tuple(
        part.value
        for value in given
        for part in deep(value)
        if isinstance(part, Const) and isinstance(part.value, str)
    )


def prefix(project: Project, scope: ClassScope) -> str:
    """What the names of all variables of a settings class begin with."""
    configuration = scope.names.get("model_config", scope.names.get("Config"))
    if isinstance(configuration, ClassRef) and configuration.place is not None:
        found = project.interpreter.attribute(configuration, "env_prefix", configuration.place)
    elif configuration is not None:
        found = member(configuration, Const("env_prefix"), item=True)
    else:
        return ""
    return found.value if isinstance(found, Const) and isinstance(found.value, str) else ""


def fields(project: Project, owner: Instance | ClassRef, name: str) -> list[Value]:
    """What the methods of a class store under ``self.name``; under ``cls.name`` for the class."""
    ref = owner.cls if isinstance(owner, Instance) else owner
    scope = project.classes[ref.id]
    found: list[Value] = []
    for method in sorted(scope.methods.values(), key=lambda m: not m.qualname.endswith("__init__")):
        function = project.functions[method]
        if function.state == "new":
            definition = function.definition
            if (
                definition is not None
                and definition.omitted
                and (
                    isinstance(owner, ClassRef) or method.qualname.rpartition(".")[2] not in _MAKERS
                )
            ):
                continue
            if definition is not None and (found or not definition.omitted):
                if function.stored is None:
                    function.stored = stored_names(definition)
                if not may_store(function.stored, name):
                    continue  # it may itself be what waits for this value
            project.interpreter.function(function)
        found += [
            hop(_opened(event.value), event.place, f"`self.{name}` is set")
            for event in _stored(function, owner, name)
        ]
        found += [
            hop(value, call.place, f"`self.{name}` is set")
            for value, call in poured(project, function, ref, name)
            if isinstance(owner, Instance)
        ]
    return found


def _stored(function: FunctionScope, owner: Instance | ClassRef, name: str) -> Iterator[Stored]:
    """Where a method sets an attribute of its own object, or of its class."""
    for event in function.events:
        if (
            isinstance(event, Stored)
            and not event.item
            and _is_of(event.base, owner)
            and isinstance(event.key, Const)
            and event.key.value == name
        ):
            yield event


def _is_of(base: Value, owner: Instance | ClassRef) -> bool:
    """Whether a value is an object of the same class, or the class itself."""
    if isinstance(owner, Instance):
        return isinstance(base, Instance) and base.cls.id == owner.cls.id
    return isinstance(base, ClassRef) and base.id == owner.id


def text_left(project: Project, ref: ClassRef, name: str) -> Const | None:
    """The text in a class's body that an attribute keeps where the constructor need not set it."""
    scope = project.classes[ref.id]
    default = scope.names.get(name)
    if not isinstance(default, Const) or not isinstance(default.value, str) or not default.value:
        return None
    makers = (project.functions[scope.methods[m]] for m in _MAKERS if m in scope.methods)
    paths = [event.path for maker in makers for event in _stored(maker, Instance(ref), name)]
    arms = {arm for path in paths for arm in path}
    both = len({arm.start for arm in arms}) < len(arms)  # each branch sets it
    return default if paths and all(paths) and not both else None


def setting_left(project: Project, ref: ClassRef, name: str) -> Value | None:
    """A setting with a text as its default that only a method sets which has to be called.

    As in ``def load_from_vault(self): self.SECRET = ...``: until then, or without, it stays.
    """
    scope = project.classes[ref.id]
    default = scope.names.get(name)
    if not isinstance(default, Const) or not isinstance(default.value, str) or not default.value:
        return None
    if not is_settings_class(project, scope):
        return None
    for method, identity in scope.methods.items():
        function = project.functions[identity]
        if any(True for _ in _stored(function, Instance(ref), name)) and (
            method in _MAKERS or function.decorators
        ):
            return None
    return class_setting(project, scope, name, default)


def is_settings_class(project: Project, scope: ClassScope) -> bool:
    """Whether the fields of a class are read from the environment and the like."""
    return any(model.role == "settings-base" for model in _base_models(project, scope.ref))


def overridden(project: Project, ref: ClassRef, name: str) -> Value | None:
    """What the bodies of classes that derive from one give to an attribute."""
    found = [
        scope.names[name]
        for scope in tuple(project.declaring.get(name, {}).values())
        if scope.ref.id != ref.id and not is_test(scope.ref.id.path)
        if _derives(project, scope, ref)
    ]
    return join(*found) if found else None


def methods_of_heirs(project: Project, ref: ClassRef, name: str) -> Iterator[FunctionId]:
    """The methods that the classes which derive from one put in the place of its own."""
    for scope in tuple(project.classes.values()):
        if name not in scope.methods or scope.ref.id == ref.id or is_test(scope.ref.id.path):
            continue
        if _derives(project, scope, ref):
            yield scope.methods[name]


def reached(project: Project, call: Call) -> Iterator[FunctionId]:
    """The functions that a call may run: its target, and what heirs put in a method's place."""
    if call.target is None:
        return
    yield call.target
    if isinstance(call.receiver, Instance):
        name = call.target.qualname.rpartition(".")[2]
        yield from methods_of_heirs(project, call.receiver.cls, name)


def has_heirs(project: Project, ref: ClassRef) -> bool:
    """Whether a class of the project derives from one, so that an object may be of either."""
    return any(
        scope.ref.id != ref.id and _derives(project, scope, ref)
        for scope in tuple(project.classes.values())
    )


def makes_sibling(project: Project, call: Call, maker: FunctionId, method: FunctionId) -> bool:
    """Whether a call of a constructor makes an object of a class beside that of a method.

    That is one which inherits the same constructor, and not the method.
    """
    owner, heir = (
        f.cls if (f := project.functions.get(identity)) is not None else None
        for identity in (maker, method)
    )
    if owner is None or heir is None or owner.id == heir.id or maker.qualname.count(".") != 1:
        return False
    if maker.qualname.rpartition(".")[2] not in _MAKERS or heir.id not in project.classes:
        return False
    if not _derives(project, project.classes[heir.id], owner):
        return False
    name = call.name.rpartition(".")[2]
    if name in _MAKERS:  # called by that of an heir
        name = call.scope.qualname.rpartition(".")[0]
    made = [scope for scope in project.classes.values() if scope.ref.id.qualname == name]
    return bool(made) and not any(_derives(project, scope, heir) for scope in made)


def _derives(project: Project, scope: ClassScope, ref: ClassRef) -> bool:
    return any(other.ref.id == ref.id for other in lineage(project, scope.ref))


def class_setting(
    project: Project, scope: ClassScope, name: str, value: Value | None
) -> Value | None:
    """A class attribute; in a settings class it is the default of a setting."""
    once = is_settings_class(project, scope)
    if value is not None:
        value = field_default(project, value, once=once)
    if once:
        if value is not None:
            return Setting(name, value, scope.ref.id.qualname, place=value.place)
        if name in scope.annotations:
            return Setting(name, ABSENT, scope.ref.id.qualname, place=scope.ref.place)
    return value


def field_default(project: Project, value: Value, *, once: bool = False) -> Value:
    """The default inside a field declaration (``Field(default=...)``), or the value itself.

    What a library's function draws by chance is told apart only where there is one object.
    """
    if not isinstance(value, Outcome):
        return value
    model = project.model_of(value.call)
    if model is None or model.role != "field":
        return value
    default = project.argument(value.call, model, "default")
    factory = project.argument(value.call, model, "default_factory")
    if isinstance(factory, ClassRef):
        return Instance(factory, place=value.place)
    if isinstance(factory, Closure) and factory.id in project.functions:
        scope = project.functions[factory.id]
        project.interpreter.function(scope)
        return project.interpreter.outcome(factory, scope.returned)
    if isinstance(factory, Symbol) and once and _draws(project, factory):
        made = Call(value.call.place, factory.name, None, (), value.call.scope, value.call.path)
        return Outcome(made, place=value.place)
    if not isinstance(factory, Absent):
        return Unknown("made by a factory", place=value.place)
    return default


def _draws(project: Project, factory: Symbol) -> bool:
    return any(model.role == "generator" for model in project.models.exactly(factory.name))


def method(project: Project, ref: ClassRef, name: str) -> FunctionScope | None:
    """A method of a class or of its project bases."""
    for scope in lineage(project, ref):
        if name in scope.methods:
            return project.functions[scope.methods[name]]
    return None


def library_base(project: Project, ref: ClassRef) -> str:
    """The dotted name of the library class that a project class derives from."""
    for scope in lineage(project, ref):
        for base in scope.bases:
            if isinstance(base, Symbol):
                return base.name
    return ""


def lineage(project: Project, ref: ClassRef) -> Iterator[ClassScope]:
    """A class and the project's classes that it derives from, the nearest first."""
    seen: set[FunctionId] = set()
    queue = [ref]
    while queue:
        current = queue.pop(0)
        scope = project.classes.get(current.id)
        if scope is None or current.id in seen:
            continue
        seen.add(current.id)
        yield scope
        queue.extend(base for base in scope.bases if isinstance(base, ClassRef))


def _base_models(project: Project, ref: ClassRef) -> Sequence[Model]:
    base = library_base(project, ref)
    return project.models.exactly(base) if base else ()


def is_mapping_class(project: Project, ref: ClassRef) -> bool:
    """Whether instances are plain mappings (typed dicts)."""
    return any(model.role == "mapping" for model in _base_models(project, ref))


def is_record_class(project: Project, ref: ClassRef) -> bool:
    """Whether objects of a class only hold what they were made of, by its base or a decorator."""
    named = [
        decorator.call.name if isinstance(decorator, Outcome) else decorator.name
        for scope in lineage(project, ref)
        for decorator in scope.decorators
        if isinstance(decorator, (Outcome, Symbol))
    ]
    models = (*_base_models(project, ref), *(m for n in named for m in project.models.exactly(n)))
    return any(model.role == "record" for model in models)


def stands_for(project: Project, method: FunctionId) -> Iterator[FunctionId]:
    """The methods of base classes in whose place a method is called."""
    function = project.functions.get(method)
    if function is None or function.cls is None:
        return
    for scope in lineage(project, function.cls):
        found = scope.methods.get(method.qualname.rpartition(".")[2])
        if found is not None and found != method:
            yield found


def _opened(value: Value) -> Value:
    """An empty mapping that an object keeps is there to be filled, by whichever method."""
    if isinstance(value, Table) and not value.entries and not value.rest:
        return replace(value, rest=(Unknown("filled elsewhere", place=value.place),))
    return value
