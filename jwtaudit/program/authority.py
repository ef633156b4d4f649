"""Claims that nobody has verified: where they are read, and what the program does with them.

Reading before verifying is correct code as long as nothing is decided by what was read: to choose
a key, to show a lifetime, to look at one's own token. So each use is judged by itself: which claims
it takes, where the token came from, and whether the same token is verified around it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.models import VERIFYING
from jwtaudit.program.arguments import given_by_callers
from jwtaudit.program.authority_words import is_harmless, says, words
from jwtaudit.program.commands import is_command, is_program, is_typed
from jwtaudit.program.context import is_test
from jwtaudit.program.deciding import Deciding, Use, Weight, compares, says_right
from jwtaudit.program.made import Made
from jwtaudit.program.names import is_called_token, names_of
from jwtaudit.program.names import words as words_of
from jwtaudit.program.operations import empty
from jwtaudit.program.platforms import in_browser
from jwtaudit.program.readings import Reading, calls_by_name, fills, readings
from jwtaudit.program.refused_tokens import ends, keeps_refused
from jwtaudit.program.scopes import MODULE, Assigned, Returned, Stored, Tested
from jwtaudit.program.sites import Site
from jwtaudit.program.switches import turned_off
from jwtaudit.program.taking import Taking, Target
from jwtaudit.program.token_roots import alike
from jwtaudit.program.token_sources import (
    from_request,
    is_own,
    is_own_to_callers,
)
from jwtaudit.program.travels import deep
from jwtaudit.program.verdicts import refused_where
from jwtaudit.program.verified import Verified
from jwtaudit.values import (
    Absent,
    Call,
    Const,
    FunctionId,
    Operation,
    Outcome,
    Param,
    Symbol,
    Table,
    Value,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place

_MAX_PASSES = 3


def _filled(reading: Reading) -> Place | None:
    """Where an object was made that a call without a result of its own fills with a token."""
    if reading.site is None or not fills(reading.site):
        return None
    receiver = reading.site.call.receiver
    return receiver.place if receiver is not None else None


class _Told(NamedTuple):
    """Where a token comes from: one's own, or somebody else whom we show ours; a request."""

    token: Value  # kept: what is known of it is found by its identity
    is_trusted: bool
    from_request: bool


class Authority:
    """Finds what is decided by claims that nobody verified."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.taking = Taking(project)
        self.made = Made(project)
        self.deciding = Deciding(project, self.taking)
        self.readings = tuple(readings(project))
        self._origins: dict[int, _Told] = {}
        self.verified = Verified(project, {reading.scope for reading in self.readings})

    def uses(self, reading: Reading) -> list[Use]:
        """The uses that matter, those of the most weight first."""
        found = list(self._uses(reading, Target(reading.place), None, 0, frozenset()))
        if (filled := _filled(reading)) is not None and not self._is_verified_later(filled):
            token = reading.site.argument("token") if reading.site is not None else None
            target = Target(filled=filled)
            found.extend(self._uses(reading, target, None, 0, frozenset(), token))
        if not found and (idle := self._idle(reading)):
            asked = self._asked(reading) or self._refused(reading)
            if asked is not None:
                found.append(
                    Use(asked, "a token that can be read passes as genuine", Weight.DECIDES, True)
                )
            else:
                found.append(Use(reading.place, idle, Weight.SEEN, False))
        elif not found and self._expects(reading):
            what = "what it expects of issuer and audience is not looked at either"
            found.append(Use(reading.place, what, Weight.SEEN, False))
        return sorted(found, key=lambda use: (-use.weight, not use.from_request, use.place))

    def _uses(
        self,
        reading: Reading,
        target: Target,
        claim: str | None,
        depth: int,
        seen: frozenset[FunctionId],
        token: Value | None = None,
        way: tuple[Call, ...] = (),
    ) -> Iterator[Use]:
        if target.param is not None:
            scope = self.project.scope(target.param.function)
            events = tuple(scope.events) if scope is not None else ()
        elif target.made is not None:
            events = tuple(self.made.uses[target.made])
        else:
            place = target.filled or target.place or reading.place
            events = tuple(self.project.holders(place))
        for event in events:
            path = event.place.path
            if is_test(path) or in_browser(self.project, path):
                continue
            for taken in self.taking.of(event, target):
                name = taken.claim or claim
                chooses = is_harmless(name)
                if chooses and (self.verified.own or name not in words("tenants")):
                    continue  # to choose whom to ask or what to verify with
                source = token if token is not None else taken.token
                told = self._told(source)
                if told.is_trusted:
                    continue
                if self.verified.around(reading, event, source, way):
                    continue
                if isinstance(event, Call) and (
                    ends(self.project, event, source, reading.place)
                    or keeps_refused(self.project, event.scope, source)
                ):
                    continue
                if isinstance(event, Tested) and (
                    _decides_little(event, source, name)
                    or self._is_held_against_another(event, target, source)
                ):
                    continue
                if isinstance(event, Returned) and not self.deciding.has_callers(event.scope):
                    asked = tuple(calls_by_name(self.project, event.scope))
                    for call in asked if depth < _MAX_PASSES else ():
                        given = call.arguments[0].value if call.arguments else source
                        yield from self._uses(
                            reading, Target(call.place), name, depth + 1, seen, given
                        )
                    if asked:
                        continue
                if isinstance(event, Call) and depth < _MAX_PASSES and self.made.only_holds(event):
                    made = Target(made=event.place)
                    yield from self._uses(reading, made, name, depth + 1, seen, source, way)
                    continue
                if isinstance(event, Call) and event.target is not None and not _builds(event):
                    if depth < _MAX_PASSES and event.target not in seen:
                        for argument in event.arguments:
                            if argument.name is None or not any(
                                t.claim == taken.claim
                                for t in self.taking.inside(argument.value, target)
                            ):
                                continue
                            inner = self.project.scope(event.target)
                            param = inner.parameters.get(argument.name) if inner else None
                            if param is not None:
                                yield from self._uses(
                                    reading, Target(param=param), name, depth + 1,
                                    seen | {event.target}, source, (*way, event),
                                )  # fmt: skip
                    continue
                if isinstance(event, Call) and self._finds_key(event, source):
                    continue
                if self._is_read_elsewhere(reading, event):
                    continue  # that is an event of its own
                use = self.deciding.judge(event, name, told.from_request)
                if use is not None and (not chooses or use.weight is Weight.DECIDES):
                    yield use

    def _told(self, token: Value) -> _Told:
        """Where a token comes from; many claims of one token are used."""
        if id(token) not in self._origins:
            self._origins[id(token)] = _Told(
                token,
                is_own(self.project, token)
                or is_own_to_callers(self.project, token)
                or self._is_carried(token)
                or self._is_set(token),
                from_request(self.project, token),
            )
        return self._origins[id(token)]

    def _is_carried(self, token: Value) -> bool:
        """Whether it was given to a client, which shows it to a server with its own requests."""
        given = options(token)
        return any(
            isinstance(one, Param) and one.function.qualname.endswith("__init__") for one in given
        ) and any(same(one, part) for one in given for part in self._carried)

    def _is_set(self, token: Value) -> bool:
        """Whether a function is given a token to set it as a cookie: nobody has sent it."""
        given = [option for option in options(token) if isinstance(option, Param)]
        return len(given) == len(options(token)) and any(
            isinstance(held, Param) and held.function == site.call.scope and same(held, token)
            for site in self.project.sites("cookie")
            if not any(
                from_request(self.project, one)
                for parameter in given
                for one in given_by_callers(self.project, parameter)
            )
            for held in options(site.argument("value"))
        )

    @cached_property
    def _carried(self) -> list[Value]:
        return [
            part
            for site in self.project.sites("http-request")
            for part in deep(site.argument("headers"))
            if isinstance(part, (Param, Outcome))
        ]

    def _is_held_against_another(self, test: Tested, target: Target, token: Value) -> bool:
        """Whether a claim only has to be what another token says, that was read by others."""
        held = [
            [side for side in part.operands if not any(self.taking.inside(side, target))]
            for part in walk(test.value)
            if isinstance(part, Operation) and any(self.taking.inside(part, target))
            if part.operator in ("==", "!=")
        ]
        return bool(held) and all(
            any(self._is_of_another(part, token) for side in sides for part in deep(side))
            for sides in held
        )

    def _is_of_another(self, value: Value, token: Value) -> bool:
        """Whether a call was given another token, and is none that reads without verifying."""
        return (
            isinstance(value, Outcome)
            and value.call.target not in self.verified.reading
            and not any(value.call.place == reading.place for reading in self.readings)
            and any(
                is_called_token(argument.value) and not alike(argument.value, token)
                for argument in value.call.arguments
            )
        )

    def _finds_key(self, call: Call, token: Value) -> bool:
        """Whether a call gives a key, which goes on together with the token."""
        return any(
            isinstance(event, Call)
            and any(
                isinstance(option, Outcome)
                and option.call.place == call.place
                and (_speaks_of_key(call.name) or _speaks_of_key(argument.name or ""))
                for argument in event.arguments
                for option in options(argument.value)
            )
            and any(alike(argument.value, token) for argument in event.arguments)
            for event in self.project.uses(call)
        )

    def _is_verified_later(self, filled: Place) -> bool:
        """Whether an object that was filled with a token is told to verify it."""
        for call in self.project.calls:
            if isinstance(call.receiver, Outcome) and call.receiver.place == filled:
                model = self.project.model_of(call)
                if model is not None and model.role in VERIFYING:
                    off = turned_off(Site(self.project, call, model))
                    if not any(o.effect == "signature" for o in off):
                        return True
        return False

    def _asked(self, reading: Reading) -> Place | None:
        """Where a caller asks whether a token is good, and hears yes if only it can be read."""
        scope = self.project.scope(reading.scope)
        says_yes = scope is not None and any(
            isinstance(option, Const) and option.value is True for option in options(scope.returned)
        )
        for call in self.project.callers.get(reading.scope, ()) if says_yes else ():
            for event in self.project.events:
                if (
                    isinstance(event, Tested)
                    and (event.then_exits or event.else_exits)
                    and event.place.path == call.place.path
                    and event.place.span.start <= call.place.span.start
                    and call.place.span.end <= event.place.span.end
                    and not is_test(event.place.path)
                ):
                    return event.place
        return None

    def _refused(self, reading: Reading) -> Place | None:
        """Where a request goes no further whose token cannot be read: any other goes on."""
        site, scope = reading.site, self.project.scope(reading.scope)
        if site is None or scope is None or not from_request(self.project, site.argument("token")):
            return None
        handler = refused_where(scope, site.call.origin or site.call)
        return None if handler is None else handler.place

    def _idle(self, reading: Reading) -> str:
        """What is said of claims that nothing uses: they are dropped, or only shown."""
        if reading.site is None or not self._gives_claims(reading.site):
            return ""
        shown = False
        for event in self.project.holders(reading.place):
            if isinstance(event, Assigned):
                continue
            if isinstance(event, Returned) and self.deciding.has_callers(event.scope):
                continue  # what the callers do with it are events of their own
            for taken in self.taking.of(event, Target(reading.place)):
                if isinstance(event, Tested) and taken.claim is None and not compares(event.value):
                    continue
                if not (isinstance(event, Call) and self._shows(event)):
                    return ""
                if is_harmless(taken.claim):
                    return ""
                shown = True
        token, call = reading.site.argument("token"), reading.site.call
        if is_typed(token) or is_command(self.project, call) or is_program(self.project, call):
            return ""
        if not shown and reading.scope.qualname == MODULE:
            return "nothing else looks at it"  # a line of a snippet; its neighbours are others
        if is_own(self.project, token):
            return ""
        if self.verified.around(reading, call, token) or self.verified.failed(reading, token):
            return ""
        return "its claims are only shown" if shown else "nothing else looks at it"

    def _gives_claims(self, site: Site) -> bool:
        """Whether a call gives claims, and does not only put them into the object it is made on."""
        maker = site.call.receiver
        if not isinstance(maker, Outcome) or not maker.place:
            return maker is None
        unnamed = maker.place.span.start == site.place.span.start  # PyJWT().decode(...)
        return (unnamed or not fills(site)) and self.project.model_of(maker.call) is not None

    def _expects(self, reading: Reading) -> bool:
        """Whether a call says what to accept, as if it verified, and checks nothing of it."""
        site = reading.site
        if site is None or site.role != "verify":
            return False
        given = [site.argument(meaning) for meaning in ("algorithms", "issuer", "audience")]
        if any(isinstance(v, Absent) or (isinstance(v, Const) and v.value is None) for v in given):
            return False
        switches = [
            value
            for table in options(site.argument("options"))
            if isinstance(table, Table)
            for value in table.entries.values()
        ]
        if any(not isinstance(value, Absent) and not empty(value) for value in switches):
            return False  # some of it is looked at
        token, call = site.argument("token"), site.call
        return not is_own(self.project, token) and not self.verified.around(reading, call, token)

    def _shows(self, call: Call) -> bool:
        """Whether a call writes its arguments where somebody looks at them."""
        model = self.project.model_of(call)
        if model is not None and model.role in ("log", "respond"):
            return True
        return call.name.rpartition(".")[2] in words("showing") or self.taking.passes_on(call)

    def _is_read_elsewhere(self, reading: Reading, event: Event) -> bool:
        """Whether an object that can verify its token gives claims to those who made it.

        Whether they tell it to is seen where they use the claims.
        """
        owner, _, name = event.scope.qualname.rpartition(".")
        own = (event.scope.path, owner)
        if not owner or _class_of(reading.scope) != own:
            return False
        keeps = name == "__init__" if isinstance(event, Stored) else self._is_property(event)
        return (
            keeps
            and any(_class_of(function) == own for function in self.verified.verifying)
            and any(
                _class_of(other.scope) != own and not is_test(other.place.path)
                for other in self.project.holders(reading.place)
            )
        )

    def _is_property(self, event: Event) -> bool:
        scope = self.project.scope(event.scope) if isinstance(event, Returned) else None
        return scope is not None and any(
            isinstance(d, Symbol) and d.name.endswith("property") for d in scope.decorators
        )


def _class_of(function: FunctionId) -> tuple[str, str]:
    return function.path, function.qualname.rpartition(".")[0]


def _speaks_of_key(name: str) -> bool:
    return not set(words("key-giving")).isdisjoint(words_of(name.rpartition(".")[2]))


def _decides_little(test: Tested, token: Value, claim: str | None) -> bool:
    """Whether a claim tells which way back a client takes (OAuth's `state`), or who may log out.

    Nor does it decide where the very token has to be among those that were kept.
    """
    if says_right(claim):
        return False
    if any(
        isinstance(part, Operation) and part.operator == "in" and alike(part.operands[0], token)
        for part in walk(test.value)
    ):
        return True
    return any(name in words("taken-along") for name in names_of(token)) or says(
        test.scope.qualname.rpartition(".")[2], "logging-out"
    )


def _builds(call: Call) -> bool:
    """Whether a project class without a constructor of its own is built."""
    return call.target is None
