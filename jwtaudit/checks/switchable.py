"""Verification that is switched on and off at run time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.models import applies
from jwtaudit.program.context import is_test
from jwtaudit.program.leaving import Leaving
from jwtaudit.program.origins import Origin, is_guarded, steps
from jwtaudit.program.readings import readings
from jwtaudit.program.stores import read_of
from jwtaudit.program.switches import branch_of_setting
from jwtaudit.program.verifiers import verifications
from jwtaudit.values import (
    Const,
    Env,
    Member,
    Operation,
    Param,
    Setting,
    Table,
    Value,
    member,
    options,
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
            name = _setting(value if test is None else test.value)
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
