"""Doors that stand open: guards that do not guard, switches that let everyone in."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import exclusive, is_test
from jwtaudit.program.middleware import identities, writing_routes
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.switches import turned_off
from jwtaudit.program.travels import all_parts, deep, event_values
from jwtaudit.repair import Repair, SwapDecorators
from jwtaudit.resources import data, words_of_data
from jwtaudit.source import Place
from jwtaudit.values import (
    Arm,
    Bound,
    Call,
    Closure,
    Const,
    Env,
    FunctionId,
    Join,
    Member,
    Operation,
    Outcome,
    Param,
    Setting,
    Symbol,
    Value,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event, FunctionScope
    from jwtaudit.program.sites import Site

_MAX_LEVELS = 3
_DENIED = (401, 403, 404, 302)


# -- guards in the wrong place ---------------------------------------------------------------------


@check("guard-decorator-misapplied")
def guard_decorator_misapplied(project: Project) -> Iterator[Draft]:
    """A guard stands above the route, so the route holds the function without it."""
    guarding = _guarding(project)
    for scope in list(project.functions.values()):
        if is_test(scope.id.path) or scope.definition is None:
            continue
        kinds = [_kind(project, value, guarding) for value in scope.decorators]
        for index, kind in enumerate(kinds):
            if kind != "guard" or "route" not in kinds[index + 1 :]:
                continue
            last = len(kinds) - 1 - kinds[::-1].index("route")
            if "guard" in kinds[last + 1 :]:
                continue
            decorators = scope.definition.decorators
            route = Place(scope.id.path, decorators[last].span)
            yield Draft(
                "",
                Place(scope.id.path, decorators[index].span),
                f"the guard stands above the route: `{scope.short_name}` was registered before the"
                " guard was put around it, and anyone can call it without a token",
                Confidence.HIGH,
                related=((route, "registered here, unguarded"),),
                advice="Put the guard below the route, next to the function.",
                anchor=scope.name,
                repair=Repair(
                    "Put the guard below the route",
                    SwapDecorators(Place(scope.id.path, decorators[index].span), route),
                ),
            )
            break


def _kind(project: Project, value: Value, guarding: set[FunctionId]) -> str:
    """Whether a decorator is a route or a guard."""
    for part in walk(value):
        if isinstance(part, Outcome):
            model = project.model_of(part.call)
            if model is not None and model.role in ("route", "guard"):
                return model.role
        elif isinstance(part, Symbol):
            if any(model.role == "guard" for model in project.models.exactly(part.name)):
                return "guard"
        elif isinstance(part, Closure):
            prefix = part.id.qualname + "."
            if any(
                f.path == part.id.path and (f == part.id or f.qualname.startswith(prefix))
                for f in guarding
            ):
                return "guard"
    return ""


def _guarding(project: Project) -> set[FunctionId]:
    """The functions that verify a token, themselves or through what they call."""
    found = set(_verifications(project))
    return {f for f in found if f.qualname != "<module>"}


# -- identities that may be nobody's ---------------------------------------------------------------


@check("optional-auth-unchecked")
def optional_auth_unchecked(project: Project) -> Iterator[Draft]:
    """A token is optional here, and the identity is used as if there were one."""
    yield from _behind_middleware(project)
    for call in project.calls:
        model = project.model_of(call)
        if model is None or model.role != "identity" or is_test(call.place.path):
            continue
        scope = project.scope(call.scope)
        guard = _optional_guard(project, scope) if scope is not None else None
        if scope is None or guard is None:
            continue
        if _tests_identity(project, scope):
            continue
        held = [e for e in project.uses(call) if e.scope == call.scope]
        if _has_alternative(held, call):
            continue
        used = next((e for e in held if isinstance(e, Call) and _acts(project, e, call)), None)
        if used is None:
            continue
        yield Draft(
            "",
            call.place,
            "a request without a token gets here too, with an identity of `None` that nobody tests:"
            " it does what only a user should do, or acts as the user that `None` stands for",
            Confidence.MEDIUM,
            related=((guard, "a token is optional here"), (used.place, "used here")),
            advice="Refuse the request when the identity is `None`, or make the token mandatory.",
            anchor=scope.name,
        )


def _behind_middleware(project: Project) -> Iterator[Draft]:
    """Handlers that write in the name of whoever sent a token, behind what asks for none.

    An access that fails where there is no identity ends the request, and so it does no harm.
    """
    for site in project.sites("verify"):
        value = site.argument("identity")
        name = value.value if isinstance(value, Const) else None
        if not _lets_pass(site) or not isinstance(name, str) or is_test(site.place.path):
            continue
        for route in writing_routes(project, site.call):
            used = _written_for_nobody(project, route.scope, name)
            if used is not None:
                yield Draft(
                    "",
                    used.place,
                    "a request without a token gets here too, and nobody tests whether there is an"
                    f" identity in `{name}`: it does what only a user should do, or acts as"
                    " the user that `undefined` stands for",
                    Confidence.MEDIUM,
                    related=((site.place, "a token is optional here"),),
                    advice="Refuse the request where there is no identity, or make the token"
                    " mandatory.",
                    anchor=route.scope.name,
                )


def _lets_pass(site: Site) -> bool:
    mandatory, optional = site.argument("mandatory"), site.argument("optional")
    return (isinstance(mandatory, Const) and mandatory.value is False) or (
        isinstance(optional, Const) and optional.value is True
    )


def _written_for_nobody(project: Project, scope: FunctionScope, name: str) -> Call | None:
    """The first call that is given a part of the identity, which may not be there."""
    found: Call | None = None
    for event in scope.events:
        held = [i for value in event_values(event) for i in identities(scope, name, value)]
        if not held:
            continue
        parts = all_parts(event)
        read = [p for p in parts if isinstance(p, Member) and any(p.base is i for i in held)]
        if isinstance(event, Tested) or not all(part.optional for part in read):
            return None
        if any(isinstance(p, (Join, Operation)) for p in parts):
            return None  # something else takes its place
        if found or not read or not isinstance(event, Call):
            continue
        if _writes(project, event, scope, name):
            found = event
    return found


def _writes(project: Project, event: Call, scope: FunctionScope, name: str) -> bool:
    """Whether a call may do something: it is none of the response's, and none that shows things."""
    model = project.model_of(event)
    holder = event.receiver
    while isinstance(holder, Member):
        holder = holder.base
    given = [a for a in event.arguments if any(identities(scope, name, a.value))]
    return (
        not (isinstance(holder, Param) and holder.function == scope.id)
        and (model is None or model.role in ("sql", "sign", "http-request"))
        and not _is_tested_inside(project, event, given)
    )


def _optional_guard(project: Project, scope: FunctionScope) -> Place | None:
    """Where a function says that it does with no token too."""
    calls = [e for e in scope.events if isinstance(e, Call)]
    outcomes = [v.call for v in scope.decorators if isinstance(v, Outcome)]
    for call in (*outcomes, *calls):
        model = project.model_of(call)
        if model is not None and model.role == "guard":
            optional = project.argument(call, model, "optional")
            if isinstance(optional, Const) and optional.value is True:
                return call.place
    for value in scope.decorators:
        models = project.models.exactly(value.name) if isinstance(value, Symbol) else ()
        if any(model.defaults.get("optional") is True for model in models):
            return value.place
    return None


def _tests_identity(project: Project, scope: FunctionScope) -> bool:
    """Whether a function tests the identity, though it may ask for it again to use it."""
    return any(
        isinstance(part, Outcome)
        and (model := project.model_of(part.call)) is not None
        and model.role == "identity"
        for event in scope.events
        if isinstance(event, Tested)
        for part in deep(event.value)
    )


def _has_alternative(events: list[Event], call: Call) -> bool:
    """Whether something else takes the identity's place when there is none."""
    return any(
        isinstance(part, Join)
        and any(isinstance(o, Outcome) and o.call.place == call.place for o in part.options)
        for event in events
        for value in event_values(event)
        for part in deep(value)
    )


def _acts(project: Project, event: Call, identity: Call) -> bool:
    """Whether a call does something with the identity, other than showing it."""
    model = project.model_of(event)
    if event.place == identity.place:
        return False
    if model is not None and model.role not in ("sql", "sign", "http-request"):
        return False
    if event.name in project.builtin_roots:
        return False
    given = [
        argument
        for argument in event.arguments
        if any(
            isinstance(p, Outcome) and p.call.place == identity.place for p in walk(argument.value)
        )
    ]
    if not given:
        return False
    return not _is_tested_inside(project, event, given)


def _is_tested_inside(project: Project, event: Call, given: Iterable[Bound]) -> bool:
    """Whether a project function tests the parameters that it gets these arguments for."""
    inner = project.scope(event.target) if event.target is not None else None
    if inner is None:
        return False
    names = {argument.name for argument in given}
    return any(
        isinstance(inside, Tested)
        and any(isinstance(p, Param) and p.name in names for p in deep(inside.value))
        for inside in inner.events
    )


# -- switches that let everyone in -----------------------------------------------------------------


class _Switch(NamedTuple):
    """What a condition looks at, and whether any client can set it."""

    what: str
    plain: bool
    by_client: bool


@check("auth-bypass-switch")
def auth_bypass_switch(project: Project) -> Iterator[Draft]:
    """A setting, or something in the request, lets requests in without a token."""
    yield from _switched_by_argument(project)
    for function, verifying in _verifications(project).items():
        scope = project.scope(function)
        if scope is None or is_test(function.path):
            continue
        for event in scope.events:
            if not isinstance(event, Tested):
                continue
            switch = _switch(project, event.value)
            if switch is None:
                continue
            if any(c.order < event.order and not exclusive(c.path, event.path) for c in verifying):
                continue  # verified before
            if not _lets_in(scope, event, verifying, switch):
                continue
            who = (
                "any client can send it"
                if switch.by_client
                else "one forgotten setting opens every door that this function guards"
            )
            yield Draft(
                "",
                event.place,
                f"{switch.what} lets requests in without a token: {who}",
                Confidence.HIGH if switch.by_client else Confidence.MEDIUM,
                related=tuple((c.place, "verified here otherwise") for c in verifying[:3]),
                advice="Remove the branch; give tests and development tokens of their own.",
                anchor=f"{scope.name} {switch.what}",
            )
            break


def _switched_by_argument(project: Project) -> Iterator[Draft]:
    """Middleware that asks for a token only where a setting says so."""
    for site in project.sites("verify"):
        for meaning in ("mandatory", "optional"):
            value = site.argument(meaning)
            if isinstance(value, Const) or is_test(site.place.path):
                continue
            switch = _switch(project, value) or _production_only(value)
            if switch is not None:
                yield Draft(
                    "",
                    site.place,
                    f"{switch.what} lets requests in without a token: one forgotten setting opens"
                    " every door that this middleware guards",
                    Confidence.MEDIUM,
                    advice="Make the token mandatory; give tests and development tokens of their"
                    " own.",
                    anchor=f"{meaning} {switch.what}",
                )


def _production_only(value: Value) -> _Switch | None:
    """``NODE_ENV === "production"``: what holds there holds nowhere else."""
    parts = list(walk(value))
    name = next((n for n in map(_name, parts) if n and _pattern("stage").search(n)), None)
    compared = any(isinstance(part, Const) for part in parts)
    return _Switch(f"`{name}`", plain=False, by_client=False) if name and compared else None


def _verifications(project: Project) -> dict[FunctionId, list[Call]]:
    """Function -> the calls in it that verify a token, or call what does."""
    found: dict[FunctionId, list[Call]] = {}
    queue: list[tuple[FunctionId, Call, int]] = []
    for site in project.sites("verify", "verify-signature", "guard"):
        if site.role == "guard" or not any(o.effect == "signature" for o in turned_off(site)):
            raw = site.call.origin or site.call
            queue.append((raw.scope, raw, 0))
    while queue:
        function, call, level = queue.pop()
        known = found.setdefault(function, [])
        if any(c.place == call.place for c in known):
            continue
        known.append(call)
        if level < _MAX_LEVELS:
            queue.extend((c.scope, c, level + 1) for c in project.callers.get(function, ()))
    return found


def _lets_in(scope: FunctionScope, test: Tested, verifying: list[Call], switch: _Switch) -> bool:
    """Whether one side of a test goes on without the verification that the other side makes."""
    ours = [c for c in verifying if c.order > test.order]
    for side, exits, other in (
        ("then", test.then_exits, test.else_exits),
        ("else", test.else_exits, test.then_exits),
    ):
        arm = _arm(scope, test, side)
        inside = [c for c in ours if arm is not None and arm in c.path]
        if inside:
            continue  # this side verifies
        opposite = _arm(scope, test, "else" if side == "then" else "then")
        elsewhere = [c for c in ours if opposite is not None and opposite in c.path]
        if exits and arm is not None and (elsewhere or ours):
            returned = [e for e in scope.events if isinstance(e, Returned) and arm in e.path]
            if any(_accepts(scope, e, switch) for e in returned):
                return True
        elif not exits and elsewhere and switch.plain and not other:
            return True
    return False


def _arm(scope: FunctionScope, test: Tested, side: str) -> Arm | None:
    """The arm that is one side of a test."""
    for event in scope.events:
        for arm in event.path:
            if test.is_side(side, arm):
                return arm
    return None


def _accepts(scope: FunctionScope, event: Returned, switch: _Switch) -> bool:
    """Whether what is returned means that the request may go on."""
    value = event.value
    parts = list(deep(value))
    if any(isinstance(p, Const) and p.value in _DENIED and p.value is not True for p in parts):
        return False
    if isinstance(value, Const):
        if value.value is None:  # a hook that returns nothing lets the request go on
            others = [e for e in scope.events if isinstance(e, Returned) and e is not event]
            return switch.plain and all(
                isinstance(o.value, Const) and o.value.value is None for o in others
            )
        return bool(value.value)
    return True


def _switch(project: Project, value: Value) -> _Switch | None:
    """The switch that a condition looks at, if it is one of those that open doors."""
    parts = list(walk(value))
    for part in parts:
        name = _name(part)
        if name is None or _pattern("tests").search(name):
            continue
        if _pattern("plain").search(name):
            return _Switch(f"`{name}`", plain=True, by_client=False)
        if _pattern("mode").search(name):
            return _Switch(f"`{name}`", plain=False, by_client=False)
        if _pattern("stage").search(name) and any(
            isinstance(p, Const)
            and isinstance(p.value, str)
            and p.value.lower() in _words("stages")
            for p in parts
        ):
            return _Switch(f"`{name}`", plain=False, by_client=False)
    return _header_switch(project, value)


def _name(part: Value) -> str | None:
    """The last part of a setting's name."""
    if isinstance(part, (Env, Setting)):
        name: str | None = part.name
    elif isinstance(part, Member):
        name = None if _is_choice(part) else part.name
    elif isinstance(part, Outcome) and part.call.name.endswith(".get") and part.call.arguments:
        first = part.call.arguments[0].value
        name = first.value if isinstance(first, Const) and isinstance(first.value, str) else None
    else:
        return None
    return None if name is None else name.rpartition(".")[2]


def _is_choice(part: Member) -> bool:
    """Whether a caller in the program says so, for this call, or a mark on what is called."""
    base = part.base
    while isinstance(base, Member):
        if (base.name or "").lower() in _words("choices"):
            return True
        base = base.base
    return isinstance(base, Param) and base.name.lower() in _words("choices")


def _header_switch(project: Project, value: Value) -> _Switch | None:
    """A header that is compared with a constant."""
    for part in walk(value):
        if not (isinstance(part, Operation) and part.operator in ("==", "in", "!=")):
            continue
        if not any(isinstance(o, Const) and isinstance(o.value, str) for o in part.operands):
            continue
        for operand in part.operands:
            for inner in walk(operand):
                name = _header(project, inner)
                if name is not None and _pattern("headers").search(name):
                    return _Switch(f"the header `{name}`", plain=True, by_client=True)
    return None


def _header(project: Project, value: Value) -> str | None:
    """The name of the request's header that a value is."""
    key: Value | None = None
    if isinstance(value, Outcome) and value.call.arguments:
        model = project.model_of(value.call)
        holder = value.call.receiver
        if (
            (model is not None and model.role == "request")
            or value.call.name.endswith("headers.get")
            or (isinstance(holder, Member) and holder.name == "headers")
        ):
            key = value.call.arguments[0].value
    elif isinstance(value, Member) and isinstance(value.base, Member):
        key = value.key if value.base.name == "headers" else None
    return key.value if isinstance(key, Const) and isinstance(key.value, str) else None


@functools.lru_cache(maxsize=8)
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(str(data("bypass")[name]), re.IGNORECASE)


def _words(name: str) -> frozenset[str]:
    return words_of_data("bypass", name)
