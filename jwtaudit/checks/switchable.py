"""Verification that is switched on and off at run time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.models import applies
from jwtaudit.program.context import is_test
from jwtaudit.program.key_sources import may_be_nothing
from jwtaudit.program.leaving import Leaving
from jwtaudit.program.origins import Origin, is_guarded, steps
from jwtaudit.program.readings import readings
from jwtaudit.program.stores import read_of
from jwtaudit.program.switches import branch_of_setting
from jwtaudit.program.verifiers import verifications
from jwtaudit.values import (
    Absent,
    Const,
    Env,
    Member,
    Operation,
    Outcome,
    Param,
    Setting,
    Table,
    Value,
    member,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site

_TESTS = re.compile(r"(?i)test|pytest|(^|_)ci$")


@check("verification-switchable")
def verification_switchable(project: Project) -> Iterator[Draft]:
    """Whether the signature is verified is decided at run time."""
    yield from _left_out(project)
    for site in project.sites("verify", "verify-signature"):
        if is_test(site.place.path):
            continue
        for value in _switching(site):
            test = branch_of_setting(project, value) if _turns_off(value) else None
            name = _setting(value if test is None else test.value) or _presence(site, value)
            if _is_always_there(project, value):
                continue
            if name is None or _TESTS.search(name) or _is_kept_on(project, value):
                continue
            if test is not None and any(map(_is_for_tests, walk(test.value))):
                continue
            scope = site.scope
            yield Draft(
                "",
                value.place or site.place,
                f"{name} decides whether {site.library.title} verifies the signature: where it is"
                " off, whoever sends a token can write any claim into it",
                Confidence.MEDIUM,
                trace=steps(value, site.place, "decides here"),
                advice="Verify always; give development and tests a key of their own.",
                anchor=f"{scope.name if scope is not None else ''} {name}",
            )


def _left_out(project: Project) -> Iterator[Draft]:
    """Functions that verify, but for a branch of a setting, which returns what it has only read."""
    leaving, verifying = Leaving(project), verifications(project)
    for reading in readings(project):
        for verified in verifying.get(reading.scope, ()):
            test = leaving.switch(reading, verified)
            name = None if test is None else _setting(test.value)
            if test is None or name is None or _TESTS.search(name):
                continue
            if any(map(_is_for_tests, walk(test.value))):
                continue
            yield Draft(
                "",
                reading.place,
                f"{name} decides whether the token is verified: where it is not, whoever sends a"
                " token can write any claim into it",
                Confidence.MEDIUM,
                related=((test.place, "decided here"), (verified.place, "verified here otherwise")),
                advice="Verify always; give development and tests a key of their own.",
                anchor=f"{reading.scope.qualname} {name}",
            )
            break


def _turns_off(value: Value) -> bool:
    """Whether a value is a plain no."""
    return isinstance(value, Const) and value.value is False


def _is_for_tests(part: Value) -> bool:
    """Whether a condition asks for test runs: ``if ENVIRONMENT == "test"``."""
    return isinstance(part, Const) and bool(_TESTS.search(str(part.value)))


def _switching(site: Site) -> Iterator[Value]:
    """The values that turn the signature's verification on or off."""
    version = site.version or site.library.newest
    for switch in site.model.switches:
        when = switch.when
        if not applies(switch.versions, version) or not (when.falsy or when.has_equals):
            continue
        effect = next((e for versions, e in switch.effect if applies(versions, version)), "")
        if "signature" not in effect.split("+"):
            continue
        for option in options(site.argument(when.argument)):
            if when.key is None:
                yield from options(option)
            elif isinstance(option, Table):
                yield from options(member(option, Const(when.key), item=True, place=option.place))


def _setting(value: Value) -> str | None:
    """What decides, in words, where it is something that is set from outside."""
    if isinstance(value, Operation) and value.operator not in _DECIDING:
        return None
    for part in walk(value):
        if isinstance(part, Env):
            return f"the environment variable `{part.name}`" if part.name else "the environment"
        if isinstance(part, Setting):
            return f"the setting `{part.name}`"
        if isinstance(part, Param) and _setting(part.default) is not None:
            return _setting(part.default)
        if (read := read_of(part)) is not None and isinstance(part, Member):
            return f"the setting `{read[0]}`"
    return None


def _asked_for(project: Project, value: Value) -> Value | None:
    """What a value only tells the presence of: ``bool(key)``, ``key is not None``."""
    if isinstance(value, Operation) and value.operator in ("is not", "!="):
        others = [o for o in value.operands if not (isinstance(o, Const) and not o.value)]
        return others[0] if len(others) == 1 else None
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    if isinstance(value, Outcome) and model is not None and model.role == "digest":
        return value.call.arguments[0].value if len(value.call.arguments) == 1 else None
    return None


def _is_always_there(project: Project, value: Value) -> bool:
    """Whether the presence is asked of a variable without which the program does not start."""
    asked = _asked_for(project, value)
    return (
        isinstance(asked, Env)
        and isinstance(asked.default, Absent)
        and not may_be_nothing(project, asked)
    )


def _presence(site: Site, value: Value) -> str | None:
    """What decides where tokens are verified only if there is a key to do so with."""
    asked = _asked_for(site.project, value)
    if asked is None or not same(asked, site.argument("key")):
        return None
    for option in options(asked):
        if (name := _setting(option)) is not None:
            return name
        if isinstance(option, Outcome) and option.call.name.endswith(".get"):
            given = [argument.value for argument in option.call.arguments]
            if all(isinstance(one, Const) for one in given) and not _is_text(given[1:]):
                return "a key that may be left out"
    return None


def _is_text(given: list[Value]) -> bool:
    return any(isinstance(one, Const) and bool(one.value) for one in given)


_DECIDING = (
    "not",
    "==",
    "!=",
    "in",
    "not in",
    "or",
    "and",
    "is",
    "is not",
    "lower",
    "strip",
    "text",
)


def _is_kept_on(project: Project, value: Value) -> bool:
    """Whether the program refuses to run with the check turned off."""
    return any(
        is_guarded(project, Origin(part))
        for part in walk(value)
        if isinstance(part, (Env, Setting))
    )
