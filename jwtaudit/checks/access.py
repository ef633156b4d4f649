"""Doors that stand open: guards that do not guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_test
from jwtaudit.program.middleware import identities, writing_routes
from jwtaudit.program.scopes import Tested
from jwtaudit.program.travels import all_parts, deep, event_values
from jwtaudit.program.verifiers import verifications
from jwtaudit.repair import Repair, SwapDecorators
from jwtaudit.source import Place
from jwtaudit.values import (
    Bound,
    Call,
    Closure,
    Const,
    FunctionId,
    Join,
    Member,
    Operation,
    Outcome,
    Param,
    Symbol,
    Value,
    root_of,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event, FunctionScope
    from jwtaudit.program.sites import Site


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
    found = set(verifications(project))
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
    holder = event.receiver and root_of(event.receiver)
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
