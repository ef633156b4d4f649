"""What a schema writes of an object: the fields that its class declares, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.classes import has_heirs, lineage
from jwtaudit.program.operations import texts_in
from jwtaudit.values import Const, Instance, Member, Outcome, Table, Value, options

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.models import Model
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import ClassScope
    from jwtaudit.values import Call

# What picks some of the fields, and what writes several objects.
_PICKING = ("only", "exclude")
_SEVERAL = "many"


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
        if argument.name == _SEVERAL or argument.name is None or argument.spread:
            return outcome
        if argument.name in _PICKING:
            picked[argument.name] = texts_in(argument.value)
    names = dict(field for scope in scopes for field in _fields(scope, model.library.roots))
    only, exclude = (picked.get(word) for word in _PICKING)
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
        given = {a.name: a.value for a in declared.call.arguments if a.name is not None}
        if any(isinstance(o, Const) and o.value for o in options(given.get("load_only", Const(0)))):
            continue
        key = given.get("data_key")
        yield name, key.value if isinstance(key, Const) and isinstance(key.value, str) else name
