"""Rows that a script gets from a database by a statement, all columns with them.

``const [rows] = await pool.execute("SELECT * FROM users WHERE ...")``, and ``rows[0]`` later;
``await knex("users").where({ id }).first()``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.program.names import Sensitivity, names_of, sensitivity, words
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    Call,
    Closure,
    Const,
    Member,
    Operation,
    Outcome,
    Param,
    Symbol,
    Unknown,
    Value,
    options,
    root_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project

_SELECT = re.compile(r"(?is)\s*select\s+(?:distinct\s+)?(.*?)\s+from\s+[\"`'\[]?([\w.]+)")
_COLUMN = re.compile(r"\w+(?=\W*$)")
_CHOOSING = frozenset({"column", "columns", "omit", "pick", "pluck", "returning", "select"})
_TABLE = frozenset({"from", "table"})
_BUILDERS = frozenset({"db", "database", "knex", "trx"})
_ALL = re.compile(r"(?:\w+\.)?\*")


def is_row_of_person(project: Project, value: Value) -> bool:
    """Whether a value is a row of a table of users, with all its columns or the credentials."""
    if value.place is None or not project.is_script(value.place.path):
        return False
    if isinstance(value, Outcome):
        return value.call.name.rpartition(".")[2] == "first" and _is_built(value)
    if not isinstance(value, Member) or not _is_one(value):
        return False
    if isinstance(value.base, Outcome) and _is_built(value.base):
        return True
    return any(map(_asks_for_person, _asking(project, root_of(value))))


def _is_one(value: Member) -> bool:
    """Whether it is one of several that a value is: ``rows[0]``, ``[user]``."""
    return value.item and isinstance(value.key, Const) and type(value.key.value) is int


def _is_built(rows: Outcome) -> bool:
    """Whether a chain of calls asks a table of users for whole rows, by the names in it."""
    table: list[str] = []
    value: Value | None = rows
    while isinstance(value, Outcome):
        call = value.call
        method = call.name.rpartition(".")[2]
        first = call.arguments[0].value if call.arguments else None
        if first is not None and _CHOOSING & set(words(method)) and list(_texts(first)) != ["*"]:
            return False
        makes = method in _TABLE or _BUILDERS & {method, *_called(call)}
        if first is not None and makes and not table:
            table += [*_texts(first), *names_of(first)]
            table += [first.name.rpartition(".")[2]] if isinstance(first, Symbol) else []
        value = call.receiver
    return any(words_of_data("records", "person") & set(words(name)) for name in table)


def _called(call: Call) -> Iterator[str]:
    """The names of a function that is called by itself: ``knex("users")``."""
    if not call.name and call.receiver is not None:
        yield from names_of(call.receiver)
        if isinstance(call.receiver, Unknown):  # a module
            yield from words(call.receiver.why)


def _asking(project: Project, value: Value) -> Iterator[Call]:
    """The call that gives rows, or gives them to a callback."""
    if isinstance(value, Outcome):
        yield value.call
    elif isinstance(value, Param):
        for call in project.calls:
            given = (argument.value for argument in call.arguments)
            if any(isinstance(v, Closure) and v.id == value.function for v in given):
                yield call


def _asks_for_person(call: Call) -> bool:
    found = _SELECT.match("".join(_texts(call.arguments[0].value))) if call.arguments else None
    if found is None or not words_of_data("records", "person") & set(words(found[2])):
        return False
    listed = [column.strip() for column in found[1].split(",")]
    names = (name[0] for column in listed if (name := _COLUMN.search(column)))
    return any(map(_ALL.fullmatch, listed)) or any(
        sensitivity(name) is Sensitivity.CREDENTIAL for name in names
    )


def _texts(statement: Value) -> Iterator[str]:
    for option in options(statement):
        parts = option.operands if isinstance(option, Operation) else (option,)
        for part in parts:
            if isinstance(part, Const) and isinstance(part.value, str):
                yield part.value
