"""Branches in which a program takes a token because its header says that it is not signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.context import is_test
from jwtaudit.program.readings import is_header_of_token, is_taken_apart
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.token_sources import has_role
from jwtaudit.program.travels import deep
from jwtaudit.values import Const, Member, Operation, Outcome, Value, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project


def none_branches(project: Project) -> Iterator[tuple[Tested, Returned]]:
    """The tests for ``none``, each with what is then returned unverified."""
    for test in project.events:
        if not isinstance(test, Tested) or is_test(test.place.path):
            continue
        if not any(_says_none(project, part) for part in walk(test.value)):
            continue
        scope = project.scope(test.scope)
        for event in scope.events if scope is not None else ():
            if (
                isinstance(event, Returned)
                and any(test.is_side("then", arm) for arm in event.path)
                and any(_is_claims(project, part) for part in deep(event.value))
            ):
                yield test, event


def _says_none(project: Project, part: Value) -> bool:
    if not isinstance(part, Operation) or part.operator != "==":
        return False
    said = [o.value for o in part.operands if isinstance(o, Const)]
    return any(isinstance(text, str) and text.lower() == "none" for text in said) and any(
        isinstance(inner, Member)
        and inner.name == "alg"
        and any(is_header_of_token(project, option) for option in options(inner.base))
        for operand in part.operands
        for inner in walk(operand)
    )


def _is_claims(project: Project, part: Value) -> bool:
    if isinstance(part, Outcome):
        return has_role(project, part, "decode-unverified")
    return is_taken_apart(part, 1)
