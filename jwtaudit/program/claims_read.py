"""Which claims of a verified token a program looks at."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from jwtaudit.program.claims import handlers, holds_call, members_read
from jwtaudit.program.classes import reached
from jwtaudit.program.context import is_test
from jwtaudit.program.kinds import Kind, kind_of
from jwtaudit.program.scopes import Raised, Returned, Stored, Tested
from jwtaudit.program.token_sources import has_role
from jwtaudit.program.travels import event_values
from jwtaudit.values import (
    CHILDREN,
    Call,
    Closure,
    Const,
    FunctionId,
    Member,
    Operation,
    Outcome,
    Param,
    Table,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.program.sites import Site

_MAX_STEPS = 3
_JUDGING = ("validate", "verify")
# No claims: what libraries call the parts of a token, and methods of promises and mappings.
_PARTS = frozenset({"payload", "header", "protectedHeader", "claims", "signature", "then", "get"})


class Reading:
    """What becomes of the claims that a call gives."""

    def __init__(self, site: Site) -> None:
        self._project = site.project
        self._call = site.call
        self._way = site.calls
        self._other = _other_ways(site)

    def _uses(self) -> list[Event]:
        return [e for e in self._project.uses(self._call) if e.scope not in self._other]

    @cached_property
    def claims(self) -> frozenset[str]:
        """The names of the claims that are read, also by functions that are given them."""
        return self._read(lambda base: holds_call([base], self._call))

    @cached_property
    def direct(self) -> frozenset[str]:
        """Those that are read of the claims themselves, and not of what they lead to."""
        return self._read(lambda base: self._is_claims(base, _MAX_STEPS))

    @cached_property
    def replaced(self) -> frozenset[str]:
        """The names of the claims in whose place something stands where a token lacks them."""
        return frozenset(
            first.value
            for event in self._uses()
            for value in event_values(event)
            for part in walk(value)
            if isinstance(part, Outcome) and _asks_for_one(part.call)
            for first, *others in ([a.value for a in part.call.arguments],)
            if isinstance(first, Const) and isinstance(first.value, str)
            if any(isinstance(o, Const) and o.value not in (None, "") for o in others)
            if part.call.receiver is not None and self._is_claims(part.call.receiver, _MAX_STEPS)
        )

    def _read(self, is_read_of: Callable[[Value], bool]) -> frozenset[str]:
        found: set[str] = set()
        for event in self._uses():
            for value in event_values(event):
                for name, bases in members_read(self._project, value).items():
                    if any(map(is_read_of, bases)):
                        found.add(str(name))
        found |= {name for name, base in self._insisted() if is_read_of(base)}
        for function, parameter in self._given():
            found |= self._read_of(function, parameter, _MAX_STEPS)
        return frozenset(found) - _PARTS

    def _insisted(self) -> Iterator[tuple[str, Value]]:
        """The claims that have to be there: ``"type" in claims``, or all of several names.

        That says nothing of what is in them, but a token of another kind may lack them.
        """
        uses = {id(event) for event in self._uses()}
        for operator in ("in", "not in"):
            for part, event in self._project.operations(operator):
                if id(event) not in uses:
                    continue
                named, base = part.operands
                for option in options(named):
                    if isinstance(option, Const) and isinstance(option.value, str):
                        yield option.value, base

    def _is_claims(self, value: Value, steps: int) -> bool:
        """Whether a value is what the call gives, as it is or made into something else."""
        return bool(steps) and any(
            (isinstance(option, Outcome) and option.call.place == self._call.place)
            or any(self._is_claims(inner, steps - 1) for inner in _made_of(option))
            for option in options(value)
        )

    @cached_property
    def escapes(self) -> bool:
        """Whether they are handed to what cannot be followed: the framework, a kept request."""
        return any(
            self._is_whole(value)
            for event in self._uses()
            if self._is_end(event) and not _asks_for_one(event)
            for value in event_values(event)
        )

    def _is_whole(self, value: Value) -> bool:
        """Whether a value holds all claims, not single ones."""
        stack, seen = [value], set()
        while stack:
            part = stack.pop()
            if isinstance(part, Outcome) and part.call.place == self._call.place:
                return True
            single = isinstance(part, Member) and part.name not in _PARTS | {None}
            if id(part) not in seen and not single:
                seen.add(id(part))
                inner = CHILDREN.get(type(part))
                stack += inner(part) if inner is not None else ()
        return False

    @cached_property
    def is_only_logged(self) -> bool:
        """Whether they are written to a log, and nothing comes of them in a function for that."""
        way = [call.scope for call in self._way]
        end = next((index for index, one in enumerate(way) if self._gives_nothing(one)), None)
        if end is None:
            return False
        inner = way[:end]
        used = [
            e
            for e in self._uses()
            if isinstance(e, (Call, Returned, Stored, Raised)) and e.scope not in inner
        ]
        logged = [e for e in used if isinstance(e, Call) and self._is_log(e)]
        return bool(logged) and all(e in logged or self._is_read(e) for e in used)

    def _gives_nothing(self, function: FunctionId) -> bool:
        """Whether a function does what it does, and gives nothing back."""
        scope = self._project.scope(function)
        return scope is not None and all(
            isinstance(event.value, Const) and event.value.value is None
            for event in scope.events
            if isinstance(event, Returned)
        )

    def _is_log(self, call: Call) -> bool:
        model = self._project.model_of(call)
        return model is not None and model.role == "log"

    def _is_read(self, event: Event) -> bool:
        """``claims.get("sub")``: what comes of that is an event of its own."""
        return (
            isinstance(event, Call)
            and event.receiver is not None
            and event.name.rpartition(".")[2] in ("get", "items")
        )

    def _is_end(self, event: Event) -> bool:
        if isinstance(event, Returned):
            return not self._project.callers.get(event.scope)
        return isinstance(event, Stored) or (isinstance(event, Call) and event.target is None)

    def _given(self) -> list[tuple[FunctionId, str]]:
        found = []
        for event in self._uses():
            if isinstance(event, Call) and event.target is not None:
                found += [
                    (function, argument.name)
                    for function in reached(self._project, event)
                    for argument in event.arguments
                    if argument.name is not None
                    if any(
                        isinstance(part, Outcome) and part.call.place == self._call.place
                        for part in walk(argument.value)
                    )
                ]
        judges = (*handlers(self._project, self._call), *_judges(self._call))
        for function in judges:
            scope = self._project.scope(function)
            if scope is not None and scope.definition is not None:
                found += [(function, p.name) for p in scope.definition.parameters]
        return found

    def _read_of(self, function: FunctionId, parameter: str, steps: int) -> set[str]:
        """The members of a parameter that a function reads, or those that it calls."""
        scope = self._project.scope(function)
        found: set[str] = set()
        for event in scope.events if scope is not None else ():
            for value in event_values(event):
                for name, bases in members_read(self._project, value).items():
                    if any(_is(base, function, parameter) for base in bases):
                        found.add(str(name))
            if isinstance(event, Call) and event.target is not None and steps:
                for argument in event.arguments:
                    if argument.name is not None and _is(argument.value, function, parameter):
                        for called in reached(self._project, event):
                            found |= self._read_of(called, argument.name, steps - 1)
        return found


def _judges(call: Call) -> Iterator[FunctionId]:
    """The functions among a guard's options that look at the claims of every token."""
    for argument in call.arguments:
        for part in walk(argument.value):
            for key, value in part.entries.items() if isinstance(part, Table) else ():
                if isinstance(value, Closure) and str(key).startswith(_JUDGING):
                    yield value.id


def _made_of(value: Value) -> Iterator[Value]:
    """What a value is made of as a whole: the claims of a token, what an object is copied from."""
    if isinstance(value, Member) and value.name in _PARTS:
        yield value.base
    elif isinstance(value, Operation):
        yield from value.operands
    elif isinstance(value, Outcome) and not _is_one_claim(value):
        yield from (argument.value for argument in value.call.arguments)
        if value.call.receiver is not None:
            yield value.call.receiver


def _is_one_claim(value: Outcome) -> bool:
    """Whether a value is a single claim: ``claims.get("sub")``."""
    return _asks_for_one(value.call)


def _asks_for_one(event: Event) -> bool:
    """Whether a single claim is asked for."""
    if not isinstance(event, Call) or event.name.rpartition(".")[2] != "get":
        return False
    first = event.arguments[0].value if event.arguments else None
    return isinstance(first, Const) and first.value not in _PARTS


def _other_ways(site: Site) -> set[FunctionId]:
    """The functions that reach the same call, but not in this way."""
    own = {call.scope for call in site.calls}
    ways = (other for other in site.project.sites(site.role) if other.place == site.place)
    return {call.scope for other in ways for call in other.chain} - own


def _is(value: object, function: FunctionId, parameter: str) -> bool:
    return isinstance(value, Param) and value.function == function and value.name == parameter


def is_compared_elsewhere(project: Project, claims: Collection[str]) -> bool:
    """Whether a member so called is compared with a kind of token, of nobody knows which token."""
    return any(
        _compares(project, value, claims)
        for event in project.events
        if isinstance(event, (Tested, Returned)) and not is_test(event.place.path)
        for value in event_values(event)
    )


def _compares(project: Project, value: Value, claims: Collection[str]) -> bool:
    for part in walk(value):
        if not isinstance(part, Operation):
            continue
        inner = list(walk(part))
        if any(_names_kind(p) for p in inner) and any(
            isinstance(p, Member) and p.name in claims and not _is_verified(project, p.base)
            for p in inner
        ):
            return True
    return False


def _names_kind(value: Value) -> bool:
    return (
        isinstance(value, Const)
        and isinstance(value.value, str)
        and kind_of(value.value) in (Kind.ACCESS, Kind.REFRESH, Kind.LINK, Kind.STATE)
    )


def _is_verified(project: Project, value: Value) -> bool:
    """Whether a value is known to come out of one verifying call."""
    return any(isinstance(p, Outcome) and has_role(project, p, "verify") for p in walk(value))
