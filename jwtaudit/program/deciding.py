"""What one use of claims decides that nobody has verified: a look, or a user and a session."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.program.authority_words import says, words
from jwtaudit.program.commands import is_command
from jwtaudit.program.context import Setting, is_test, setting_of
from jwtaudit.program.names import words as words_of
from jwtaudit.program.readings import is_header_of_token
from jwtaudit.program.scopes import Returned, Stored, Tested
from jwtaudit.program.token_sources import finds_record, is_request, name_of
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    Call,
    Instance,
    Member,
    Operation,
    Outcome,
    Param,
    Symbol,
    Table,
    options,
    walk,
)

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.program.taking import Taking
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId, Value

_REVOKED = frozenset({"revoked", "blacklisted", "blocklisted", "denylisted"})
_ACTING = ("file", "sql", "shell")
_ERROR_AND_ANSWER = 2


class Weight(enum.IntEnum):
    """How plainly a use of claims decides something."""

    SEEN = 0  # read, and what becomes of it cannot be seen
    HANDED = 1  # given to code that is not known, or to whoever calls
    DECIDES = 2  # becomes a user, a session, a permission, a new token


@dataclass(frozen=True, slots=True)
class Use:
    """One use of claims that nobody verified."""

    place: Place
    what: str
    weight: Weight
    from_request: bool


class Deciding:
    """Judges each use of claims by itself."""

    def __init__(self, project: Project, taking: Taking) -> None:
        self.project = project
        self.taking = taking

    def judge(self, event: Event, claim: str | None, request: bool) -> Use | None:
        """What an event does with claims; None where it is nothing that matters."""
        what = f"claim `{claim}`" if claim else "the claims"
        if isinstance(event, Call):
            weight = self._call_weight(event, claim)
            if weight is None:
                return None
            name = event.name.removeprefix(SCRIPT).removeprefix("*.").removeprefix("str.")
            callee = f"`{name}()`" if name else "a function"
            return Use(event.place, f"{what} given to {callee}", weight, request)
        if isinstance(event, Stored):
            if any(
                is_request(part) or name_of(part) in words("keepers") for part in walk(event.base)
            ):
                return Use(event.place, f"{what} kept with the request", Weight.DECIDES, True)
            given = isinstance(event.base, Param) and not event.item
            if given or isinstance(event.base, Instance):
                if self._is_for_whoever(event.scope):
                    return None  # in an object that says so
                return Use(event.place, f"{what} kept in an attribute", Weight.HANDED, request)
            return None
        if isinstance(event, Tested):
            if claim is None or not (compares(event.value) or says_right(claim)):
                return None
            return Use(event.place, f"{what} decides which way to go", Weight.DECIDES, request)
        if isinstance(event, Returned):
            if self.has_callers(event.scope):
                return None
            if event.kind == "yield" and claim is None:
                return None
            name = event.scope.qualname
            last = name.rpartition(".")[2]
            if says(last, "shapes"):
                return None  # it says what it is, whatever it calls
            if self._is_for_whoever(event.scope):
                return None  # it is for them to do with it what is right
            names = (name, event.scope.path)
            deciding = any(says(n, "deciding") or says(n, "decoding") for n in names)
            weight = Weight.HANDED if deciding else Weight.SEEN
            return Use(event.place, f"{what} returned to whoever calls", weight, request)
        return None

    def _call_weight(self, call: Call, claim: str | None) -> Weight | None:
        model = self.project.model_of(call)
        role = model.role if model is not None and model.role not in _ACTING else ""
        last = call.name.rpartition(".")[2]
        if role == "sign":
            return Weight.DECIDES
        if last == "get" and finds_record(call):
            return Weight.DECIDES if claim is not None else Weight.HANDED
        if role == "digest" and says(last, "acting") and _is_some_object(call.receiver):
            return Weight.DECIDES if claim is not None else Weight.HANDED  # no text: a store
        if role or self.taking.passes_on(call) or call.name in self.project.builtin_roots:
            return None
        if self._asks_for_key(call) or _answers(call):
            return None
        if last.startswith("__"):
            return None
        if claim is None and last in words("showing-all"):
            return None
        if last in words("showing") or last in ("get", "append", "add", "items", "keys", "pop"):
            # a look-up with a claim as its key in a plain table is a choice, not a decision
            return None
        if not _REVOKED.isdisjoint(words_of(last)):
            return None  # it can only be refused
        told = call.discarded and call.target is None and not says(call.name, "acting")
        if told and is_command(self.project, call):
            return None  # whoever typed the command is told
        if last[:1].isupper() and call.target is None and not self._serves:
            return Weight.HANDED  # an object of a client that holds what it was told
        if says(call.name, "acting"):
            return Weight.DECIDES if claim is not None else Weight.HANDED
        return Weight.HANDED

    def _asks_for_key(self, call: Call) -> bool:
        """Whether what a function was given is asked for the key, with header and claims.

        As in ``secret(request, header, payload, done)``; older ones get the claims alone.
        """
        if not isinstance(call.receiver, Param):
            return False
        scope = self.project.scope(call.scope)
        return any(
            isinstance(event, Call)
            and isinstance(event.receiver, Param)
            and event.receiver.name == call.receiver.name
            and any(
                is_header_of_token(self.project, option)
                for argument in event.arguments
                for option in options(argument.value)
            )
            for event in (() if scope is None else scope.events)
        )

    @cached_property
    def _serves(self) -> bool:
        """Whether the project itself answers requests, and not only its tests and examples."""
        roles = ("route", "request", "query", "respond", "dependency", "cookie")
        sites = self.project.sites(*roles)
        return any(setting_of(site.place.path) is Setting.PRODUCT for site in sites)

    def _is_for_whoever(self, scope: FunctionId) -> bool:
        """Whether a function only reads for whoever installs a library: it answers no requests."""
        folder, name = scope.path.rpartition("/")[0], scope.qualname.rpartition(".")[2]
        return (
            not self._serves
            and f"{folder}/__init__.py" in self.project.files
            and not says(name, "verifying")
        )

    def has_callers(self, scope: FunctionId) -> bool:
        """Whether the program itself, and not only its tests, calls a function."""
        return any(not is_test(c.place.path) for c in self.project.callers.get(scope, ()))


def _answers(call: Call) -> bool:
    """Whether a handler of events gives its HTTP answer: ``callback(null, {statusCode, body})``."""
    return len(call.arguments) == _ERROR_AND_ANSWER and any(
        isinstance(option, Table) and "statusCode" in option.entries
        for option in options(call.arguments[1].value)
    )


def _is_some_object(receiver: Value | None) -> bool:
    """Whether a method's owner is something given or imported, and not made from a token."""
    return isinstance(receiver, (Param, Symbol, Member)) and not any(
        isinstance(part, Outcome) for part in deep(receiver)
    )


def says_right(claim: str | None) -> bool:
    """Whether a claim is a right by itself, true or false."""
    return claim is not None and "_".join(words_of(claim)) in words("rights")


def compares(value: Value) -> bool:
    """Whether something is compared there."""
    return any(
        isinstance(part, Operation)
        and part.operator in ("==", "!=", "in", "not in", ">=", "<", ">")
        for part in walk(value)
    )
