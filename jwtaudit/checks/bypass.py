"""Switches that let everyone in."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import exclusive, is_test
from jwtaudit.program.names import names_of, words
from jwtaudit.program.readings import readings
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.travels import deep
from jwtaudit.program.verifiers import verifications
from jwtaudit.resources import data, words_of_data
from jwtaudit.values import (
    Arm,
    Call,
    Const,
    Env,
    Member,
    Operation,
    Outcome,
    Param,
    Setting,
    Table,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import FunctionScope

_DENIED = (401, 403, 404, 302)


class _Switch(NamedTuple):
    """What a condition looks at, and whether any client can set it."""

    what: str
    plain: bool
    by_client: bool


@check("auth-bypass-switch")
def auth_bypass_switch(project: Project) -> Iterator[Draft]:
    """A setting, or something in the request, lets requests in without a token."""
    yield from _switched_by_argument(project)
    for function, verifying in verifications(project).items():
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
            if not _lets_in(project, scope, event, verifying, switch):
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


def _lets_in(
    project: Project, scope: FunctionScope, test: Tested, verifying: list[Call], switch: _Switch
) -> bool:
    """Whether one side of a test goes on without the verification that the other side makes."""
    ours = [c for c in verifying if c.order > test.order]
    read = [r for r in readings(project) if r.scope == scope.id]
    for side, exits, other in (
        ("then", test.then_exits, test.else_exits),
        ("else", test.else_exits, test.then_exits),
    ):
        arm = _arm(scope, test, side)
        inside = [c for c in ours if arm is not None and arm in c.path]
        if inside:
            continue  # this side verifies
        if exits and arm is not None and any(arm in reading.path for reading in read):
            continue  # this side asks for a token and believes it: told where it is read
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
    elif isinstance(part, Outcome):
        name = _asked(part.call)
    else:
        return None
    return None if name is None else name.rpartition(".")[2]


def _asked(call: Call) -> str | None:
    """The name that a call looks up: ``get(name)``, ``getboolean(section, name)``."""
    method = call.name.rpartition(".")[2]
    names = [a.value.value for a in call.arguments if isinstance(a.value, Const) and not a.name]
    texts = [name for name in names[:2] if isinstance(name, str)]
    if method in _words("switch-readers"):
        return texts[-1] if texts else None
    return texts[0] if method == "get" and texts and texts[0] == names[0] else None


def _is_choice(part: Member) -> bool:
    """Whether a caller in the program says so, for this call, or a mark on what is called."""
    base = part.base
    while isinstance(base, Member):
        if (base.name or "").lower() in _words("choices"):
            return True
        base = base.base
    for option in options(base):  # what a route is marked with: `mappings.get(route)`
        if isinstance(option, Table):
            return True  # an entry that is not in an object at hand
        named = () if isinstance(option, (Param, Env, Setting)) else (*_called(option),)
        if any(not _words("choices").isdisjoint(words(name)[-1:]) for name in named):
            return True
    return isinstance(base, Param) and base.name.lower() in _words("choices")


def _called(value: Value) -> Iterator[str]:
    """The names that a value bears, and what it is taken out of."""
    yield from names_of(value)
    if isinstance(value, Outcome) and value.call.receiver is not None:
        yield from names_of(value.call.receiver)


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
