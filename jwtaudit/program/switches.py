"""Which checks a call turns off, and which of its options do nothing, by the library's model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.models import applies
from jwtaudit.program.context import is_test
from jwtaudit.program.origins import Origin, origins
from jwtaudit.program.scopes import Assigned, Returned, Stored, Tested
from jwtaudit.program.stores import read_of
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    Const,
    Env,
    Member,
    Param,
    Setting,
    Table,
    Unknown,
    Value,
    member,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.models import Condition, Switch
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site


class Off(NamedTuple):
    """A check that a call turns off: which, and the value that does it."""

    effect: str
    evidence: Origin
    switch: Switch


def turned_off(site: Site) -> Iterator[Off]:
    """The checks that a call turns off, with the values that do it."""
    version = site.version or site.library.newest
    for switch in site.model.switches:
        if not applies(switch.versions, version):
            continue
        effect = next((e for versions, e in switch.effect if applies(versions, version)), "nothing")
        for evidence in fulfilling(site, switch.when):
            for single in effect.split("+"):
                yield Off(single, evidence, switch)


def is_left_on(site: Site, effect: str) -> bool:
    """Whether a check is left on for sure: nothing that it hangs on is for a caller to say."""
    if any(effect == off.effect for off in turned_off(site)):
        return False
    return not any(
        isinstance(part, (Param, Unknown))
        for switch in site.model.switches
        if any(effect in what.split("+") for _, what in switch.effect)
        for option in options(site.argument(switch.when.argument))
        for part in (option, *deep(_inside(option, switch.when.key)))
    )


def fulfilling(site: Site, when: Condition) -> Iterator[Origin]:
    """The values of an argument (or of a key in it) for which a condition holds."""
    argument = site.argument(when.argument)
    if when.lacks:
        for option in options(argument):
            if isinstance(option, Table) and not option.rest:
                entries = {k for k, v in option.entries.items() if not isinstance(v, Absent)}
                if not entries.intersection(when.lacks):
                    yield Origin(option)
        return
    for option in options(argument):
        for origin in origins(_inside(option, when.key)):
            value = _said_to_nobody(site.project, origin.value)
            if _holds(value, when) and not (value.place and is_test(value.place.path)):
                yield replace(origin, value=value)  # what a test run sets is set for nobody else


def _said_to_nobody(project: Project, value: Value) -> Value:
    """The default of a parameter, where no caller says another: it is what callers will get."""
    if not isinstance(value, Param) or isinstance(value.default, Absent):
        return value
    callers = project.callers.get(value.function, ())
    return value if any(not is_test(call.place.path) for call in callers) else value.default


def branch_of_setting(project: Project, value: Value) -> Tested | None:
    """The condition on a setting under which a value is given, in whichever function it is."""
    place = value.place
    if place is None:
        return None
    giving = [
        event
        for event in project.events
        if isinstance(event, (Assigned, Stored, Call, Returned))
        and event.path
        and event.place.path == place.path
        and event.place.span.contains(place.span)
    ]
    if any(isinstance(event, Call) and _verifies(project, event) for event in giving):
        return None  # the whole call hangs on the condition, which lets requests past it
    event = min(
        giving, key=lambda event: event.place.span.end - event.place.span.start, default=None
    )
    scope = project.scope(event.scope) if event is not None else None
    if event is None or scope is None:
        return None
    for arm in reversed(event.path):
        for test in scope.events:
            if isinstance(test, Tested) and any(
                test.is_side(side, arm) for side in ("then", "else")
            ):
                return test if _asks_setting(test.value) else None
    return None


def _verifies(project: Project, call: Call) -> bool:
    model = project.model_of(call)
    return model is not None and model.role in ("verify", "verify-signature")


def _asks_setting(value: Value) -> bool:
    return any(
        isinstance(part, (Env, Setting)) or (isinstance(part, Member) and read_of(part) is not None)
        for part in deep(value)
    )


def _inside(value: Value, key: str | None) -> Value:
    if key is None:
        return value
    if isinstance(value, Absent) or (isinstance(value, Const) and value.value is None):
        return ABSENT
    return member(value, Const(key), item=True, place=value.place)


def _holds(value: Value, when: Condition) -> bool:
    if when.absent:
        return isinstance(value, Absent) or (isinstance(value, Const) and value.value is None)
    if not isinstance(value, Const):
        return False
    if when.falsy:
        return not value.value
    if when.truthy:
        return bool(value.value)
    return when.has_equals and value.value == when.equals
