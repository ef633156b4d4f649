"""Which tokens are verified where."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence
from jwtaudit.models import VERIFYING
from jwtaudit.program.authority_words import asks_issuer, says
from jwtaudit.program.authority_words import words as told
from jwtaudit.program.classes import stands_for
from jwtaudit.program.context import exclusive
from jwtaudit.program.guards import Guards
from jwtaudit.program.leaving import Leaving
from jwtaudit.program.names import names_of, words
from jwtaudit.program.scopes import Returned
from jwtaudit.program.sites import Site
from jwtaudit.program.standing_before import is_guarded
from jwtaudit.program.switches import turned_off
from jwtaudit.program.token_roots import alike, handed, roots
from jwtaudit.program.token_sources import name_called
from jwtaudit.program.travels import deep, event_values
from jwtaudit.program.verdicts import CLAIM_ERRORS, is_unheeded, refusing
from jwtaudit.program.walk.attributes import receive
from jwtaudit.program.walk.binding import substitute
from jwtaudit.values import (
    Call,
    Closure,
    Const,
    Env,
    FunctionId,
    Member,
    Param,
    Setting,
    Symbol,
    Table,
    Value,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.readings import Reading
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place
    from jwtaudit.values import Arm

_MAX_DEPTH = 5


@dataclass(frozen=True, slots=True)
class _Check:
    """A verification: its call, and the call by which the function at hand comes to it."""

    token: Value
    call: Call
    itself: Call


class Verified:
    """Which tokens are verified in which function, itself or by what it calls."""

    def __init__(self, project: Project, reading: set[FunctionId]) -> None:
        self.project = project
        self.own: dict[FunctionId, list[_Check]] = defaultdict(list)
        self.known: dict[tuple[FunctionId, int], list[_Check]] = {}
        # By the identity of values, which are kept with what is known of them.
        self._known_checks: dict[tuple[FunctionId, int], tuple[list[_Check], Value]] = {}
        self._known_outside: dict[tuple[object, ...], tuple[bool, object]] = {}
        self.inner: dict[FunctionId, list[Call]] = defaultdict(list)
        self.files: set[str] = set()
        self.reading = self._reached_from(reading)
        switched = self._switched()
        for call in project.calls:
            if call.target is not None:
                self.inner[call.scope].append(call)
            if call.place in switched or self._is_unheeded(call):
                continue
            for token in self._seeds(call):
                if not self._is_of_library(call) and not _is_other(call):
                    self.files.add(call.place.path)
                self.own[call.scope].append(_Check(token, call, call))
        for site in project.sites(*VERIFYING) if switched else ():
            if site.place in switched and site.chain and not _is_off(site):
                caller = site.chain[-1]
                check = _Check(site.argument("token"), caller, caller)
                self.own[caller.scope].append(check)
        self._add_methods()

    def _switched(self) -> set[Place]:
        """The calls of which a caller decides whether they verify."""
        return {s.place for s in self.project.sites(*VERIFYING) if s.chain and _is_off(s)}

    def _add_methods(self) -> None:
        """Calls of methods on objects of any class: they verify what methods of that name do."""
        methods = {
            name
            for function in self._reached(set(self.own)) - self.reading
            for owner, _, name in (function.qualname.rpartition("."),)
            if owner and not set(words(name)).isdisjoint(told("of-tokens"))
        }
        for call in self.project.calls if methods else ():
            name = name_called(call)
            if call.target is None and name in methods and self.project.model_of(call) is None:
                for argument in call.arguments:
                    for token in roots(argument.value):
                        self.own[call.scope].append(_Check(token, call, call))

    def _is_of_library(self, call: Call) -> bool:
        """Whether a call verifies a whole token, and says which."""
        model = self.project.model_of(call)
        return model is not None and model.role == "verify" and "token" in model.meanings

    def _seeds(self, call: Call) -> Iterator[Value]:
        if call.target in self.reading:
            return
        model = self.project.model_of(call)
        if model is not None:
            if model.role in VERIFYING and not _is_off(Site(self.project, call, model)):
                yield self.project.argument(call, model, "token")
            elif model.role == "http-request":  # somebody else is asked
                url = self.project.argument(call, model, "url")
                if any(says(text, "asking") for text in _names_in(url)):
                    yield from handed(call)
            elif model.role == "verify-bytes":
                yield from handed(call)
            elif model.effect == "mac":  # a signature, computed to be compared
                yield from roots(self.project.argument(call, model, "value"))
        elif says(name_called(call), "verifying") or asks_issuer(call):
            yield from handed(call)

    def _reached_from(self, functions: set[FunctionId]) -> set[FunctionId]:
        """The functions that read without verifying, and all that call them."""
        reached: set[FunctionId] = set()
        queue = list(functions)
        while queue:
            function = queue.pop()
            if function not in reached:
                reached.add(function)
                queue.extend(call.scope for call in self.project.callers.get(function, ()))
        return reached

    def checks(self, scope: FunctionId, depth: int = _MAX_DEPTH) -> list[_Check]:
        """The verifications in a function, those of the functions included that it calls."""
        key = (scope, depth)
        if key not in self.known:
            found = self.known[key] = []
            for check in (*self.own.get(scope, ()), *(self._called(scope, depth) if depth else ())):
                place, token = check.call.place, check.token
                if not any(c.call.place == place and same(c.token, token) for c in found):
                    found.append(check)
        return self.known[key]

    def _called(self, scope: FunctionId, depth: int) -> Iterator[_Check]:
        for call in self.inner.get(scope, ()):
            if call.target is None or call.target not in self.verifying:
                continue
            if self._is_unheeded(call):
                continue
            binding = {a.name: a.value for a in call.arguments if a.name is not None}
            called, interpreter = self.project.scope(call.target), self.project.interpreter
            for check in self.checks(call.target, depth - 1):
                token = substitute(interpreter, check.token, call.target, binding)
                if called is not None and call.receiver is not None:
                    token = receive(interpreter, token, called, call.receiver)
                yield _Check(token, call, check.itself)

    def _is_unheeded(self, call: Call) -> bool:
        """Whether a function says yes or no to a token, and nobody listens."""
        told = None if call.target is None else self._verdicts.get(call.target)
        return told is Confidence.HIGH and is_unheeded(self.project, call)

    @cached_property
    def _verdicts(self) -> dict[FunctionId, Confidence]:
        return refusing(self.project)

    @cached_property
    def _guards(self) -> Guards:
        return Guards(self.project, self.verifying, self.reading)

    @cached_property
    def verifying(self) -> set[FunctionId]:
        """The functions that verify a token, themselves or by what they call."""
        return self._reached(set(self.own))

    def _reached(self, found: set[FunctionId]) -> set[FunctionId]:
        outermost = set(found)
        for _ in range(_MAX_DEPTH):
            callers = self.project.callers
            outermost = {c.scope for f in outermost for c in callers.get(f, ())} - found
            found |= outermost
        return found

    def around(
        self, reading: Reading, event: Event, token: Value, way: tuple[Call, ...] = ()
    ) -> bool:
        """Whether the token of a use is verified in its function, above or below it.

        ``way`` are the calls that brought the claims to the function of the use.
        """
        if reading.site is None and self._by_hand(event):
            return True
        return self._in_function(reading, event, token, 0, frozenset(), way) or self._guards.passed(
            event.scope
        )

    def _is_apart(self, check: _Check, reading: Reading, event: Event) -> bool:
        """Whether claims are read or used where a verification failed, or was left out."""
        itself, path = check.itself, event.path
        if event.scope == reading.scope:
            path = reading.path
        elif event.scope == check.call.scope:
            reads = self._reads(event.scope)
            if reads and all(_apart(check.call.path, read.path) for read in reads):
                return True  # the function that reads is called where another has refused
        if _apart(check.call.path, path) or self._leaves_before(event, check.call):
            return True
        if event.scope == check.call.scope and exclusive(check.call.path, event.path):
            return True  # one side verifies, and the other believes
        if itself.scope == reading.scope:
            return _apart(itself.path, reading.path) or self._leaving.believes(reading, itself)
        return self._is_given_before(reading, itself)

    def _is_given_before(self, reading: Reading, itself: Call) -> bool:
        """Whether a function gives what another has read, and verifies only behind that."""
        return any(
            self._leaving.gives(reading, check.call)
            for scope in self._doing_both
            for check in self.checks(scope)
            if check.itself is itself
        )

    @cached_property
    def _doing_both(self) -> list[FunctionId]:
        """The functions that come to a verification, and to claims that nobody has verified."""
        both = self.reading & self.verifying
        return [scope for scope in self.project.functions if scope in both]

    def _reads(self, scope: FunctionId) -> list[Call]:
        """The calls in a function of those that read without verifying, themselves or by others."""
        return [call for call in self.inner.get(scope, ()) if call.target in self.reading]

    def _leaves_before(self, event: Event, check: Call) -> bool:
        """Whether something stands behind a branch that verifies and then always returns."""
        branch = check.path
        return (
            bool(branch)
            and branch[-1].side in ("then", "else")
            and event.path[: len(branch)] != branch
            and event.order > check.order
            and any(e.order > check.order for e in self._returns(check.scope, branch))
        )

    @cached_property
    def _leaving(self) -> Leaving:
        return Leaving(self.project)

    def _returns(self, function: FunctionId, branch: tuple[Arm, ...]) -> Iterator[Returned]:
        scope = self.project.scope(function)
        for event in scope.events if scope is not None else ():
            if isinstance(event, Returned) and event.path == branch:
                yield event

    def failed(self, reading: Reading, token: Value) -> bool:
        """Whether claims are read of a token that has just been refused, to tell of it."""
        return any(
            _is_fallback(check.call.path, reading.path) and alike(check.token, token)
            for check in self.checks(reading.scope)
        )

    def _by_hand(self, event: Event) -> bool:
        """Whether code that takes tokens apart verifies signatures itself, wherever it does so."""
        files = {event.place.path, event.scope.path}
        for value in event_values(event):
            files.update(part.place.path for part in deep(value) if part.place is not None)
        return not files.isdisjoint(self.files)

    def _in_function(
        self,
        reading: Reading,
        event: Event,
        token: Value,
        depth: int,
        seen: frozenset[FunctionId],
        way: tuple[Call, ...] = (),
    ) -> bool:
        checks = self._checks_of(event.scope, token)
        if not all(self._is_apart(check, reading, event) for check in checks):
            return True
        if depth >= _MAX_DEPTH or event.scope in seen:
            return False
        if depth:
            return self._outside(reading, event.scope, token, depth, seen, way)
        # Many claims are used in one function: what is around that is looked at once.
        key = (id(reading), event.scope, id(token), *map(id, way))
        if key not in self._known_outside:
            found = self._outside(reading, event.scope, token, depth, seen, way)
            self._known_outside[key] = (found, (reading, token, way))
        return self._known_outside[key][0]

    def _checks_of(self, scope: FunctionId, token: Value) -> list[_Check]:
        """The verifications in a function of this very token."""
        key = (scope, id(token))
        if key not in self._known_checks:
            found = [check for check in self.checks(scope) if alike(check.token, token)]
            self._known_checks[key] = (found, token)
        return self._known_checks[key][0]

    def _outside(
        self,
        reading: Reading,
        scope: FunctionId,
        token: Value,
        depth: int,
        seen: frozenset[FunctionId],
        way: tuple[Call, ...],
    ) -> bool:
        """Whether the token is verified where a function is called, or given away."""
        for caller in way[-1:] or self._callers(scope):
            binding = {a.name: a.value for a in caller.arguments if a.name is not None}
            outer = substitute(self.project.interpreter, token, scope, binding)
            if self._guards.passed(caller.scope) or self._in_function(
                reading, caller, outer, depth + 1, seen | {scope}, way[:-1]
            ):
                return True
        return any(  # a callback sees the variables around it, and runs behind what it is given to
            self._is_behind(call)
            or is_guarded(self.project, call, scope, token, self.verifying)
            or self._in_function(reading, call, token, depth + 1, seen | {scope})
            for call in self._given_to.get(scope, ())
        )

    def _callers(self, scope: FunctionId) -> Iterator[Call]:
        """The calls of a function, and of the methods in whose place it is called."""
        for function in (scope, *stands_for(self.project, scope)):
            yield from self.project.callers.get(function, ())

    def _is_behind(self, call: Call) -> bool:
        """Whether a function of some framework looks at the token before it calls another."""
        name = call.name.rpartition(".")[2]
        return (
            call.target is None and self.project.model_of(call) is None and says(name, "verifying")
        )

    @cached_property
    def _given_to(self) -> dict[FunctionId, list[Call]]:
        """Function -> the calls that it is an argument of, by itself or in an object."""
        found: dict[FunctionId, list[Call]] = {}
        for call in self.project.calls:
            for argument in call.arguments:
                given = argument.value
                for part in given.entries.values() if isinstance(given, Table) else (given,):
                    if isinstance(part, Closure):
                        found.setdefault(part.id, []).append(call)
        return found


def _is_other(call: Call) -> bool:
    """Whether what verifies is looked at by itself, or looks at passwords."""
    given = (name for argument in call.arguments for name in names_of(argument.value))
    said = {word for name in (call.name, *given) for word in words(name)}
    return call.target is not None or not said.isdisjoint(told("passwords"))


def _names_in(value: Value) -> Iterator[str]:
    """The texts and names that a value is made of."""
    for part in walk(value):
        if isinstance(part, Const) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, (Symbol, Env, Setting, Param, Member)):
            yield part.name or ""


def _is_off(site: Site) -> bool:
    """Whether a call is told not to verify, for certain; some versions may not listen to it."""
    if any(o.effect == "signature" and not o.evidence.lookups for o in turned_off(site)):
        return True
    ignored = {row.argument for row in site.model.ineffective if not row.key}
    return site.version is None and any(
        argument.name in ignored and argument.name.startswith("verify")
        for argument in site.call.arguments
        if argument.name and isinstance(argument.value, Const) and not argument.value.value
    )


def _apart(check: tuple[Arm, ...], path: tuple[Arm, ...]) -> bool:
    """Whether code does not run after a verification that succeeded."""
    return exclusive(check, path) or _is_fallback(check, path)


def _is_fallback(check: tuple[Arm, ...], path: tuple[Arm, ...]) -> bool:
    """Whether code runs because the verification failed, other than by the claims' values."""
    tried = {arm.start for arm in check if arm.side == "try"}
    return any(
        arm.start in tried
        and arm.side.startswith("except")
        and not all(
            any(error in name for error in CLAIM_ERRORS)
            for name in arm.side.removeprefix("except ").split(",")
        )
        for arm in path
    )
