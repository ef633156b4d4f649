"""Claims that nobody has verified: where they are read, and what the program does with them.

Reading before verifying is correct code as long as nothing is decided by what was read: to choose
a key, to show a lifetime, to look at one's own token. So each use is judged by itself: which claims
it takes, where the token came from, and whether the same token is verified around it.
"""

from __future__ import annotations

import enum
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.commands import is_command, is_program, is_typed
from jwtaudit.program.context import exclusive, is_test
from jwtaudit.program.names import words as words_of
from jwtaudit.program.operations import empty
from jwtaudit.program.platforms import in_browser
from jwtaudit.program.project import Site, deep, event_values
from jwtaudit.program.scopes import Assigned, Returned, Stored, Tested
from jwtaudit.program.switches import turned_off
from jwtaudit.values import (
    Absent,
    Call,
    ClassRef,
    Closure,
    Const,
    Env,
    FunctionId,
    Instance,
    Join,
    Member,
    Operation,
    Outcome,
    Param,
    Setting,
    Symbol,
    Table,
    Value,
    children,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.origins import Origin
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place
    from jwtaudit.values import Arm

_MAX_DEPTH = 5
_MAX_PASSES = 3
_MOST_PARTS = 2000
_VERIFYING = ("verify", "verify-signature", "decrypt")
# What gives a token that came from its issuer, or was kept by whom it was issued to.
_OWN = ("sign", "http-request", "environment", "storage-read")
_ACTING = ("file", "sql", "shell")
_CLAIM_ERRORS = ("Expired", "Audience", "Issuer", "Immature", "IssuedAt", "Claim")


@functools.lru_cache(maxsize=1)
def _all_words() -> dict[str, tuple[str, ...]]:
    import tomli  # noqa: PLC0415 - only where there is something to judge

    from jwtaudit.resources import rules_directory  # noqa: PLC0415

    document = tomli.loads((rules_directory() / "data" / "authority.toml").read_text("utf-8"))
    return {name: tuple(words) for name, words in document.items()}


def words(name: str) -> tuple[str, ...]:
    """A word list of ``rules/data/authority.toml``."""
    return _all_words()[name]


def says(text: str, name: str) -> bool:
    """Whether a name holds one of the words of a list."""
    lower = text.lower()
    return any(word in lower for word in words(name))


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


@dataclass(slots=True, eq=False)
class Reading:
    """A place where claims are read without verification.

    Attributes:
        call: the library call; None where the token is taken apart by hand.
        evidence: the option that turns verification off; None where the function never verifies.
    """

    place: Place
    scope: FunctionId
    path: tuple[Arm, ...]
    site: Site | None = None
    evidence: Origin | None = None


_readings: WeakKeyDictionary[Project, tuple[Reading, ...]] = WeakKeyDictionary()


def readings(project: Project) -> tuple[Reading, ...]:
    """Every place outside of tests where claims are read without verification."""
    if project not in _readings:
        _readings[project] = tuple(_find_readings(project))
    return _readings[project]


def _find_readings(project: Project) -> Iterator[Reading]:
    for site in project.sites("decode-unverified", "verify", "verify-signature"):
        if is_test(site.place.path) or in_browser(project, site.place.path):
            continue  # who holds the token may read it; what a page shows decides nothing
        origin: Origin | None = None
        if site.role != "decode-unverified":
            off = next((o for o in turned_off(site) if o.effect == "signature"), None)
            if off is None or off.evidence.is_fallback:
                continue  # verified, or a matter of the setting that decides
            if off.switch.when.absent and not _fills(site):
                continue  # without a key nothing but an object that keeps the token is read
            origin = off.evidence
        yield Reading(site.place, site.call.scope, site.call.path, site, origin)
    seen: set[Place] = set()
    for part, event in project.decoded:
        if part.place and part.place not in seen and is_taken_apart(part, 1):
            seen.add(part.place)
            path = part.place.path
            if not is_test(path) and not in_browser(project, path):
                yield Reading(part.place, event.scope, event.path)


def is_taken_apart(value: Value, index: int) -> bool:
    """Whether a value is a part of a token, decoded by hand: header (0) or claims (1)."""
    if not (isinstance(value, Operation) and value.operator == "json-decode"):
        return False
    decoded = (
        p for p in walk(value) if isinstance(p, Operation) and p.operator.startswith("base64")
    )
    for operation in decoded:
        for part in walk(operation):
            if (
                isinstance(part, Member)
                and isinstance(part.key, Const)
                and part.key.value in (index, index - 3)
                and isinstance(part.base, Operation)
                and part.base.operator == "split"
            ):
                return True
    return False


def is_header_of_token(project: Project, value: Value) -> bool:
    """Whether a value is the header of a token that nobody verified."""
    if isinstance(value, Outcome):
        return _has_role(project, value, "header-peek")
    if isinstance(value, Member) and value.name in words("headers"):  # of a token, decoded whole
        base = value.base
        return isinstance(base, Outcome) and _has_role(project, base, "decode-unverified")
    return is_taken_apart(value, 0)


# -- which claims, and what becomes of them --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a value takes of a reading: one claim, or all (None); and the reading as seen here."""

    claim: str | None
    token: Value


class _Target:
    """What to look for: a result, a parameter it was given to, or an object filled with it."""

    def __init__(
        self, place: Place | None = None, param: Param | None = None, filled: Place | None = None
    ) -> None:
        self.place = place
        self.param = param
        self.filled = filled

    def matches(self, value: Value) -> bool:
        if self.param is not None:
            return isinstance(value, Param) and same(value, self.param)
        if self.filled is not None:
            return (
                isinstance(value, Member)
                and value.name in words("raw")
                and any(isinstance(p, Outcome) and p.place == self.filled for p in walk(value.base))
            )
        return (
            isinstance(value, (Outcome, Operation))
            and value.place == self.place
            and (not isinstance(value, Outcome) or value.call.place == self.place)
        )


def _filled(reading: Reading) -> Place | None:
    """Where an object was made that a call without a result of its own fills with a token."""
    if reading.site is None or not _fills(reading.site):
        return None
    receiver = reading.site.call.receiver
    return receiver.place if receiver is not None else None


def _fills(site: Site) -> bool:
    """Whether a call leaves the token in the object that it belongs to."""
    return site.call.discarded and isinstance(site.call.receiver, Outcome)


class Authority:
    """Finds what is decided by claims that nobody verified."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.readings = tuple(readings(project))
        self.verified = _Verified(project, {reading.scope for reading in self.readings})

    def uses(self, reading: Reading) -> list[Use]:
        """The uses that matter, those of the most weight first."""
        found = list(self._uses(reading, _Target(reading.place), None, 0, frozenset()))
        if (filled := _filled(reading)) is not None and not self._is_verified_later(filled):
            token = reading.site.argument("token") if reading.site is not None else None
            target = _Target(filled=filled)
            found.extend(self._uses(reading, target, None, 0, frozenset(), token))
        if not found and (idle := self._idle(reading)):
            asked = self._asked(reading)
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
        target: _Target,
        claim: str | None,
        depth: int,
        seen: frozenset[FunctionId],
        token: Value | None = None,
    ) -> Iterator[Use]:
        if target.param is not None:
            scope = self.project.scope(target.param.function)
            events = tuple(scope.events) if scope is not None else ()
        else:
            events = tuple(self.project.holders(target.filled or reading.place))
        for event in events:
            if is_test(event.place.path):
                continue
            for taken in self._taken(event, target):
                name = taken.claim or claim
                if name in words("harmless-claims"):
                    continue
                source = token if token is not None else taken.token
                if is_own(self.project, source) or self.verified.around(reading, event, source):
                    continue
                if isinstance(event, Call) and event.target is not None and not _builds(event):
                    if depth < _MAX_PASSES and event.target not in seen:
                        for argument in event.arguments:
                            if argument.name is None or not any(
                                t.claim == taken.claim for t in self._in(argument.value, target)
                            ):
                                continue
                            inner = self.project.scope(event.target)
                            param = inner.parameters.get(argument.name) if inner else None
                            if param is not None:
                                yield from self._uses(
                                    reading, _Target(param=param), name, depth + 1,
                                    seen | {event.target}, source,
                                )  # fmt: skip
                    continue
                if isinstance(event, Call) and self._finds_key(event, source):
                    continue
                use = self._judge(event, name, from_request(self.project, source))
                if use is not None:
                    yield use

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
                if model is not None and model.role in _VERIFYING:
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

    def _idle(self, reading: Reading) -> str:
        """What is said of claims that nothing uses: they are dropped, or only shown."""
        if reading.site is None or reading.site.call.receiver is not None:
            return ""
        shown = False
        for event in self.project.holders(reading.place):
            if isinstance(event, Assigned):
                continue
            if isinstance(event, Returned) and self._has_callers(event.scope):
                continue  # what the callers do with it are events of their own
            for taken in self._taken(event, _Target(reading.place)):
                if isinstance(event, Tested) and taken.claim is None and not _compares(event.value):
                    continue
                if not (isinstance(event, Call) and self._shows(event)):
                    return ""
                if taken.claim in words("harmless-claims"):
                    return ""
                shown = True
        token, call = reading.site.argument("token"), reading.site.call
        if is_typed(token) or is_command(self.project, call) or is_program(self.project, call):
            return ""
        minted = isinstance(token, Outcome) and _has_role(self.project, token, "sign")
        if not minted and is_own(self.project, token):
            return ""
        if self.verified.around(reading, call, token):
            return ""
        return "its claims are only shown" if shown else "nothing else looks at it"

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
        return call.name.rpartition(".")[2] in words("showing") or self._passes_on(call)

    def _taken(self, event: Event, target: _Target) -> Iterator[_Taken]:
        values = event_values(event)
        if isinstance(event, Call):
            values = tuple(a.value for a in event.arguments)
        elif isinstance(event, Stored):
            values = (event.value,)
        for value in values:
            yield from self._in(value, target)

    def _in(self, value: Value, target: _Target, depth: int = 0) -> Iterator[_Taken]:
        if depth > 15:
            return
        if target.matches(value):
            yield _Taken(None, self._token(value))
        elif isinstance(value, Member):
            yield from self._narrow(value.base, value.name, target, depth)
            if not isinstance(value.key, Const):
                yield from self._in(value.key, target, depth + 1)
        elif isinstance(value, Outcome):
            call = value.call
            if call.receiver is not None:
                first = call.arguments[0].value if call.arguments else None
                method = call.name.rpartition(".")[2]
                known = method in ("get", "pop", "__getitem__") and isinstance(first, Const)
                name = str(first.value) if known and isinstance(first, Const) else None
                yield from self._narrow(call.receiver, name, target, depth)
            if call.target is None and self._passes_on(call):
                for argument in call.arguments:
                    yield from self._in(argument.value, target, depth + 1)
        else:
            for inner in children(value):
                yield from self._in(inner, target, depth + 1)

    def _narrow(
        self, base: Value, name: str | None, target: _Target, depth: int
    ) -> Iterator[_Taken]:
        for taken in self._in(base, target, depth + 1):
            if taken.claim is None and name is not None and name not in words("containers"):
                yield _Taken(name, taken.token)
            else:
                yield taken

    def _passes_on(self, call: Call) -> bool:
        """Whether a call only gives its argument another form."""
        model = self.project.model_of(call)
        if model is not None and model.role in ("transform", "mapping", "dump"):
            return True
        return call.name in self.project.builtin_roots and call.name not in (
            "print", "isinstance", "len", "bool", "all", "any", "hasattr",
        )  # fmt: skip

    def _token(self, value: Value) -> Value:
        if isinstance(value, Outcome):
            model = self.project.model_of(value.call)
            if model is not None:
                return self.project.argument(value.call, model, "token")
            return Absent()
        for part in walk(value):
            if isinstance(part, Operation) and part.operator == "split":
                return part.operands[0]
        return value

    # -- judging one use -------------------------------------------------------------------------

    def _judge(self, event: Event, claim: str | None, request: bool) -> Use | None:
        what = f"claim `{claim}`" if claim else "the claims"
        if isinstance(event, Call):
            weight = self._call_weight(event, claim)
            if weight is None:
                return None
            name = event.name.removeprefix("*.").removeprefix("str.")
            callee = f"`{name}()`" if name else "a function"
            return Use(event.place, f"{what} given to {callee}", weight, request)
        if isinstance(event, Stored):
            if isinstance(event.base, Instance):
                return Use(event.place, f"{what} kept in an attribute", Weight.HANDED, request)
            if any(
                is_request(part) or _name_of(part) in words("keepers") for part in walk(event.base)
            ):
                return Use(event.place, f"{what} kept with the request", Weight.DECIDES, True)
            return None
        if isinstance(event, Tested):
            if claim is None or not (_compares(event.value) or says_right(claim)):
                return None
            return Use(event.place, f"{what} decides which way to go", Weight.DECIDES, request)
        if isinstance(event, Returned):
            if self._has_callers(event.scope):
                return None
            if event.kind == "yield" and claim is None:
                return None
            name = event.scope.qualname
            deciding = says(name, "deciding") or says(event.scope.path, "deciding")
            weight = Weight.HANDED if deciding else Weight.SEEN
            return Use(event.place, f"{what} returned to whoever calls", weight, request)
        return None

    def _call_weight(self, call: Call, claim: str | None) -> Weight | None:
        model = self.project.model_of(call)
        role = model.role if model is not None and model.role not in _ACTING else ""
        last = call.name.rpartition(".")[2]
        if role == "sign":
            return Weight.DECIDES
        if role == "digest" and says(last, "acting") and _is_some_object(call.receiver):
            return Weight.DECIDES if claim is not None else Weight.HANDED  # no text: a store
        if role or self._passes_on(call) or call.name in self.project.builtin_roots:
            return None
        if last.startswith("__"):
            return None
        if last == "get" and _finds_record(call):
            return Weight.DECIDES if claim is not None else Weight.HANDED
        if last in words("showing") or last in ("get", "append", "add", "items", "keys", "pop"):
            # a look-up with a claim as its key in a plain table is a choice, not a decision
            return None
        if says(call.name, "acting"):
            return Weight.DECIDES if claim is not None else Weight.HANDED
        return Weight.HANDED

    def _has_callers(self, scope: FunctionId) -> bool:
        return any(not is_test(c.place.path) for c in self.project.callers.get(scope, ()))


def _speaks_of_key(name: str) -> bool:
    return not set(words("key-giving")).isdisjoint(words_of(name.rpartition(".")[2]))


def _is_some_object(receiver: Value | None) -> bool:
    """Whether a method's owner is something given or imported, and not made from a token."""
    return isinstance(receiver, (Param, Symbol, Member)) and not any(
        isinstance(part, Outcome) for part in deep(receiver)
    )


def _finds_record(call: Call) -> bool:
    """Whether ``get`` asks a database: by a manager of records, or with a class of them."""
    owner = "" if call.receiver is None else _name_of(call.receiver)
    if (owner or call.name.rpartition(".")[0].rpartition(".")[2]) in words("managers"):
        return True
    first = call.arguments[0].value if len(call.arguments) > 1 else None
    return isinstance(first, ClassRef) or (
        isinstance(first, Symbol) and first.name.rpartition(".")[2][:1].isupper()
    )


def _builds(call: Call) -> bool:
    """Whether a project class without a constructor of its own is built."""
    return call.target is None


def says_right(claim: str) -> bool:
    """Whether a claim is a right by itself, true or false."""
    return "_".join(words_of(claim)) in words("rights")


def _compares(value: Value) -> bool:
    return any(
        isinstance(part, Operation)
        and part.operator in ("==", "!=", "in", "not in", ">=", "<", ">")
        for part in walk(value)
    )


def _name_of(value: Value) -> str:
    if isinstance(value, Param):
        return value.name
    if isinstance(value, Symbol):
        return value.name.rpartition(".")[2]
    if isinstance(value, Member):
        return value.name or ""
    return ""


# -- where a token comes from ----------------------------------------------------------------------


def is_request(value: Value) -> bool:
    """Whether a value is a client's request, going by its type or its name."""
    if isinstance(value, Param):
        kind = value.annotation.name if isinstance(value.annotation, Symbol) else ""
        return value.name in words("requests") or kind.endswith(("Request", "WebSocket"))
    if isinstance(value, (Symbol, Member)):
        return _name_of(value) in words("requests")
    if isinstance(value, Outcome):
        return value.call.name.rpartition(".")[2] in words("request-giving")
    return False


def _carries(value: Value) -> bool:
    """Whether an object carries an identity to the rest of the program."""
    return is_request(value) or _name_of(value) in words("keepers")


def from_request(project: Project, token: Value) -> bool:
    """Whether a client of the program sent the token."""
    for part in _sent(project, token):
        if is_request(part):
            return True
        if isinstance(part, Outcome):
            model = project.model_of(part.call)
            if model is not None and model.role in ("request", "query"):
                return True
    return False


def _sent(project: Project, token: Value) -> Iterator[Value]:
    """What a token consists of; what was sent to a server is no part of its answer."""
    stack = [token]
    seen: set[int] = set()
    while stack and len(seen) < _MOST_PARTS:
        for part in walk(stack.pop()):
            if id(part) in seen:
                continue
            seen.add(id(part))
            yield part
            if isinstance(part, Outcome) and not _has_role(project, part, "http-request"):
                stack += (a.value for a in part.call.arguments)
                if part.call.receiver is not None:
                    stack.append(part.call.receiver)
            elif isinstance(part, Member) and not isinstance(part.key, Const):
                stack.append(part.key)


def _has_role(project: Project, outcome: Outcome, *roles: str) -> bool:
    model = project.model_of(outcome.call)
    return model is not None and model.role in roles


def is_own(project: Project, token: Value) -> bool:
    """Whether the token came from its issuer: this program, or an answer over TLS."""
    if _is_kept(token):
        return True
    if isinstance(token, Absent) or from_request(project, token):
        return False
    return all(_came_from_issuer(project, option) for option in options(token))


def _is_kept(token: Value) -> bool:
    """Whether the program has kept the token itself, with the session or the request."""
    while isinstance(token, Member):
        token = token.base
        if _name_of(token) in words("kept"):
            return True
    return False


def _came_from_issuer(project: Project, token: Value) -> bool:
    if isinstance(token, (Const, Env, Setting)):
        return True
    for part in deep(token):
        if isinstance(part, Member) and part.name in words("answers"):
            return True
        if isinstance(part, Outcome):
            model = project.model_of(part.call)
            if model is not None and model.role in _OWN:
                return True
            last = part.call.name.rpartition(".")[2]
            if last in words("issuing") or part.call.name.startswith("open"):
                return True
            if last == "get" and part.call.arguments:
                first = part.call.arguments[0].value
                if isinstance(first, Const) and first.value in words("answers"):
                    return True
    return False


# -- tokens that are verified ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Check:
    """A verification, as seen from the function where it stands or from one that leads there."""

    token: Value
    path: tuple[Arm, ...]
    place: Place
    itself: Call

    def replaced_by(self, reading: Reading) -> bool:
        """Whether the claims are read where this verification failed or was left out."""
        return self.itself.scope == reading.scope and _apart(self.itself.path, reading.path)


class _Verified:
    """Which tokens are verified in which function, itself or by what it calls."""

    def __init__(self, project: Project, reading: set[FunctionId]) -> None:
        self.project = project
        self.checks: dict[FunctionId, list[_Check]] = {}
        self.files: set[str] = set()
        self.reading = self._reached_from(reading)
        switched = self._switched()
        for call in project.calls:
            if call.place in switched:
                continue
            for token in self._seeds(call):
                self.files.add(call.place.path)
                self._note(call.scope, _Check(token, call.path, call.place, call), 0)
        for site in project.sites(*_VERIFYING) if switched else ():
            if site.place in switched and site.chain and not _is_off(site):
                caller = site.chain[-1]
                check = _Check(site.argument("token"), caller.path, caller.place, caller)
                self._note(caller.scope, check, 0)

    def _switched(self) -> set[Place]:
        """The calls of which a caller decides whether they verify."""
        return {s.place for s in self.project.sites(*_VERIFYING) if s.chain and _is_off(s)}

    def _seeds(self, call: Call) -> Iterator[Value]:
        if call.target in self.reading:
            return
        model = self.project.model_of(call)
        if model is not None:
            if model.role in _VERIFYING and not _is_off(Site(self.project, call, model)):
                yield self.project.argument(call, model, "token")
            elif model.effect == "mac":  # a signature, computed to be compared
                yield from _roots(self.project.argument(call, model, "value"))
        elif says(call.name.rpartition(".")[2], "verifying"):
            for argument in call.arguments:
                yield from _roots(argument.value)

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

    def _note(self, scope: FunctionId, check: _Check, depth: int) -> None:
        known = self.checks.setdefault(scope, [])
        if any(c.place == check.place and same(c.token, check.token) for c in known):
            return
        known.append(check)
        if depth >= _MAX_DEPTH:
            return
        for caller in self.project.callers.get(scope, ()):
            binding = {a.name: a.value for a in caller.arguments if a.name is not None}
            token = self.project.interpreter.substitute(check.token, scope, binding)
            self._note(
                caller.scope, _Check(token, caller.path, caller.place, check.itself), depth + 1
            )

    def around(self, reading: Reading, event: Event, token: Value) -> bool:
        """Whether the token of a use is verified in its function, above or below it."""
        path = reading.path if event.scope == reading.scope else event.path
        if reading.site is None and self._by_hand(event):
            return True
        return self._in_function(
            reading, event.scope, token, path, 0, frozenset()
        ) or self._decorated(event.scope)

    def _by_hand(self, event: Event) -> bool:
        """Whether code that takes tokens apart verifies them itself, wherever it does so."""
        files = {event.place.path, event.scope.path}
        for value in event_values(event):
            files.update(part.place.path for part in deep(value) if part.place is not None)
        return not files.isdisjoint(self.files)

    def _in_function(
        self,
        reading: Reading,
        scope: FunctionId,
        token: Value,
        path: tuple[Arm, ...],
        depth: int,
        seen: frozenset[FunctionId],
    ) -> bool:
        for check in self.checks.get(scope, ()):
            apart = _apart(check.path, path) or check.replaced_by(reading)
            if not apart and alike(check.token, token):
                return True
        if depth >= _MAX_DEPTH or scope in seen:
            return False
        for caller in self.project.callers.get(scope, ()):
            binding = {a.name: a.value for a in caller.arguments if a.name is not None}
            outer = self.project.interpreter.substitute(token, scope, binding)
            path = caller.path
            if self._decorated(caller.scope) or self._in_function(
                reading, caller.scope, outer, path, depth + 1, seen | {scope}
            ):
                return True
        return False

    def _decorated(self, scope: FunctionId) -> bool:
        """Whether a decorator, or a dependency of the function, has verified a token before."""
        function = self.project.scope(scope)
        if function is None:
            return False
        if any(self._verifies(decorator) for decorator in function.decorators):
            return True
        return any(
            isinstance(part, Outcome) and self._is_verifying(part)
            for param in function.parameters.values()
            for value in (param.default, param.annotation)
            if value is not None
            for part in deep(value)
        )

    def _is_verifying(self, outcome: Outcome) -> bool:
        model = self.project.model_of(outcome.call)
        if model is None or model.role not in _VERIFYING:
            return False
        off = turned_off(Site(self.project, outcome.call, model))
        return not any(o.effect == "signature" for o in off)

    def _verifies(self, decorator: Value) -> bool:
        for part in walk(decorator):
            if isinstance(part, Closure):
                name = part.id.qualname
                if any(
                    f.path == part.id.path
                    and (f.qualname == name or f.qualname.startswith(name + "."))
                    for f in self.checks
                ):
                    return True
            elif isinstance(part, (Symbol, Outcome)):
                name = part.name if isinstance(part, Symbol) else part.call.name
                if says(name, "verifying") or "login_required" in name or "jwt_required" in name:
                    return True
        return False


def _is_off(site: Site) -> bool:
    """Whether a call is told not to verify, for certain."""
    return any(o.effect == "signature" and not o.evidence.lookups for o in turned_off(site))


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
            any(error in name for error in _CLAIM_ERRORS)
            for name in arm.side.removeprefix("except ").split(",")
        )
        for arm in path
    )


def alike(a: Value, b: Value) -> bool:
    """Whether two expressions mean the same token, however it was cut out of what holds it."""
    ours, theirs = list(_roots(a)), list(_roots(b))
    return any(_alike(x, y) for x in ours for y in theirs)


def _roots(token: Value, depth: int = 0) -> Iterator[Value]:
    """What a token was made of, transformations and unknown conversions taken off."""
    if depth > _MAX_DEPTH:
        return
    for option in options(token):
        if isinstance(option, Operation):
            for operand in option.operands:
                yield from _roots(operand, depth + 1)
        elif isinstance(option, Member) and isinstance(option.base, (Operation, Join)):
            yield from _roots(option.base, depth + 1)
        else:
            yield option
            if isinstance(option, Outcome):
                for argument in option.call.arguments:
                    if not is_request(argument.value):
                        yield from _roots(argument.value, depth + 1)


def _alike(a: Value, b: Value) -> bool:
    if isinstance(a, (Absent, Const)) or isinstance(b, (Absent, Const)):
        return False
    if same(a, b):
        return True
    if isinstance(b, Member) and not b.item and same(a, b.base):
        return True  # what is verified is the object that holds the token
    if isinstance(a, Outcome) and isinstance(b, Outcome):
        one, two = a.call, b.call
        if not one.name or one.name != two.name or len(one.arguments) != len(two.arguments):
            return False
        mine, other = one.receiver, two.receiver
        if mine is None or other is None:
            if mine is not other:
                return False
        elif not (same(mine, other) or _alike(mine, other)):
            return False
        return all(
            same(x.value, y.value) for x, y in zip(one.arguments, two.arguments, strict=True)
        )
    return False


__all__ = ["Authority", "Reading", "Use", "Weight", "alike", "is_request", "readings", "words"]
