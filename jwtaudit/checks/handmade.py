"""Tokens that a program verifies by its own means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_test
from jwtaudit.program.handmade import holder, is_split, macs, signs_parts
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.travels import deep
from jwtaudit.program.wording import wording
from jwtaudit.values import Call, Member, Operation, Outcome, Param, Value, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project


@check("hand-rolled-verification")
def hand_rolled_verification(project: Project) -> Iterator[Draft]:
    """A token's signature is computed and compared by hand, in a way that can be measured."""
    for call in macs(project):
        split = signs_parts(project, call, Member)
        if not split and not signs_parts(project, call, Param):
            continue
        made = holder(call)
        tests = (
            e
            for e in project.uses(made)
            if isinstance(e, (Tested, Returned)) and not is_test(e.place.path)
        )
        compared = next(
            (e for e in tests if _by_operator(e, made) and (split or _has_part(e.value))), None
        )
        if compared is None:
            continue
        scope = project.scope(call.scope)
        language = scope.module.facts.language if scope is not None else ""
        better = wording(language, "constant-time-comparison")
        yield Draft(
            "",
            compared.place,
            "a token's signature is computed by hand and compared with `==`, which stops at the"
            " first byte that differs: the time it takes tells how much of a guess is right",
            Confidence.HIGH if compared.scope == call.scope else Confidence.MEDIUM,
            trace=((call.place, "computed here"), (compared.place, "compared here")),
            advice=f"Let a JWT library verify tokens; compare with `{better}` at least.",
            anchor=scope.name if scope is not None else "",
        )


def _has_part(value: Value) -> bool:
    return any(isinstance(part, Member) and is_split(part.base) for part in deep(value))


def _by_operator(event: Tested | Returned, call: Call) -> bool:
    return any(
        isinstance(part, Operation)
        and part.operator in ("==", "!=")
        and any(
            isinstance(p, Outcome) and p.call.place == call.place
            for operand in part.operands
            if not _is_length(operand)
            for p in deep(operand)
        )
        for part in walk(event.value)
    )


def _is_length(value: Value) -> bool:
    """Whether only the length of something is compared, as before a comparison in constant time."""
    return isinstance(value, Member) and value.name in ("length", "byteLength")
