"""Answers to logins, which hold a token under a name that nobody who stores them says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from jwtaudit.program.context import is_test
from jwtaudit.program.names import is_other_token, is_token_name, names_of, words
from jwtaudit.program.platforms import on_server
from jwtaudit.program.scopes import Returned, Stored
from jwtaudit.program.storage import storage_reads
from jwtaudit.program.travels import event_values
from jwtaudit.values import (
    Call,
    Closure,
    Const,
    Member,
    Operation,
    Outcome,
    Param,
    Table,
    Value,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId

_URL = re.compile(
    r"(?i)(?:^|[/_-])(?:log-?in|sign-?in|sign-?up|register|auth\w*|sessions?|tokens?|refresh)"
    r"(?:$|[/?_.-])"
)
_FUNCTION = re.compile(r"(?i)log_?in|sign_?in|sign_?up|regist|authenticat|credential|refresh")


class _Read(NamedTuple):
    """From what a script takes tokens: names of kept things, and names of variables."""

    kept: frozenset[str]
    named: frozenset[tuple[str, ...]]


_reads: WeakKeyDictionary[Project, _Read] = WeakKeyDictionary()
_giving: WeakKeyDictionary[Project, bool | None] = WeakKeyDictionary()


def is_login_url(text: str) -> bool:
    """Whether a URL is one that a login is sent to."""
    return bool(_URL.search(text))


def is_login(value: Value, scope: FunctionId) -> bool:
    """Whether a value is what a login answered, going by its URL or by the function."""
    return bool(_FUNCTION.search(scope.qualname)) or any(
        is_login_url(text)
        for part in walk(value)
        if isinstance(part, Outcome)
        for argument in part.call.arguments
        for text in _written(argument.value)
    )


def _written(value: Value) -> Iterator[str]:
    """A text, or what is written of one that is put together: ``${API}/login``."""
    parts = value.operands if isinstance(value, Operation) and value.operator == "text" else [value]
    texts = [p.value for p in parts if isinstance(p, Const) and isinstance(p.value, str)]
    if texts:
        yield "".join(texts)


def login_gives_token(project: Project) -> bool | None:
    """Whether the project's own server answers a login with an object that holds a token.

    None where it answers none, or with something that is not seen through.
    """
    if project not in _giving:
        answers = list(_answers_login(project))
        unsure = not answers or None in answers
        _giving[project] = True if True in answers else None if unsure else False
    return _giving[project]


def _answers_login(project: Project) -> Iterator[bool | None]:
    handlers = {
        argument.value.id
        for call in project.calls
        if call.arguments and any(map(is_login_url, _written(call.arguments[0].value)))
        for argument in call.arguments[1:]
        if isinstance(argument.value, Closure)
    }
    for event in project.events:
        if is_test(event.place.path) or not on_server(project, event.place.path):
            continue
        if event.scope not in handlers and not _FUNCTION.search(event.scope.qualname):
            continue
        model = project.model_of(event) if isinstance(event, Call) else None
        if isinstance(event, Call) and model is not None and model.role == "respond":
            yield from (_gives_token(argument.value) for argument in event.arguments)
        elif isinstance(event, Returned) and token_entries(event.value):
            yield True


def _gives_token(answer: Value) -> bool | None:
    if token_entries(answer):
        return True
    plain = (isinstance(o, Const) or (isinstance(o, Table) and not o.rest) for o in options(answer))
    return False if all(plain) else None


def holds_token(project: Project, key: str) -> bool:
    """Whether a token is taken, somewhere, out of what is kept under a name."""
    read = _reads.get(project)
    if read is None:
        read = _reads[project] = _survey(project)
    return key in read.kept


def is_read_as_token(project: Project, key: str) -> bool:
    """Whether a token is taken out of something that is called as the key is."""
    holds_token(project, key)
    return words(key) in _reads[project].named


def _survey(project: Project) -> _Read:
    kept: set[str] = set()
    named: set[tuple[str, ...]] = set()
    for event, parts in project.script_parts:
        for part in parts:
            if isinstance(part, Member) and part.name and is_token_name(part.name):
                kept.update(storage_reads(project, part.base))
                if not on_server(project, event.place.path):  # a server's records are others
                    named.update(map(words, names_of(part.base)))
    return _Read(frozenset(kept), frozenset(named))


def token_entries(value: Value) -> bool:
    """Whether an object that is known has an entry that is called a token."""
    return any(
        is_token_name(name)
        and not all(isinstance(o, Const) for o in options(entry))
        and not any(is_other_token(said) for said in names_of(entry))
        for part in walk(value)
        if isinstance(part, Table)
        for name, entry in part.entries.items()
        if isinstance(name, str)
    )


def gives_token(project: Project, scope: FunctionId, part: Value, place: Place) -> bool:
    """Whether a function takes a token out of what it hands on whole at a place."""
    function = project.scope(scope)
    if function is None or (not isinstance(part, (Outcome, Param)) and not is_body(part)):
        return False
    return any(
        isinstance(read, Member)
        and read.name is not None
        and is_token_name(read.name)
        and any(same(whole, part) for whole in _wholes(read.base))
        for event in function.events
        if event.place != place
        for value in event_values(event)
        for read in walk(value)
    )


def is_given_token(project: Project, scope: FunctionId, part: Value) -> bool:
    """Whether a function puts a token into an object: ``user.token = answer.token``."""
    function = project.scope(scope)
    return function is not None and any(
        isinstance(event, Stored)
        and isinstance(event.key, Const)
        and isinstance(event.key.value, str)
        and is_token_name(event.key.value)
        and not isinstance(event.value, Const)
        and same(event.base, part)
        for event in function.events
    )


def gives_token_elsewhere(project: Project, part: Value) -> bool:
    """Whether a token is taken out of what a login answered, wherever that has travelled."""
    whole = part.base if isinstance(part, Member) and is_body(part) else part
    if not isinstance(whole, Outcome) or not is_login(whole, whole.call.scope):
        return False  # what all requests go through gives many answers
    return any(
        isinstance(read, Member)
        and read.name is not None
        and is_token_name(read.name)
        and any(same(holder, part) for holder in _wholes(read.base))
        for event in project.uses(whole.call)
        for value in event_values(event)
        for read in walk(value)
    )


def is_body(value: Value) -> bool:
    """Whether a value is the body of an answer: ``answer.data``."""
    return isinstance(value, Member) and value.name == "data"


def _wholes(value: Value) -> Iterator[Value]:
    """What a token's holder is taken out of, up to the answer: ``answer.data.tokens``."""
    yield value
    while isinstance(value, Member):
        value = value.base
        yield value
