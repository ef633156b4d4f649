"""What a program puts into its own environment, to read it back by the name of the variable."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtaudit.program.classes import variables_of
from jwtaudit.program.context import is_test
from jwtaudit.program.names import names_of, words
from jwtaudit.program.operations import empty
from jwtaudit.program.schemas import fields
from jwtaudit.program.scopes import Stored, Tested
from jwtaudit.values import (
    Absent,
    Call,
    Const,
    Env,
    Setting,
    Symbol,
    Table,
    Value,
    hop,
    join,
    merge,
    options,
    rewrite,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jwtaudit.models import Models
    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Arm

_READ = "__getitem__"
_DEFAULTS = "defaults"


class _Entry(NamedTuple):
    """A literal put into the environment; always, or only where nothing else is there."""

    value: Const
    always: bool


class Environment:
    """The literals that a project puts into its environment, by variable."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.entries: dict[str, list[_Entry]] = defaultdict(list)
        for event in project.events:
            if isinstance(event, (Stored, Call)) and not is_test(event.place.path):
                entries = [*_set(project.models, event), *_given(project, event)]
                if entries and not _is_for_tests(project, event):
                    for name, entry in entries:
                        self.entries[name].append(entry)

    def is_put(self, place: Place) -> bool:
        """Whether the literal at a place is one that is put into the environment."""
        return any(entry.value.place == place for many in self.entries.values() for entry in many)

    def resolve(self, value: Value) -> Value:
        """The value with reads of the environment replaced by what the project puts there."""

        def change(part: Value) -> Value | None:
            entries = self._entries_for(part)
            if not entries or not isinstance(part, (Env, Setting)):
                return None
            found = join(*(entry.value for entry in entries))
            if part.place is not None:
                found = hop(found, part.place, f"read as `{part.name}`")
            if any(entry.always for entry in entries):
                return found
            if isinstance(part.default, Absent) or empty(part.default):
                return replace(part, default=found)
            return replace(part, default=join(part.default, found))

        return rewrite(value, change) if self.entries else value

    def _entries_for(self, value: Value) -> list[_Entry]:
        """What is put into the environment for a variable, or for a field of settings."""
        if isinstance(value, Env) and value.name is not None:
            return self.entries.get(value.name, [])
        if not isinstance(value, Setting):
            return []
        wanted = {name.upper() for name in variables_of(self.project, value)}
        return [e for name, many in self.entries.items() if name.upper() in wanted for e in many]


def is_environment(models: Models, value: Value) -> bool:
    """Whether a value is the environment itself."""
    return isinstance(value, Symbol) and any(
        model.role == "environment" for model in models.exactly(f"{value.name}.{_READ}")
    )


def laid_over(models: Models, table: Table, others: tuple[Value, ...]) -> Table:
    """The table with other mappings merged into it; under the environment it holds defaults."""
    for other in others:
        inside = other.rest if isinstance(other, Table) else (other,)
        if any(is_environment(models, part) for part in inside):
            kept = {
                name: Env(name, value, place=value.place)
                if isinstance(name, str) and isinstance(value, Const)
                else value
                for name, value in table.entries.items()
            }
            table = replace(table, entries=kept)
        table = merge(table, (other,))
    return table


def _is_for_tests(project: Project, event: Stored | Call) -> bool:
    """Whether something happens only where the program is tested: ``if testing: ...``."""
    scope = project.scope(event.scope) if event.path else None
    tests = [
        test
        for test in (() if scope is None else scope.events)
        if isinstance(test, Tested) and any(test.is_side("then", arm) for arm in event.path)
    ]
    asked = (name for test in tests for option in options(test.value) for name in names_of(option))
    return any("testing" in words(name) for name in asked)


def _set(models: Models, event: Stored | Call) -> Iterator[tuple[str, _Entry]]:
    always = not any(arm.side in ("then", "else") or _catches(arm) for arm in event.path)
    if isinstance(event, Stored):
        if is_environment(models, event.base):
            yield from _entries({_scalar(event.key): event.value}, event, always=always)
        return
    base, _, method = event.name.rpartition(".")
    if method not in ("setdefault", "update") or not is_environment(models, Symbol(base)):
        return
    arguments = event.arguments
    if method == "setdefault" and len(arguments) == 2:
        key, value = (argument.value for argument in arguments)
        yield from _entries({_scalar(key): value}, event, always=False)
    elif method == "update":
        for argument in arguments:
            given = argument.value
            if argument.name is not None:
                yield from _entries({argument.name: given}, event, always=always)
            elif isinstance(given, Table):
                yield from _entries(given.entries, event, always=always)


def _given(project: Project, event: Stored | Call) -> Iterator[tuple[str, _Entry]]:
    """What a call tells a reader of settings to give where nothing is set."""
    model = project.model_of(event) if isinstance(event, Call) else None
    if not isinstance(event, Call) or model is None or model.effect != _DEFAULTS:
        return
    if model.role == "schema":
        described = fields(project.argument(event, model, "fields"))
        for name, lookup in {} if described is None else described.entries.items():
            yield from _entries({name: lookup}, event, always=False)
    elif model.role == "setting":
        given = project.argument(event, model, "name")
        if isinstance(given, Table):
            yield from _entries(dict(_paths("", given)), event, always=False)
        else:
            value = project.argument(event, model, "default")
            yield from _entries({_scalar(given): value}, event, always=False)


def _paths(prefix: str, table: Table) -> Iterator[tuple[str, Value]]:
    """The values of a tree under their names, joined by colons."""
    for name, value in table.entries.items():
        if isinstance(value, Table):
            yield from _paths(f"{prefix}{name!s}:", value)
        else:
            yield f"{prefix}{name!s}", value


def _entries(
    given: Mapping[Any, Value], event: Stored | Call, *, always: bool
) -> Iterator[tuple[str, _Entry]]:
    for name, written in given.items():
        own = isinstance(written, Env) and written.name == name  # what is there, or a literal
        value = written.default if isinstance(written, Env) and own else written
        if isinstance(name, str) and isinstance(value, Const) and isinstance(value.value, str):
            kept = hop(value, event.place, f"put into the environment as `{name}`")
            assert isinstance(kept, Const)
            yield name, _Entry(kept, always and not own)


def _scalar(key: Value) -> object:
    return key.value if isinstance(key, Const) else None


def _catches(arm: Arm) -> bool:
    return arm.side.startswith("except")
