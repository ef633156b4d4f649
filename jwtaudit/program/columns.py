"""What a record holds, by the class that a query asks for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.program.classes import lineage, method
from jwtaudit.program.names import Sensitivity, sensitivity
from jwtaudit.program.travels import deep, event_values
from jwtaudit.resources import data, words_of_data
from jwtaudit.values import (
    ABSENT,
    Call,
    ClassRef,
    Closure,
    Const,
    Member,
    Operation,
    Outcome,
    Symbol,
    Value,
    same,
)

if TYPE_CHECKING:
    from jwtaudit.program.project import Project

_MAX_LINKS = 12
_ROWS = "values"
_SELECT = re.compile(r"(?is)\s*select\s+(?:distinct\s+)?(.*?)\s+from\b")
_COLUMN = re.compile(r"\w+(?=\W*$)")


def record_fields(project: Project, value: Value) -> tuple[str, ...] | None:
    """The fields of the record that a query gives; None where it is not known which, or whose."""
    asked = _asked(value)
    if isinstance(asked, ClassRef):
        return class_fields(project, asked)
    if asked is not None:
        return (_password(),)
    return read_of_row(project, value) or None


def is_whole_row(project: Project, value: Value) -> bool:
    """Whether a value is a mapping of all that a record holds, credentials among it."""
    if read_of_row(project, value):
        return True
    call = value.call if isinstance(value, Outcome) else None
    while call is not None and _asked(value) is not None:
        if call.name.rpartition(".")[2] == _ROWS:
            return True
        call = call.receiver.call if isinstance(call.receiver, Outcome) else None
    return False


def read_of_row(project: Project, value: Value) -> tuple[str, ...]:
    """The credentials in a row: those that are asked for, or read out of it by their names.

    ``cursor.execute("SELECT id, password FROM users ...")``, ``user["password"]``.
    """
    if not isinstance(value, Outcome) or value.call.target is not None:
        return ()
    how = value.call.name.rpartition(".")[2]
    if how not in words_of_data("records", "asks") | words_of_data("records", "fetches"):
        return ()  # what else is signed is looked at in many places
    if selected := _selected(project, value.call):
        return selected
    return tuple(
        {
            part.name: None
            for event in project.uses(value.call)
            for held in event_values(event)
            for part in deep(held)
            if isinstance(part, Member) and part.item and part.name is not None
            if isinstance(part.base, Outcome) and part.base.call.place == value.call.place
            if sensitivity(part.name) is Sensitivity.CREDENTIAL
        }
    )


def method_of_record(project: Project, value: Outcome, name: str) -> ClassRef | None:
    """The class with a method by a name, where a query gives a record of it.

    As in ``User.query.filter_by(name=name).first().token()``.
    """
    if value.call.target is not None or name in words_of_data("records", "asks"):
        return None
    asked = _asked(value)
    if not isinstance(asked, ClassRef) or method(project, asked, name) is None:
        return None
    return asked


def class_fields(project: Project, ref: ClassRef) -> tuple[str, ...] | None:
    """The columns of a class of records; None where some of them are not in sight."""
    names: list[str] = []
    for scope in lineage(project, ref):
        names.extend(
            name for name, declared in scope.names.items() if not isinstance(declared, Closure)
        )
        names.extend(scope.annotations)
        if any(isinstance(base, Symbol) and _has_password(base.name) for base in scope.bases):
            names.append(_password())
    return tuple(dict.fromkeys(names)) or None


def _selected(project: Project, call: Call) -> tuple[str, ...]:
    """The credentials among the columns that a statement asks for whose rows are fetched."""
    if call.name.rpartition(".")[2] not in words_of_data("records", "fetches"):
        return ()
    statement = _executed(call.receiver)
    if statement is None:  # by the same cursor, in a statement before
        scope = project.scope(call.scope)
        before = [
            event
            for event in (() if scope is None else scope.events)
            if isinstance(event, Call)
            and event.order < call.order
            and event.name.rpartition(".")[2] in words_of_data("records", "executes")
            and event.receiver is not None
            and call.receiver is not None
            and same(event.receiver, call.receiver)
        ]
        statement = before[-1] if before else None
    texts = [
        part.value
        for argument in (() if statement is None else statement.arguments[:1])
        for part in deep(argument.value)
        if isinstance(part, Const) and isinstance(part.value, str)
    ]
    listed = _SELECT.match(" ".join(texts))
    names = (_COLUMN.search(column) for column in (listed[1].split(",") if listed else ()))
    found = (name[0] for name in names if name is not None)
    return tuple(name for name in found if sensitivity(name) is Sensitivity.CREDENTIAL)


def _executed(value: Value | None) -> Call | None:
    """The call that runs a statement, in a chain that fetches its rows."""
    while isinstance(value, Outcome):
        if value.call.name.rpartition(".")[2] in words_of_data("records", "executes"):
            return value.call
        value = value.call.receiver
    return None


def _password() -> str:
    return str(data("records")["password"])


def _has_password(name: str) -> bool:
    return name in words_of_data("records", "with-password")


def _asked(value: Value) -> ClassRef | Symbol | None:
    """The class that a query asks for one whole record: ``User.objects.get(...)``."""
    for _ in range(_MAX_LINKS):
        if isinstance(value, ClassRef):
            return value
        if isinstance(value, Symbol):
            return _of_library(value)
        if isinstance(value, Member):
            value = value.base
        elif isinstance(value, Operation) and value.operator == "or":
            value = value.operands[0]
        elif isinstance(value, Outcome):
            if _has_password(value.call.name):
                return Symbol(value.call.name)
            method = value.call.name.rpartition(".")[2]
            if method not in words_of_data("records", "asks"):
                return None
            given = [argument.value for argument in value.call.arguments if argument.name is None]
            if method == _ROWS and value.call.arguments:
                return None
            if len(given) > 1 and isinstance(given[1], ClassRef):
                return None  # of several
            first = given[0] if given else ABSENT
            if isinstance(first, ClassRef):
                return first
            if isinstance(first, Outcome) and isinstance(found := _asked(first), ClassRef):
                return found
            value = value.call.receiver or Symbol(value.call.name)
        else:
            return None
    return None


def _of_library(value: Symbol) -> Symbol | None:
    name = value.name
    while name:
        if _has_password(name):
            return Symbol(name)
        name, _, method = name.rpartition(".")
        if method not in words_of_data("records", "asks"):
            return None
    return None
