"""Settings that a service is asked for: ``config.get("jwt.secret")``, ``config.get("KEY")``.

What gives them stands in a file of its own, as what a function returns, and no import leads there.
The link is the path.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.context import is_test
from jwtaudit.values import (
    Absent,
    Call,
    Closure,
    Const,
    Env,
    Instance,
    Member,
    ModuleRef,
    Operation,
    Outcome,
    Param,
    Symbol,
    Table,
    Unknown,
    Value,
    each,
    hop,
    join,
    options,
    rewrite,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place

_SUFFIXES = (".ts", ".js", ".mjs", ".cjs", ".json")
_MOST_FILES = 60
_HOLDER = "config"
_known: WeakKeyDictionary[Project, dict[str, list[Value]]] = WeakKeyDictionary()
_services: WeakKeyDictionary[Project, set[Place]] = WeakKeyDictionary()


def resolved(project: Project, value: Value) -> Value:
    """The value with settings put in that the project's own files give under the same path."""

    def change(part: Value) -> Value | None:
        if not isinstance(part, Env) or part.name is None or part.place is None:
            return None
        nothing = isinstance(part.default, Absent) or (
            isinstance(part.default, Const) and part.default.value is None
        )
        if not nothing or ("." not in part.name and not _is_asked_of_service(project, part.place)):
            return None
        found = [
            given
            for given in _paths(project).get(part.name, ())
            # a list of names gives each its own
            if not (isinstance(given, Const) and given.value == part.name)
        ]
        return hop(join(*found), part.place, f"read as setting `{part.name}`") if found else None

    if any(isinstance(option, (Symbol, Member)) for option in options(value)):
        value = each(value, lambda option: _handed_out(project, option) or option)
    return rewrite(value, change)


def _is_asked_of_service(project: Project, place: Place) -> bool:
    """Whether an object is asked there, ``this.config.get("KEY")``, and not the environment.

    Only objects know what files of settings give, where a name has no dot to tell.
    """
    if project not in _services:
        _services[project] = {
            call.place
            for call in project.calls
            if isinstance(call.receiver, (Param, Instance, Member))
            and (model := project.model_of(call)) is not None
            and model.role == "environment"
        }
    return place in _services[project]


def _handed_out(project: Project, value: Value) -> Value | None:
    """A setting that a framework hands out under a global name: ``sails.config.jwt.secret``."""
    names: list[str] = []
    part = value
    while isinstance(part, Member) and part.name is not None:
        names.insert(0, part.name)
        part = part.base
    if isinstance(part, Outcome):
        model = project.model_of(part.call)
        if model is not None and model.role == "settings":
            return _read(project, value, ".".join((model.effect, *names)))
    if isinstance(part, Symbol):
        names = [*part.name.split("."), *names]
    if value.place is None or _HOLDER not in names or not isinstance(part, (Symbol, Unknown)):
        return None
    return _read(project, value, ".".join(names[names.index(_HOLDER) + 1 :]))


def _read(project: Project, value: Value, path: str) -> Value | None:
    """What files of settings give under a path of several names, an empty text left out."""
    found = [
        given
        for given in (_paths(project).get(path, ()) if "." in path else ())
        if not (isinstance(given, Const) and given.value == "")
    ]
    if not found or value.place is None:
        return None
    return hop(join(*found), value.place, f"read as setting `{path}`")


def _paths(project: Project) -> dict[str, list[Value]]:
    if project not in _known:
        found: dict[str, list[Value]] = {}
        for path, value in _given(project):
            found.setdefault(path, []).append(value)
        _known[project] = found
    return _known[project]


def _given(project: Project) -> Iterator[tuple[str, Value]]:
    """Every setting that a file of settings gives, by its path."""
    files = [path for path in sorted(project.files) if _holds_settings(path)]
    for path in files[:_MOST_FILES]:
        module = project.module(path)
        if module is None or not (module.is_script or path.endswith(".json")):
            continue
        if path.endswith(".json"):
            yield from ((name, value) for name, value in module.names.items())
            continue
        for scope in list(project.functions.values()):
            if scope.id.path == path and scope.definition is not None:
                project.interpreter.function(scope)
                yield from _entries("", scope.returned)
        for name, exported in list(module.exports.items()):
            if not isinstance(exported, ModuleRef):
                yield from _entries("", exported)
                yield from _entries(f"{name}.", exported)
        for event in module.body.events if module.body is not None else ():
            if isinstance(event, Call) and len(event.arguments) > 1:
                yield from _named(project, event)


def _holds_settings(path: str) -> bool:
    pure = PurePosixPath(path)
    if pure.suffix not in _SUFFIXES or is_test(path):
        return False
    named = "config" in pure.name.lower() or pure.parent.name.lower() in ("config", "configs")
    return named and (pure.suffix != ".json" or pure.stem == "default")


def _named(project: Project, call: Call) -> Iterator[tuple[str, Value]]:
    """``registerAs("jwt", () => ({...}))``: what a function gives, under a name."""
    name, factory = call.arguments[0].value, call.arguments[1].value
    if isinstance(name, Const) and isinstance(name.value, str) and isinstance(factory, Closure):
        scope = project.functions.get(factory.id)
        if scope is not None:
            project.interpreter.function(scope)
            yield from _entries(f"{name.value}.", scope.returned)


def _entries(prefix: str, value: Value) -> Iterator[tuple[str, Value]]:
    for option in options(value):
        if isinstance(option, Table) and prefix.count(".") < 4:
            for key, inner in option.entries.items():
                if isinstance(key, str) and not isinstance(inner, Absent):
                    yield from _entries(f"{prefix}{key}.", inner)
        elif isinstance(option, Operation) and option.operator == "transform":
            for inner in option.operands:  # defineSettings({...})
                yield from _entries(prefix, inner)
        elif prefix:
            yield prefix[:-1], option


__all__ = ["resolved"]
