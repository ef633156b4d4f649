"""Records of whole objects that are signed: what a query gave, what a caller has of a user."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program.classes import has_heirs, library_base, lineage
from jwtaudit.program.columns import is_whole_row, record_fields
from jwtaudit.program.names import Sensitivity, names_of, sensitivity, words
from jwtaudit.program.serializers import writes_records, written_of_record
from jwtaudit.program.sql_rows import is_row_of_person
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    ClassRef,
    Closure,
    Const,
    Instance,
    Member,
    Operation,
    Outcome,
    Param,
    Symbol,
    Table,
    Unknown,
    Value,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import ClassScope, FunctionScope
    from jwtaudit.program.sites import Site

_MAX_NESTING = 4
_UNTYPED = (".js", ".jsx", ".mjs", ".cjs")
_DUMPING = ("dump", "serialize")
_MAPPINGS = ("dict", "typing.Dict", "typing.Any")
# What gives an object again, or as text.
_COPIES = ("json-encode", "json-decode")


def _named(kind: str) -> frozenset[str]:
    """A list of words, by its name in the data."""
    return words_of_data("records", kind)


def whole_objects(project: Project, site: Site) -> Iterator[tuple[Value, Value]]:
    """The objects all of whose fields are signed: (object, the expression that takes them)."""
    for option in options(site.argument("payload")):
        yield from _dumps(project, option, 0)
        spread = option.rest if isinstance(option, Table) and not _is_cleared(option) else ()
        given = (option, *spread)
        for value in map(_taken_whole, given):  # a claim of that name may hold an identifier alone
            if isinstance(value, (Param, Unknown)) and _is_callers_record(project, value):
                yield value, replace(value, place=None)  # told where it is signed


def is_row(project: Project, value: Value) -> bool:
    """Whether a value is a record as the database gives it, or what has been left of one."""
    if isinstance(value, Table):
        return any(is_row(project, option) for rest in value.rest for option in options(rest))
    if isinstance(value, Member):
        return value.name in _named("tables") and _is_of_row(project, value.base)
    if not isinstance(value, Outcome):
        return False
    if _is_stored_record(project, value):
        return True
    return any(_is_of_row(project, dumped) for dumped, _ in _dumped(project, value))


def _is_of_row(project: Project, value: Value) -> bool:
    """Whether what is taken out of an object is a record: by a query, or of a user by its name."""
    return is_row(project, value) or (isinstance(value, Param) and is_person(value))


def _taken_whole(value: Value) -> Value:
    """What a text is the JSON of, or a mapping the copy of, whatever keeps that."""
    while isinstance(value, Operation) and value.operator in _COPIES:
        value = value.operands[0]
    return replace(value, trace=()) if isinstance(value, Param) else value


def _dumps(project: Project, value: Value, depth: int) -> Iterator[tuple[Value, Value]]:
    if depth > _MAX_NESTING:
        return
    if is_row_of_person(project, value) or (
        isinstance(value, Outcome)
        and (_is_stored_record(project, value) or is_whole_row(project, value))
    ):
        yield value, replace(value, place=None)  # told where it is signed
    elif isinstance(value, Table):
        whole = () if _is_cleared(value) else value.rest
        for inner in (*value.entries.values(), *whole):
            for option in options(inner):
                yield from _dumps(project, option, depth + 1)
        for rest in whole:
            if isinstance(rest, Param) and _is_record(rest):
                yield rest, value
            elif isinstance(rest, Outcome) and is_whole_row(project, rest):
                yield rest, replace(rest, place=None)
    elif isinstance(value, Operation) and value.operator in _COPIES:
        for operand in value.operands:
            yield from _dumps(project, operand, depth + 1)
    elif isinstance(value, Member) and not value.item:
        if value.name in _named("tables") or (value.name == "data" and _is_serializer(value.base)):
            yield value.base, value
    elif isinstance(value, Outcome):
        yield from _dumped(project, value)


def _is_cleared(table: Table) -> bool:
    """Whether a credential is taken out of what was spread in."""
    return any(
        isinstance(entry, Absent) and isinstance(name, str) and is_credential(name)
        for name, entry in table.entries.items()
    )


def _dumped(project: Project, value: Outcome) -> Iterator[tuple[Value, Value]]:
    call = value.call
    model = project.model_of(call)
    if model is None or model.role not in _DUMPING:
        return
    if any(argument.name == "include" for argument in call.arguments):
        return
    excluded = next((a.value for a in call.arguments if a.name == "exclude"), None)
    if excluded is not None and not isinstance(excluded, Const):
        return
    if not isinstance(project.argument(call, model, "fields"), Absent):
        return
    dumped = project.argument(call, model, "value") if call.receiver is None else call.receiver
    if writes_records(project, dumped):
        yield dumped, value
        return
    if model.role == "serialize" or (isinstance(dumped, Instance) and dumped.call is not None):
        return  # made for this, field by field
    if not isinstance(dumped, Absent):
        yield dumped, value


def _is_stored_record(project: Project, value: Outcome) -> bool:
    """Whether a script signs what a query gave, with all its columns."""
    if not project.is_script(value.call.place.path):
        return False  # elsewhere a payload is made a mapping first
    call: Call | None = value.call
    while call is not None and call.target is None and not _picks(call):
        method = words(call.name.rpartition(".")[2])
        if _named("queries") & set(method):
            return method != ("find",)  # which finds many
        if not _named("endings") & set(method):
            return False
        call = call.receiver.call if isinstance(call.receiver, Outcome) else None
    return False


def _picks(call: Call) -> bool:
    """Whether a query names the columns that it wants."""
    named = any(
        isinstance(argument.value, Table) and _named("columns") & set(argument.value.entries)
        for argument in call.arguments
    )
    return named or bool(_named("columns") & set(words(call.name.rpartition(".")[2])))


def _is_serializer(value: Value) -> bool:
    name = value.call.name if isinstance(value, Outcome) else ""
    if isinstance(value, Instance):
        name = value.cls.id.qualname
    return any("serializer" in words(found) for found in (name, *names_of(value)))


def _is_callers_record(project: Project, value: Param | Unknown) -> bool:
    """A parameter that is named, and declared if at all, as a user's record.

    Nobody is seen to call it: else it would stand for what is given. So is a name that comes from
    elsewhere, in a script.
    """
    if value.place is None:
        return False
    declared = value.annotation if isinstance(value, Param) else None
    if not project.is_script(value.place.path):
        return isinstance(value, Param) and not is_declared(value) and is_person(value)
    if declared is None:  # in TypeScript, a type of which nothing is told
        return value.place.path.endswith(_UNTYPED) and is_person(value)
    types = [set(words(name)) for name in names_of(declared)]
    return (
        is_person(value)
        and bool(types)
        and all(t <= _named("person") | _named("stored") for t in types)
    )


def is_declared(value: Param) -> bool:
    """Whether a parameter is declared as more than a mapping of whatever."""
    kind = value.annotation
    return kind is not None and not (isinstance(kind, Symbol) and kind.name in _MAPPINGS)


def _is_record(value: Param) -> bool:
    """A parameter declared as a class of the project, spread as a mapping."""
    return isinstance(value.annotation, ClassRef) and is_person(value)


def class_of(value: Value) -> ClassRef | None:
    """The class of the project that an object is of, or that a parameter is declared as."""
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, Param) and isinstance(value.annotation, ClassRef):
        return value.annotation
    return None


def fields_of(project: Project, value: Value) -> tuple[str, ...] | None:
    """The fields of an object's class; None when the class is not known in full."""
    if isinstance(value, Instance) and writes_records(project, value):
        return written_of_record(project, value)
    cls = class_of(value)
    if cls is None:
        return record_fields(project, value)
    names: list[str] = []
    queue = [cls]
    seen = set()
    while queue:
        current = queue.pop()
        scope = project.classes.get(current.id)
        if scope is None or current.id in seen:
            continue
        seen.add(current.id)
        hidden = {
            name
            for name, declared in scope.names.items()
            if _is_left_out(declared) or isinstance(declared, Closure)
        }
        names.extend(n for n in (*scope.names, *scope.annotations) if n not in hidden)
        if any(not isinstance(base, (ClassRef, Symbol)) for base in scope.bases):
            return None  # made by a call: its fields are not in sight
        queue.extend(base for base in scope.bases if isinstance(base, ClassRef))
    return tuple(dict.fromkeys(names)) or None


def _is_left_out(declared: Value) -> bool:
    """Whether a field says that it is never written out: ``Field(exclude=True)``."""
    return isinstance(declared, Outcome) and any(
        argument.name == "exclude"
        and isinstance(argument.value, Const)
        and argument.value.value is True
        for argument in declared.call.arguments
    )


def written_fields(project: Project, value: Value) -> tuple[str, ...] | None:
    """The fields that a library's model object writes out; None when they are not all known."""
    call = value.call if isinstance(value, Outcome) else None
    cls = class_of(call.receiver or ABSENT) if call is not None else None
    if call is None or cls is None:
        return None
    method = f"{library_base(project, cls)}.{call.name.rpartition('.')[2]}"
    if all(model.role != "dump" for model in project.models.exactly(method)):
        return None
    if has_heirs(project, cls) or any(
        _writes_more(project, scope) for scope in lineage(project, cls)
    ):
        return None
    return fields_of(project, call.receiver or ABSENT)


def _writes_more(project: Project, scope: ClassScope) -> bool:
    """Whether a class may write out what it does not declare, or by another name."""
    set_up = any(argument.name is not None for argument in scope.definition.bases)
    renamed = any(
        isinstance(declared, Outcome)
        and any("alias" in (argument.name or "") for argument in declared.call.arguments)
        for declared in scope.names.values()
    )
    configured = bool({"Config", "model_config"} & scope.names.keys())
    return (
        set_up
        or renamed
        or configured
        or not all(
            _leaves_fields(name, project.functions[method])
            for name, method in scope.methods.items()
        )
    )


def _leaves_fields(name: str, method: FunctionScope) -> bool:
    """Whether a method has nothing to do with what is written, or only with one field's value."""
    kept = _named("beside-fields")
    decorators = [d.call if isinstance(d, Outcome) else d for d in method.decorators]
    return name.lower() not in _named("writing-methods") and all(
        isinstance(decorator, (Call, Symbol)) and decorator.name.rpartition(".")[2] in kept
        for decorator in decorators
    )


def is_person(value: Value) -> bool:
    """Whether an object is a user's record, by the names it bears; not one made for tokens."""
    cls = class_of(value)
    names = [*names_of(value)]
    own = names if cls is None else [*names, cls.id.qualname]
    if isinstance(value, Outcome):  # what is asked counts, not what the answer is kept in
        own = list(_asked(value))
    person = any(_named("person") & set(words(name)) for name in (*names, *own))
    return person and not any(_named("chosen") & set(words(name)) for name in own)


def _asked(value: Value) -> Iterator[str]:
    """The names in a chain of calls: ``User.findOne(...).lean()``."""
    while isinstance(value, Outcome):
        yield value.call.name
        if value.call.receiver is None:
            return
        value = value.call.receiver
        yield from names_of(value)


def is_credential(name: str) -> bool:
    """Whether a field is called as credentials are."""
    return sensitivity(name) is Sensitivity.CREDENTIAL
