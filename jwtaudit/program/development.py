"""Branches that are taken only where a program is developed or tested."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.scopes import Assigned, Raised, Returned, Stored, Tested
from jwtaudit.values import Const, Operation, Sequence, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Arm, Value

    _Given: TypeAlias = Returned | Assigned | Stored

DEVELOPMENT = frozenset(
    {"dev", "develop", "development", "debug", "local", "test", "tests", "testing"}
)
_PRODUCTION = frozenset({"production", "prod", "live"})
_SHARED = frozenset({"base", "common", "default", "defaults", "shared"})
_TESTS = frozenset({"test", "testing"})
_OFF = frozenset({"", "0", "false", "no", "off"})
_SIDES = {"==": True, "===": True, "!=": False, "!==": False}


def is_development_file(path: str) -> bool:
    """Whether the name of a file says that only developers use it."""
    return bool(DEVELOPMENT & pairs(PurePosixPath(path).stem))


def is_replaced_in_production(place: Place, given: Iterable[tuple[Place, Value]]) -> bool:
    """Whether of all that is given to a setting, what stands at a place is not for production.

    ``settings/base.py`` has something to work with; ``settings/production.py``, which takes over
    all of that, looks the setting up.
    """
    path = PurePosixPath(place.path)
    if not _SHARED & pairs(path.stem):
        return False
    found = [
        option
        for at, value in given
        if _PRODUCTION & pairs(PurePosixPath(at.path).stem)
        if PurePosixPath(at.path).parent == path.parent
        for option in options(value)
    ]
    return bool(found) and not any(
        isinstance(option, Const) and isinstance(option.value, (str, bytes)) for option in found
    )


def is_for_development(project: Project, place: Place) -> bool:
    """Whether a value is returned or set only where a test says that this is not production."""
    events = tuple(_given(project, place))
    return bool(events) and all(
        is_taken_in_development(project, event.place.path, event.path) for event in events
    )


def is_refused_in_production(project: Project, place: Place) -> bool:
    """Whether the program stops in production at the place where a value is set or returned.

    ``if DEBUG: key = "a" else: raise``, or ``if production: raise`` before it.
    """
    events = tuple(_given(project, place))
    return bool(events) and all(_stops_elsewhere(project, event) for event in events)


def is_taken_in_development(project: Project, path: str, arms: tuple[Arm, ...]) -> bool:
    """Whether branches of a file are taken in development, or anywhere but in production."""
    sides = [arm for arm in arms if arm.side in ("then", "else")]
    return bool(sides) and any(
        test.is_side(arm.side, arm) and _is_development(test, arm.side)
        for test in project.events
        if isinstance(test, Tested) and test.place.path == path
        for arm in sides
    )


def tells_of_development(test: Tested) -> bool:
    """Whether one side of a test is that of development."""
    return any(_is_development(test, side) for side in ("then", "else"))


def side_of_tests(test: Value) -> str:
    """Which side of a choice only tests take, as for ``NODE_ENV == "test"``; else nothing."""
    side, other = "then", "else"
    while isinstance(test, Operation) and test.operator == "not":
        test, side, other = test.operands[0], other, side
    if not isinstance(test, Operation) or test.operator not in _SIDES:
        return ""
    if not any(isinstance(o, Const) and o.value in _TESTS for o in test.operands):
        return ""
    told = {name for o in test.operands if isinstance(name := getattr(o, "name", None), str)}
    return (side if _SIDES[test.operator] else other) if "env" in _words(told) else ""


def _given(project: Project, place: Place) -> Iterator[_Given]:
    """Where a value is returned or set, also as the default of what is."""
    for event in project.events:
        if isinstance(event, (Returned, Assigned, Stored)):
            around = event.place
            inside = around.path == place.path and around.span.contains(place.span)
            if inside or event.value.place == place:
                yield event


def _stops_elsewhere(project: Project, event: _Given) -> bool:
    raised = [other for other in project.events if isinstance(other, Raised)]
    for test in project.events:
        if not isinstance(test, Tested) or test.scope != event.scope or test.order > event.order:
            continue
        if test.place.path != event.place.path or test.path != event.path[: len(test.path)]:
            continue
        for side, leaves in (("then", test.else_exits), ("else", test.then_exits)):
            if not _is_development(test, side):
                continue
            inside = any(test.is_side(side, arm) for arm in event.path)
            if leaves and (inside or test.path == event.path):
                return True
            follows = (r.order > event.order and r.path == test.path for r in raised)
            if inside and isinstance(event, Returned) and any(follows):
                return True
    return False


def _is_development(test: Tested, side: str) -> bool:
    """Whether a side of a test is that of development, or of anything but production."""
    value, holds = test.value, side == "then"
    while isinstance(value, Operation) and value.operator == "not":
        value, holds = value.operands[0], not holds
    if isinstance(value, Operation) and value.operator in ("!=", "is not", "not in"):
        holds = not holds
    parts = list(walk(value))
    texts = {p.value for p in parts if isinstance(p, Const) and isinstance(p.value, str)}
    if (said := _words(texts)) & (DEVELOPMENT | _PRODUCTION):
        return bool(said & (DEVELOPMENT if holds else _PRODUCTION))
    if isinstance(value, Operation) and any(map(_is_off, value.operands)):
        holds = not holds
    names = {name for p in parts if isinstance(name := getattr(p, "name", None), str)}
    names.update(name for part in parts for name in names_of(part))  # of the variable it was put in
    return bool(_words(names) & (DEVELOPMENT if holds else _PRODUCTION))


def _is_off(operand: Value) -> bool:
    """Whether something is compared with a word for no, or with several of them."""
    found = operand.items if isinstance(operand, Sequence) else options(operand)
    return any(
        isinstance(one, Const) and isinstance(one.value, str) and one.value.lower() in _OFF
        for one in found
    )


def _words(texts: set[str]) -> set[str]:
    return {word for text in texts for word in pairs(text)}
