"""The claims that a token is minted with, and what happens to those of a verified one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeGuard
from weakref import WeakKeyDictionary

from jwtaudit.program.claim_checks import may_look_at
from jwtaudit.program.context import is_test
from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.scopes import Returned, Stored, Tested
from jwtaudit.program.travels import deep, event_values
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    Absent,
    Call,
    ClassRef,
    Closure,
    Const,
    Env,
    Instance,
    Member,
    Operation,
    Outcome,
    Param,
    Partial,
    Sequence,
    Setting,
    Symbol,
    Table,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jwtaudit.facts import Scalar
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import ClassScope, Event, FunctionScope
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId

_MAX_STEPS = 2
# RFC 7519, section 4.1
REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
# What a receiver has asked to be signed, or a sender makes up to sign it once.
CHALLENGE = "nonce"
_KEY_SETS = frozenset({"jwks"})
_REGISTERING = frozenset({"add", "register", "set", "use"})
_CHECKS = frozenset({"check", "checker", "validator", "verifier"})
_CHECKING = frozenset(
    {"validate", "validator", "validation", "verify", "check", "ensure", "assert", "require"}
)


def claim_sets(site: Site) -> Iterator[Table]:
    """The claims of a signing call, once per shape; nothing where it cannot be told."""
    for payload in options(site.argument("payload")):
        option = _opened(site.project, payload)
        if isinstance(option, Table):
            yield option
        elif isinstance(option, Operation) and option.operator == "json-encode":
            # A signature over JSON is a token only where the JSON holds claims.
            for inner in options(option.operands[0]):
                if isinstance(inner, Table) and REGISTERED & set(inner.entries):
                    yield inner


def _opened(project: Project, value: Value) -> Value:
    """The claims with those added that an object was made with, of which they are a dump.

    What else the object holds is not known, so that the rest stays open.
    """
    table = value if isinstance(value, Table) else Table({}, (value,), place=value.place)
    entries: dict[Scalar, Value] = {}
    for rest in table.rest:
        model = project.model_of(rest.call) if isinstance(rest, Outcome) else None
        if model is None or model.role != "dump" or not isinstance(rest, Outcome):
            continue
        given = project.argument(rest.call, model, "value")
        dumped = rest.call.receiver if isinstance(given, Absent) else given
        if isinstance(dumped, Instance) and dumped.call is not None:
            entries.update({a.name: a.value for a in dumped.call.arguments if a.name is not None})
    return replace(table, entries={**entries, **table.entries}) if entries else value


def is_tested(site: Site) -> bool:
    """Whether only a test reaches the call this way."""
    return is_test(site.place.path) or any(is_test(call.place.path) for call in site.chain)


def signs_request(site: Site, claims: Table) -> bool:
    """Whether a program that verifies no token signs each request of its own to some service.

    A number of its own tells each, and no user is meant: who signs is all that is said.
    """
    return (
        CHALLENGE in claims.entries
        and "sub" not in claims.entries
        and all(is_tested(other) for other in site.project.sites("verify", "verify-signature"))
    )


def is_known(table: Table) -> bool:
    """Whether every claim of the set is known by name."""
    return not table.rest


def is_completed(project: Project, claims: Table, claim: str) -> bool:
    """Whether the claims are those of a method whose replacement in a subclass has the claim."""
    method = _method_around(project, claims.place)
    if method is None:
        return False
    if any(isinstance(d, Symbol) and "abstract" in d.name for d in method.decorators):
        return True
    return any(
        not isinstance(option, Table) or not is_known(option) or claim in option.entries
        for override in _overrides(project, method)
        for option in options(override.returned)
    )


def is_updated(site: Site) -> bool:
    """Whether the function that signs puts more into the claims of its caller than can be seen."""
    scope = site.scope
    return scope is not None and any(
        isinstance(event, Call)
        and event.name.endswith(".update")
        and event.order < (site.call.origin or site.call).order
        and event.receiver is not None
        and any(isinstance(option, Param) for option in options(event.receiver))
        and any(not _is_seen(argument.value) for argument in event.arguments)
        for event in scope.events
    )


def _is_seen(value: Value) -> bool:
    return all(isinstance(option, Table) and is_known(option) for option in options(value))


def _method_around(project: Project, place: Place | None) -> FunctionScope | None:
    """The method in which a place lies."""
    for function in project.functions.values():
        definition = function.definition
        if place is None or function.cls is None or definition is None:
            continue
        span = definition.span
        if function.id.path == place.path and span.start <= place.span.start < span.end:
            return function
    return None


def _overrides(project: Project, method: FunctionScope) -> Iterator[FunctionScope]:
    """What stands in the place of a method in the subclasses of its class."""
    owner = method.cls.id if method.cls is not None else None
    for scope in list(project.classes.values()):
        own = scope.methods.get(method.short_name)
        if own is not None and own != method.id and owner in _ancestors(project, scope):
            function = project.functions[own]
            project.interpreter.function(function)
            yield function


def _ancestors(project: Project, scope: ClassScope) -> set[FunctionId]:
    found: set[FunctionId] = set()
    queue = [scope]
    while queue:
        for base in queue.pop().bases:
            if isinstance(base, ClassRef) and base.id not in found:
                found.add(base.id)
                queue.append(project.classes[base.id])
    return found


def is_foreign(site: Site) -> bool:
    """Whether the key is somebody else's: an identity provider serves many audiences."""
    key = site.argument("key")
    if isinstance(key, Absent) and site.semantic("key-not-given") == "of-issuer":
        return True
    for part in deep(key):
        if isinstance(part, Outcome):
            model = site.project.model_of(part.call)
            if model is not None and model.role in ("key-source", "http-request"):
                return True
            if model is None and (_fetches_keys(part.call) or _asks_for_keys(part.call)):
                return True
        # Unlike a key of one's own, a set of them is read where somebody else changes them.
        if isinstance(part, (Env, Setting, Param)) and _KEY_SETS & pairs(part.name or ""):
            return True
    return False


def _fetches_keys(call: Call) -> bool:
    return call.name.rpartition(".")[2] in words_of_data("steering", "fetching")


def _asks_for_keys(call: Call) -> bool:
    """Whether something unknown is asked for a set of keys, by what it is given."""
    return call.target is None and any(
        _KEY_SETS & pairs(name)
        for argument in call.arguments
        for option in options(argument.value)
        for name in ((str(option.value),) if isinstance(option, Const) else tuple(names_of(option)))
    )


def can_expect(site: Site, argument: str) -> bool:
    """Whether the call is where one says what a claim must be."""
    model = site.model
    return argument in model.meanings or argument in model.parameters or argument in model.inside


def has_expectation(value: Value) -> bool:
    """Whether an argument is given and not None."""
    return any(
        not isinstance(o, Absent) and not (isinstance(o, Const) and o.value is None)
        for o in options(value)
    )


def compares(project: Project, call: Call, claim: str) -> bool:
    """Whether the program itself tests a claim of what the call gave."""
    return any(
        isinstance(event, (Tested, Returned))
        and (read := _read(project, event.value)).tested
        and holds_call(read.members.get(claim, ()), call)
        for event in project.uses(call)
    ) or any(_tests(project, handler, claim, _MAX_STEPS) for handler in handlers(project, call))


def handlers(project: Project, call: Call) -> Iterator[FunctionId]:
    """The functions that are given the claims of every token that a call accepts."""
    model = project.model_of(call)
    if model is None or "handler" not in model.meanings:
        return
    for option in options(project.argument(call, model, "handler")):
        given = option.target if isinstance(option, Partial) else option
        yield from (one.id for one in options(given) if isinstance(one, Closure))


def _tests(project: Project, function: FunctionId, claim: str, steps: int) -> bool:
    """Whether a function, or one that it calls, compares a claim of what it is given."""
    scope = project.scope(function)
    for event in scope.events if scope is not None else ():
        if isinstance(event, (Tested, Returned)) and any(
            isinstance(part, Operation)
            and any(
                isinstance(inner, Member) and inner.name == claim and isinstance(inner.base, Param)
                for inner in walk(part)
            )
            for part in walk(event.value)
        ):
            return True
        if (
            steps
            and isinstance(event, Call)
            and event.target is not None
            and event.target != function
            and _tests(project, event.target, claim, steps - 1)
        ):
            return True
    return False


def is_handed_to_check(project: Project, call: Call, claim: str | None = None) -> bool:
    """Whether what the call gave is given to something that checks (a claim), going by its name.

    A library's own validation checks what the call was told to expect, and nothing else.
    """
    return any(
        _is_check(event)
        and not ((model := project.model_of(event)) and model.role == "claims-validator")
        and (claim is None or may_look_at(project, event, claim))
        for event in project.uses(call)
    )


def is_registered_check(project: Project, claim: str) -> bool:
    """Whether a function is registered as the check of a claim: ``add_check("aud", f)``.

    Or whether options for the claim are put into a mapping.
    """
    if project not in _registered:
        _registered[project] = frozenset(
            argument.value.value
            for call in project.calls
            if len(call.arguments) > 1 and not is_test(call.place.path) and _is_registering(call)
            if any(isinstance(a.value, Closure) for a in call.arguments)
            for argument in call.arguments
            if isinstance(argument.value, Const)
        ).union(_claims_asked_for(project))
    return claim in _registered[project]


def _claims_asked_for(project: Project) -> Iterator[Scalar]:
    """The claims for which options are set one by one: ``options["iss"] = {"values": [...]}``."""
    asked = words_of_data("claim-words", "asked-of-one")
    for event in project.events:
        if isinstance(event, Stored) and event.item and isinstance(event.key, Const):
            given = (option for option in options(event.value) if isinstance(option, Table))
            if any(asked & table.entries.keys() for table in given):
                yield event.key.value


_registered: WeakKeyDictionary[Project, frozenset[Scalar]] = WeakKeyDictionary()


def hands_to_check(project: Project, call: Call, claim: str) -> bool:
    """Whether a claim is given to something that checks, going by its name."""
    return any(
        _is_check(event)
        and any(
            holds_call(bases_of(project, argument.value, claim), call)
            for argument in event.arguments
        )
        for event in project.uses(call)
    )


def reads(project: Project, call: Call, claim: str) -> bool:
    """Whether the program reads a claim of what the call gave."""
    return any(
        holds_call(bases_of(project, value, claim), call)
        for event in project.uses(call)
        for value in event_values(event)
    )


def is_test_of(project: Project, value: Value) -> bool:
    """Whether something is compared, or given to what checks, inside a value."""
    return _read(project, value).tested


def members_read(project: Project, value: Value) -> Mapping[Scalar, list[Value]]:
    """The names of all that is read inside a value, and what each is read of."""
    return _read(project, value).members


def bases_of(project: Project, value: Value, claim: str) -> Iterable[Value]:
    """What a claim is read of, inside a value."""
    return _read(project, value).members.get(claim, ())


@dataclass(frozen=True, slots=True)
class _Read:
    """What is read inside a value: the name of each member, and of what it is one."""

    value: Value
    tested: bool
    members: Mapping[Scalar, list[Value]]


def _read(project: Project, value: Value) -> _Read:
    """Looked for once: rules ask for many claims of many calls."""
    known = _known.setdefault(project, {})
    if id(value) not in known:
        tested = False
        members: dict[Scalar, list[Value]] = defaultdict(list)
        for part in deep(value):
            tested = tested or isinstance(part, Operation) or _is_test_call(part)
            if isinstance(part, Member) and part.name is not None:
                members[part.name].append(part.base)
            elif isinstance(part, Outcome) and part.call.arguments:
                first = part.call.arguments[0].value
                if isinstance(first, Const) and part.call.receiver is not None:
                    members[first.value].append(part.call.receiver)
        known[id(value)] = _Read(value, tested, members)
    return known[id(value)]


_known: WeakKeyDictionary[Project, dict[int, _Read]] = WeakKeyDictionary()


def _is_test_call(value: Value) -> bool:
    return isinstance(value, Outcome) and bool(_CHECKING & pairs(value.call.name))


def holds_call(values: Iterable[Value], call: Call) -> bool:
    """Whether what a call gave is in one of the values."""
    return any(
        isinstance(part, Outcome) and part.call.place == call.place
        for value in values
        for part in deep(value)
    )


def _is_check(event: Event) -> TypeGuard[Call]:
    if not isinstance(event, Call):
        return False
    name = event.name.rpartition(".")[2]
    if not name and isinstance(event.receiver, Member):
        name = event.receiver.name or ""
    return bool(_CHECKING & pairs(name))


def _is_registering(call: Call) -> bool:
    """Whether something that checks is added to others, by the call's name."""
    name = pairs(call.name.rpartition(".")[2])
    return bool(name & _REGISTERING) and bool(name & _CHECKS)


def truthy_options(value: Value) -> Iterable[Value]:
    """The alternatives that are there and not None, False or empty."""
    return [
        o
        for o in options(value)
        if not isinstance(o, Absent)
        and not (isinstance(o, Const) and not o.value)
        and not (isinstance(o, Sequence) and not o.items and not o.rest)
    ]
