"""What serializers and schemas write of an object: the fields that they declare, or all it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.classes import has_heirs, lineage
from jwtaudit.program.columns import record_fields
from jwtaudit.program.operations import texts_in
from jwtaudit.program.walk.typenames import type_name
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    ABSENT,
    Absent,
    ClassRef,
    Const,
    Instance,
    Member,
    Outcome,
    Sequence,
    Symbol,
    Table,
    Value,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.models import Model
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import ClassScope
    from jwtaudit.values import Call

_ALL = "__all__"


def written(project: Project, call: Call, model: Model) -> Value:
    """The mapping that a schema's ``dump`` gives; the outcome itself where not all of it is known.

    As in ``class UserSchema(Schema): id = fields.Int()`` and ``UserSchema().dump(user)``.
    """
    outcome = Outcome(call, place=call.place)
    schema = call.receiver
    if not isinstance(schema, Instance) or schema.call is None or has_heirs(project, schema.cls):
        return outcome
    scopes = tuple(lineage(project, schema.cls))
    if any(scope.methods or "Meta" in scope.names for scope in scopes):
        return outcome  # they may write more
    picked: dict[str, list[str | None]] = {}
    for argument in (*schema.call.arguments, *call.arguments[1:]):
        if argument.name is None or argument.spread or argument.name in _words("of-several"):
            return outcome
        for part in ("picked", "left-out"):
            if argument.name in _words(part):
                picked.setdefault(part, []).extend(texts_in(argument.value))
    names = dict(field for scope in scopes for field in _fields(scope, model.library.roots))
    only, exclude = picked.get("picked"), picked.get("left-out")
    if not names or None in (only or ()) or None in (exclude or ()):
        return outcome
    value = project.argument(call, model, "value")
    entries: dict[Scalar, Value] = {
        key: Member(value, Const(name), item=False, place=call.place)
        for name, key in names.items()
        if (only is None or name in only) and name not in (exclude or ())
    }
    return Table(entries, place=call.place)


def _fields(scope: ClassScope, roots: Collection[str]) -> Iterator[tuple[str, str]]:
    """The fields that a class writes, and by which names; ``roots`` are those of its library."""
    for name, declared in scope.names.items():
        if not isinstance(declared, Outcome) or declared.call.name.split(".")[0] not in roots:
            continue
        if _is_only_read(declared):
            continue
        under = _words("written-under")
        key = next((a.value for a in declared.call.arguments if a.name in under), None)
        yield name, key.value if isinstance(key, Const) and isinstance(key.value, str) else name


def _words(part: str) -> frozenset[str]:
    return words_of_data("records", part)


# -- what writes records out ---------------------------------------------------------------------


def writes_records(project: Project, value: Value) -> bool:
    """Whether a value is an object of the project that writes out records of another class."""
    return isinstance(value, Instance) and _way(project, value) is not None


def _way(project: Project, writer: Instance) -> str | None:
    """Which fields it writes out that nothing names: ``all``, or those that it declares."""
    for scope in lineage(project, writer.cls):
        for base in scope.bases:
            name = base.name if isinstance(base, Symbol) else type_name(project.interpreter, base)
            for model in project.models.exactly(name):
                if model.role == "record-writer":
                    return model.effect
    return None


def written_of_record(project: Project, writer: Instance) -> tuple[str, ...] | None:
    """The fields that it writes out; None where that is decided at run time."""
    scopes = list(lineage(project, writer.cls))
    if any(_has_own_ways(project, scope) for scope in scopes):
        return None
    declared = {
        name: value
        for scope in reversed(scopes)
        for name, value in scope.names.items()
        if isinstance(value, (Outcome, Instance))
    }
    meta = next((scope.names["Meta"] for scope in scopes if "Meta" in scope.names), None)

    def told(name: str) -> Value:
        if not isinstance(meta, ClassRef) or meta.place is None:
            return ABSENT
        found = project.interpreter.attribute(meta, name, meta.place)
        return ABSENT if isinstance(found, Member) else found

    given = writer.call.arguments if writer.call is not None else ()
    if any(argument.spread for argument in given):
        return None
    only = {argument.name: argument.value for argument in given}
    left_out = {
        name
        for part in _words("left-out")
        for value in (told(part), only.get(part, ABSENT))
        for name in _texts(value)
    }
    left_out.update(name for name, value in declared.items() if _is_only_read(value))
    left_out.update(_only_read_in(told("extra_kwargs")))
    named = next((only[name] for name in _words("picked") if name in only), told("fields"))
    all_of_them = isinstance(named, Const) and named.value == _ALL
    if isinstance(named, Absent):
        all_of_them = _way(project, writer) == "all" or not isinstance(told("exclude"), Absent)
    if isinstance(named, Sequence):
        names: Iterable[str] = _texts(named)
    elif all_of_them:
        columns = record_fields(project, told("model"))
        if columns is None:
            return None
        names = (*declared, *columns)
    else:
        names = declared if isinstance(named, Absent) else ()
    return tuple(dict.fromkeys(name for name in names if name not in left_out))


def _has_own_ways(project: Project, scope: ClassScope) -> bool:
    ways = _words("own-ways")
    return any(
        name in ways or any(project.functions[method].is_decorated(way) for way in ways)
        for name, method in scope.methods.items()
    )


def _texts(value: Value) -> Iterator[str]:
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Const) and isinstance(item.value, str):
            yield item.value


def _is_only_read(declared: Value) -> bool:
    """Whether a field is never written out: ``CharField(write_only=True)``."""
    call = declared.call if isinstance(declared, (Outcome, Instance)) else None
    return call is not None and any(
        argument.name in _words("only-read")
        and isinstance(argument.value, Const)
        and argument.value.value is True
        for argument in call.arguments
    )


def _only_read_in(settings: Value) -> Iterator[str]:
    """The same, of fields that are told by name: ``{"password": {"write_only": True}}``."""
    for name, given in settings.entries.items() if isinstance(settings, Table) else ():
        for option in options(given):
            told = option.entries if isinstance(option, Table) else {}
            if _words("only-read") & told.keys():
                yield str(name)
