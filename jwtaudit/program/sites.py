"""Calls of library functions, seen from each of the places that reach them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jwtaudit.program.classes import makes_sibling
from jwtaudit.program.configuring import configuring
from jwtaudit.program.context import is_test
from jwtaudit.program.limits import MAX_CALL_DEPTH, MAX_CONTEXTS, Cut
from jwtaudit.program.travels import deep
from jwtaudit.program.walk.binding import substitute_call
from jwtaudit.program.walk.inheritance import receive_call
from jwtaudit.values import (
    ABSENT,
    UNKNOWN,
    Bound,
    Call,
    FunctionId,
    Outcome,
    Param,
    Value,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.version import Version

    from jwtaudit.models import Library, Model
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import FunctionScope
    from jwtaudit.source import Place


@dataclass(slots=True, eq=False)
class Site:
    """A call of a library function, seen from one of the places that reach it.

    Attributes:
        call: the call, its arguments in terms of the outermost caller.
        chain: the calls of project functions that lead to it, innermost first.
    """

    project: Project
    call: Call
    model: Model
    chain: tuple[Call, ...] = ()

    @property
    def place(self) -> Place:
        """Where the library call stands."""
        return self.call.place

    @property
    def calls(self) -> tuple[Call, ...]:
        """The call of the library and those that lead to it, innermost first."""
        return (self.call, *self.chain)

    @property
    def way(self) -> list[Call]:
        """The calls that run one another: without those that only make what is called."""
        calls = self.calls
        return [
            call
            for index, call in enumerate(calls)
            if not index or not call.target or not _only_makes(call.target, calls[index - 1])
        ]

    @property
    def configuring(self) -> list[Site]:
        """The calls that give what this one leaves out."""
        return configuring(self.project, self.model, self.call)

    def own(self, meaning: str) -> Value:
        """The argument with a meaning, without what is given by configuring calls."""
        return self.project.given(self.call, self.model, meaning)

    @property
    def library(self) -> Library:
        """The library it belongs to."""
        return self.model.library

    @property
    def role(self) -> str:
        """What it does."""
        return self.model.role

    @property
    def version(self) -> Version | None:
        """The library's version in this project; None when it is not told."""
        told = self.project.version(self.library, self.place.path)
        return self.library.newest_in(self.model.versions) if self.is_written_for else told

    @property
    def is_written_for(self) -> bool:
        """Whether nothing but the way the call is written tells the library's version."""
        return (
            bool(self.model.written_with)
            and self.project.version(self.library, self.place.path) is None
        )

    @property
    def scope(self) -> FunctionScope | None:
        """The function that holds the library call."""
        return self.project.scope(self.call.scope)

    def argument(self, meaning: str) -> Value:
        """The argument with a meaning; ``ABSENT`` when missing without a default."""
        return self.project.argument(self.call, self.model, meaning)

    def semantic(self, name: str) -> Any:
        """What the library's version does, by the model."""
        return self.library.semantic(name, self.version)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a finding at this call has to say of the library's version."""
        if self.is_written_for:
            return (
                f"no version of {self.library.title} is pinned; the call is written as for"
                f" {self.library.title} {self.model.versions}, so {self.version} is assumed",
            )
        return self.library.assumed(self.version)

    def outcome(self) -> Outcome:
        """The result of the call."""
        return Outcome(self.call, place=self.place)


def _only_makes(made: FunctionId, inner: Call) -> bool:
    """Whether a call makes an object, in whose constructor the next call does not stand."""
    return made.qualname.endswith("__init__") and inner.scope != made


def contexts(project: Project, call: Call) -> list[tuple[Call, ...]]:
    """The call in terms of its callers, each with the chain of calls that leads to it."""
    done: list[tuple[Call, ...]] = []
    queue: list[tuple[Call, ...]] = [(call,)]
    is_cut = False
    while queue and len(done) + len(queue) < MAX_CONTEXTS:
        chain = queue.pop(0)
        current = chain[0]
        function, callers = _next_callers(project, chain)
        if function is None or len(chain) > MAX_CALL_DEPTH:
            is_cut = is_cut or function is not None
            done.append(chain)
            continue
        for caller in callers:
            binding = {a.name: a.value for a in caller.arguments if a.name is not None}
            bound = substitute_call(project.interpreter, current, function, binding)
            for around, given in caller.captured:
                bound = substitute_call(project.interpreter, bound, around, given)
            bound = receive_call(project.interpreter, bound, caller.receiver)
            queue.append((bound, *chain[1:], caller))
    if queue or is_cut:
        project.leave_out(Cut.WAYS, f"{call.name}() in {call.place.path}")
    return [*done, *queue]


def called_elsewhere(
    project: Project, calls: Mapping[str, Iterable[tuple[Call, Model]]]
) -> list[tuple[Call, Model]]:
    """Calls of the verifiers that factories make and nothing in sight calls, as if made there."""
    used = {
        call.receiver.call.place
        for call, _ in calls.get("verify", ())
        if isinstance(call.receiver, Outcome)
    }
    found = []
    for maker, factory in calls.get("factory", ()):
        name = f"{factory.returns}.__call__"
        for model in project.models.exactly(name) if maker.place not in used else ():
            if model.role == "verify":
                given = tuple(Bound(UNKNOWN, name=parameter) for parameter in model.parameters)
                made = Outcome(maker, place=maker.place)
                found.append((replace(maker, name=name, receiver=made, arguments=given), model))
    return found


def _next_callers(
    project: Project, chain: tuple[Call, ...]
) -> tuple[FunctionId | None, list[Call]]:
    """A function whose parameters a call mentions, and its callers that are not seen yet."""
    seen = {call.place for call in chain}
    for function in _open_functions(chain[0]):
        callers = [
            c
            for c in project.callers.get(function, ())
            # that a test calls it says nothing of what calls it in use
            if c.place not in seen and (is_test(function.path) or not is_test(c.place.path))
            if not c.captured or all(_agree(c, other) for other in chain)
            if not any(makes_sibling(project, c, function, call.scope) for call in chain)
        ]
        if callers:
            return function, callers
    return None, []


def _agree(caller: Call, other: Call) -> bool:
    """Whether a function may be one that another call on the way has made: ``[kept, keep]``."""
    given = {argument.name: argument.value for argument in other.arguments}
    return all(
        function != other.target or all(same(given.get(n, ABSENT), v) for n, v in binding.items())
        for function, binding in caller.captured
    )


def _open_functions(call: Call) -> Iterator[FunctionId]:
    """The functions whose parameters the call's arguments mention."""
    given: set[FunctionId] = set()
    values = [a.value for a in call.arguments]
    if call.receiver is not None:
        values.append(call.receiver)
    for value in values:
        for part in deep(value):
            if isinstance(part, Param) and part.function not in given:
                given.add(part.function)
                yield part.function
