"""Claims that a function adds to some of the tokens it makes, by what a caller asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.scopes import Stored, Tested
from jwtaudit.program.walk.binding import substitute
from jwtaudit.values import Call, Const, Operation, Sequence, Table, Value, options

if TYPE_CHECKING:
    from jwtaudit.program.scopes import Event
    from jwtaudit.program.sites import Site
    from jwtaudit.values import Arm


def is_left_out(site: Site, claim: str) -> bool:
    """Whether a token's maker adds a claim in branches that are all passed by for this caller.

    As in ``if kind == "access": claims["exp"] = ...``, for one who asks for another kind.
    """
    made = site.call.origin or site.call
    adding = [e for e in _events(site) if e.order < made.order and _adds(e, claim)]
    return bool(adding) and all(_is_passed_by(site, event.path) for event in adding)


def is_for_others(site: Site, value: Value) -> bool:
    """Whether a value stands in a branch of a token's maker that is passed by for this caller."""
    place = value.place
    return place is not None and any(
        _is_passed_by(site, event.path)
        for event in _events(site)
        if event.path and event.place.path == place.path and event.place.span.contains(place.span)
    )


def _events(site: Site) -> list[Event]:
    """What happens in the function that makes a token, as a call of it in sight asks."""
    scope = site.scope
    if scope is None or not site.chain or site.chain[0].target != scope.id:
        return []
    return scope.events


def _adds(event: Event, claim: str) -> bool:
    if isinstance(event, Stored):
        return event.item and isinstance(event.key, Const) and event.key.value == claim
    return (
        isinstance(event, Call)
        and event.name.endswith(".update")
        and any(
            argument.name == claim
            or any(isinstance(o, Table) and claim in o.entries for o in options(argument.value))
            for argument in event.arguments
        )
    )


def _is_passed_by(site: Site, path: tuple[Arm, ...]) -> bool:
    caller, interpreter = site.chain[0], site.project.interpreter
    binding = {a.name: a.value for a in caller.arguments if a.name is not None}
    tests = [event for event in _events(site) if isinstance(event, Tested)]
    for arm in path:
        for test in tests:
            if test.is_side("then", arm) or test.is_side("else", arm):
                asked = substitute(interpreter, test.value, test.scope, binding)
                told = _truth(asked)
                if told is not None and told is not (arm.side == "then"):
                    return True
    return False


def _truth(test: Value) -> bool | None:
    """Whether a comparison with constants holds; None where that cannot be told."""
    if isinstance(test, Const):
        return bool(test.value)
    if not isinstance(test, Operation):
        return None
    if test.operator == "not":
        inner = _truth(test.operands[0])
        return None if inner is None else not inner
    if test.operator not in ("==", "!=", "is", "is not", "in", "not in"):
        return None
    left, right = test.operands
    among = right.items if isinstance(right, Sequence) and not right.rest else (right,)
    if not isinstance(left, Const) or not all(isinstance(one, Const) for one in among):
        return None
    is_among = any(isinstance(one, Const) and one.value == left.value for one in among)
    return is_among is (test.operator in ("==", "is", "in"))
