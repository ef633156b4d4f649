"""What a token chooses before anyone has verified it: members of its header, claims read early.

Choosing is right as long as the choice is one of a few that the program offers: a look-up in a
table, a comparison. It is wrong where the chosen text becomes a path, an address or a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.readings import is_header_of_token, is_taken_apart, readings
from jwtaudit.program.scopes import Tested
from jwtaudit.program.steering_words import says, words
from jwtaudit.program.travels import deep, event_values
from jwtaudit.values import (
    Absent,
    Call,
    Closure,
    Const,
    FunctionId,
    Member,
    Operation,
    Outcome,
    Param,
    Table,
    Unknown,
    Value,
    options,
    root_of,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place

_MAX_DEPTH = 12
_TAKING = ("verify", "verify-signature", "decrypt", "key-import")
_COMPARISONS = ("==", "!=", "in", "not in")


class Chosen(NamedTuple):
    """A member of a header, or a claim, that nobody has verified.

    Attributes:
        value: the member itself.
        place: where the header or the claims were read.
        token: the token that they were read from, where it is known.
    """

    name: str
    value: Value
    place: Place | None
    token: Value


class Steering:
    """Finds what unverified tokens choose, and whether the choice is looked at."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.read = {reading.place for reading in readings(project)}
        self.given = set(self._callables())

    def _callables(self) -> Iterator[tuple[FunctionId, str]]:
        """The parameters of functions that a library calls with a header, to get a key."""
        for site in self.project.sites("verify", "verify-signature", "decrypt"):
            for option in options(site.argument("key")):
                if isinstance(option, Closure):
                    for parameter in option.definition.parameters:
                        yield option.id, parameter.name

    def is_unverified(self, value: Value) -> bool:
        """Whether a value is a header, or claims, that nobody has verified."""
        if isinstance(value, Param):
            return (value.function, value.name) in self.given
        if is_header_of_token(self.project, value) or is_taken_apart(value, 1):
            return True
        if isinstance(value, Outcome):
            if value.call.place in self.read:
                return True
            receiver, part = value.call.receiver, value.call.name.rpartition(".")[2]
            if part == "get" and value.call.arguments:
                first = value.call.arguments[0].value
                part = str(first.value) if isinstance(first, Const) else ""
            return (
                receiver is not None
                and part in words("containers")
                and self.is_unverified(receiver)
            )
        return (
            isinstance(value, Member)
            and value.name in words("containers")
            and self.is_unverified(value.base)
        )

    def member(self, value: Value) -> Chosen | None:
        """The unverified member that a value is, if it is one."""
        if isinstance(value, Member):
            base, name = value.base, value.name
        elif isinstance(value, Outcome) and value.call.receiver is not None:
            first = value.call.arguments[0].value if value.call.arguments else Absent()
            if value.call.name.rpartition(".")[2] not in ("get", "pop"):
                return None
            base = value.call.receiver
            name = (
                first.value if isinstance(first, Const) and isinstance(first.value, str) else None
            )
        else:
            return None
        if name is None or name in words("containers"):
            return None
        for option in options(base):
            if self.is_unverified(option):
                return Chosen(name, value, option.place, self._token(option))
        return None

    def _token(self, value: Value) -> Value:
        value = root_of(value)
        if isinstance(value, Outcome):
            model = self.project.model_of(value.call)
            if model is not None:
                return self.project.argument(value.call, model, "token")
        return Absent()

    def chosen(self, value: Value, depth: int = 0) -> Iterator[Chosen]:
        """The unverified members that a text, a path or an address is made of."""
        if depth > _MAX_DEPTH:
            return
        for option in options(value):
            found = self.member(option)
            if found is not None:
                yield found
            elif isinstance(option, Operation) and option.operator in words("carried"):
                for operand in option.operands:
                    yield from self.chosen(operand, depth + 1)
            elif isinstance(option, Outcome) and option.call.name in words("carrying"):
                receiver = option.call.receiver
                for inner in (*(a.value for a in option.call.arguments), receiver):
                    if inner is not None:
                        yield from self.chosen(inner, depth + 1)

    def inside(self, value: Value) -> Iterator[Chosen]:
        """The unverified members that a value was made of, however it was made."""
        for part in deep(value):
            found = self.member(part)
            if found is not None:
                yield found

    def _parameters(self, value: Value, depth: int = 0) -> Iterator[Value]:
        """The parameters that a text is made of, and their members."""
        if depth > _MAX_DEPTH:
            return
        for option in options(value):
            if isinstance(option, Param):
                yield option
            elif isinstance(option, Member):
                if any(True for _ in self._parameters(option.base, depth + 1)):
                    yield option
            elif isinstance(option, Operation) and option.operator in words("carried"):
                for operand in option.operands:
                    yield from self._parameters(operand, depth + 1)
            elif isinstance(option, Outcome) and option.call.name in words("carrying"):
                for inner in (*(a.value for a in option.call.arguments), option.call.receiver):
                    if inner is not None:
                        yield from self._parameters(inner, depth + 1)

    # -- whether somebody looks at the choice ----------------------------------------------------

    def is_examined(self, chosen: Chosen, site: Site, argument: Value) -> bool:
        """Whether the choice is compared, looked up or matched before it is used."""
        wanted = [chosen.value, *self._parameters(_as_written(site, argument))]
        scopes = {site.call.scope, *(call.scope for call in site.chain)}
        events: list[Event] = []
        if chosen.place is not None:
            events.extend(self.project.holders(chosen.place))
        for identity in scopes:
            scope = self.project.scope(identity)
            events.extend(scope.events if scope is not None else ())
        return any(
            _examines(event, value, self._verifies) for event in events
            if event.place != site.place and not self._verifies(event)
            for value in wanted
        )  # fmt: skip

    def _verifies(self, event: Event) -> bool:
        """Whether an event is the verification for which the choice is made, or makes its key."""
        model = self.project.model_of(event) if isinstance(event, Call) else None
        return model is not None and model.role in _TAKING


def fetches_named_keys(site: Site) -> bool:
    """Whether a token is verified with a key that is fetched from where it says itself."""
    inside = site.project.steering.inside(site.argument("key"))
    return any(chosen.name in words("addresses") for chosen in inside)


def _as_written(site: Site, argument: Value) -> Value:
    """An argument of a site in terms of the function that holds the call."""
    raw = site.call.origin
    if raw is None:
        return argument
    if argument is site.call.receiver and raw.receiver is not None:
        return raw.receiver
    for given, written in zip(site.call.arguments, raw.arguments, strict=True):
        if given.value is argument or given.place == argument.place:
            return written.value
    return argument


def _examines(event: Event, value: Value, takes: Callable[[Event], bool]) -> bool:
    if isinstance(event, Tested):
        return any(
            isinstance(part, Operation)
            and part.operator in _COMPARISONS
            and any(_holds(o, value) for o in part.operands)
            and not any(_is_nothing(o) for o in part.operands)
            for part in walk(event.value)
        ) or any(
            isinstance(part, Outcome) and not takes(part.call) and _looks_at(part.call, value)
            for part in walk(event.value)
        )
    return (
        isinstance(event, Call)
        and says(event.name, "examining")
        and "unverified" not in event.name
        and _looks_at(event, value)
    )


def _is_nothing(value: Value) -> bool:
    """Whether comparing with a value refuses nobody: nothing, or a cache to be filled."""
    return all(
        (isinstance(option, Const) and not option.value)
        or (
            isinstance(option, Table)
            and not option.entries
            and all(isinstance(rest, Unknown) for rest in option.rest)
        )
        or (isinstance(option, Member) and "cache" in (option.name or "").lower())
        or (isinstance(option, (Param, Unknown)) and "cache" in _name(option).lower())
        for option in options(value)
    )


def _name(value: Param | Unknown) -> str:
    return value.name if isinstance(value, Param) else value.why


def _looks_at(call: Call, value: Value) -> bool:
    if call.receiver is not None and call.name.rpartition(".")[2] == "get":
        if _is_nothing(call.receiver):
            return False
        return any(same(value, a.value) for a in call.arguments)
    return any(_holds(inner, value) for inner in event_values(call))


def _holds(value: Value, other: Value) -> bool:
    return any(same(part, other) for part in deep(value))
