"""Settings that a schema reads from the environment: ``z.object({...}).parse(process.env)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    Const,
    Env,
    Outcome,
    Setting,
    Symbol,
    Table,
    Unknown,
    Value,
    merge,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.models import Model
    from jwtaudit.program.project import Project

_ENVIRONMENTS = (f"{SCRIPT}process.env", f"{SCRIPT}import.meta.env")
_PARTS = ("server", "shared", "client")  # of a schema that tells where its settings may be read


def read(project: Project, call: Call, model: Model) -> Value:
    """What a schema makes of the environment; the outcome itself where it is given something else.

    The model's effect names the entry of the result that holds the settings, where there is one.
    """
    outcome = Outcome(call, place=call.place)
    if "path" in model.meanings:
        path = project.argument(call, model, "path")
        found = _at(call.receiver, path.value) if isinstance(path, Const) else None
        return outcome if found is None else found
    if "fields" in model.inside:
        described = fields(project.argument(call, model, "fields"))
        return outcome if described is None or model.effect == "defaults" else described
    if "defaults" in model.meanings or "defaults" in model.inside:
        given = project.argument(call, model, "defaults")
        return _with_defaults(given) if isinstance(given, Table) else outcome
    given = project.argument(call, model, "value")
    asked = "value" not in model.meanings or any(map(_is_environment, options(given)))
    schema = next(_schemas(call), None) if asked else None
    if schema is None:
        return outcome
    settings = _settings(schema)
    if not model.effect:
        return settings
    rest = (Unknown("the rest of the answer", place=call.place),)
    return Table({model.effect: settings}, rest, place=call.place)


def fields(schema: Value) -> Table | None:
    """The settings that a JSON schema describes, written out or put together by calls."""
    found = (
        _written(option) if isinstance(option, Table) else _built(option)
        for option in options(schema)
    )
    return next((table for table in found if table is not None), None)


def _written(schema: Table) -> Table | None:
    properties = schema.entries.get("properties", schema)
    return _properties(properties) if isinstance(properties, Table) else None


def _built(schema: Value) -> Table | None:
    """``Type.Object({...})``, ``S.object().prop("NAME", ...)``."""
    found: Table | None = None
    while isinstance(schema, Outcome):
        given = schema.call.arguments
        if len(given) > 1 and isinstance(given[0].value, Const):
            one = Table({given[0].value.value: given[1].value}, place=schema.place)
            found = _properties(one) if found is None else merge(found, (_properties(one),))
        elif given and (inner := fields(given[0].value)) is not None:
            return inner
        schema = ABSENT if schema.call.receiver is None else schema.call.receiver
    return found


def _properties(table: Table) -> Table:
    entries: dict[Scalar, Value] = {}
    for name, field in table.entries.items():
        if isinstance(name, str) and isinstance(field, (Table, Outcome)):
            default = (
                field.entries.get("default", ABSENT)
                if isinstance(field, Table)
                else _default(field.call)
            )
            entries[name] = Env(name, default, place=field.place)
    rest = (Unknown("not in the schema", place=table.place),)
    return Table(entries, rest, place=table.place)


def _at(holder: Value | None, path: Scalar) -> Value | None:
    """What stands at a path in a tree of fields, which was given to the call that made a holder."""
    if not isinstance(holder, Outcome) or not holder.call.arguments or not isinstance(path, str):
        return None
    at = holder.call.arguments[0].value
    for name in path.split("."):
        found = at.entries.get(name) if isinstance(at, Table) else None
        if found is None:
            return None
        at = found
    return _described(path, at)


def _described(name: str, field: Value) -> Value:
    """The setting that a field describes; of a tree of fields all of them."""
    if not isinstance(field, Table):
        return field
    default, variable = field.entries.get("default"), field.entries.get("env")
    if default is None and variable is None:
        inner = {key: _described(str(key), value) for key, value in field.entries.items()}
        return Table(inner, field.rest, place=field.place)
    default = ABSENT if default is None else default
    if not isinstance(variable, Const):
        return default
    return Env(str(variable.value), default, place=field.place)


def _with_defaults(table: Table) -> Table:
    """The settings of which the defaults are given, whatever else may be set."""
    entries: dict[Scalar, Value] = {}
    for name, value in table.entries.items():
        if isinstance(value, Table):
            entries[name] = _with_defaults(value)
        else:
            entries[name] = Setting(str(name), value, place=value.place)
    return Table(entries, (Unknown("not in the defaults", place=table.place),), place=table.place)


def _is_environment(value: Value) -> bool:
    if isinstance(value, Table):
        return any(_is_environment(rest) for rest in value.rest)
    return isinstance(value, Symbol) and value.name in _ENVIRONMENTS


def _schemas(call: Call | None) -> Iterator[Table]:
    """The mappings given to a call, or to those that its receiver is the result of."""
    while call is not None:
        for argument in call.arguments:
            for option in options(argument.value):
                if isinstance(option, Table) and _describes(option):
                    yield option
        receiver = call.receiver
        call = receiver.call if isinstance(receiver, Outcome) else None


def _describes(table: Table) -> bool:
    """Whether a mapping describes fields, or holds mappings that do."""
    return any(
        isinstance(value, Outcome)
        or (name in _PARTS and isinstance(value, Table) and _describes(value))
        for name, value in table.entries.items()
    )


def _settings(schema: Table) -> Table:
    entries: dict[Scalar, Value] = {}
    for part in _PARTS:
        inner = schema.entries.get(part)
        if isinstance(inner, Table):
            entries.update(_settings(inner).entries)
    for name, field in schema.entries.items():
        if isinstance(name, str) and isinstance(field, Outcome):
            place = field.place
            entries[name] = Env(name, _default(field.call), place=place)
    rest = (Unknown("not in the schema", place=schema.place),)
    return Table(entries, rest, place=schema.place)


def _default(call: Call | None) -> Value:
    """The default of a field: ``.default("x")`` somewhere in a chain, or an option so called."""
    while call is not None:
        if call.name.rpartition(".")[2] == "default" and call.arguments:
            return call.arguments[0].value
        for argument in call.arguments:
            if isinstance(argument.value, Table):
                found = argument.value.entries.get("default")
                if found is not None and not isinstance(found, Absent):
                    return found
        receiver = call.receiver
        call = receiver.call if isinstance(receiver, Outcome) else None
    return ABSENT


__all__ = ["fields", "read"]
