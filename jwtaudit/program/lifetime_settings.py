"""Settings that say how long a token lives, where a project gives them a value."""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from jwtaudit.program.context import is_test
from jwtaudit.program.framework_settings import given
from jwtaudit.program.key_uses import is_used
from jwtaudit.program.names import pairs, words
from jwtaudit.program.scopes import MODULE, Assigned
from jwtaudit.program.times import UNITS
from jwtaudit.resources import data
from jwtaudit.values import Const, Env, Setting, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Value


class LifetimeSetting(NamedTuple):
    """A setting as the project gives it."""

    name: str
    value: Value
    place: Place
    unlimited: bool = False
    unit: float = 1.0
    by_name: bool = False


@functools.cache
def _known() -> dict[str, dict[str, Any]]:
    return {name: row for row in data("lifetime-settings")["setting"] for name in row["names"]}


@functools.lru_cache(maxsize=4096)
def _unit(name: str) -> float | None:
    """What a constant counts whose name speaks of a token's lifetime; None for other names."""
    telling = data("lifetime-settings")["words"]
    if not all(pairs(name) & set(telling[part]) for part in ("subject", "lifetime")):
        return None
    return next((UNITS[part] for part in reversed(words(name)) if part in UNITS), None)


def lifetime_settings(project: Project) -> Iterator[LifetimeSetting]:
    """Every value that the project gives to a known lifetime setting."""
    for owner, name, value, place in given(project):
        row = _known().get(name)
        if row is None or not _belongs(row, owner) or _is_unread(project, row):
            continue
        unlimited = any(
            isinstance(o, Const) and any(o.value is end for end in row["unlimited"])
            for o in options(value)
        )
        yield LifetimeSetting(name, value, value.place or place, unlimited)
    for event, named in _by_name(project):
        place = event.value.place or event.place
        unit = _counted_as(project, event.value) or named
        yield LifetimeSetting(event.name, event.value, place, unit=unit, by_name=True)


def _by_name(project: Project) -> Iterator[tuple[Assigned, float]]:
    """The constants whose names speak of a token's lifetime, and what they count.

    Of several that differ in their unit alone, the shortest: days are then for what renews it.
    """
    found: dict[tuple[str, tuple[str, ...]], list[tuple[Assigned, float]]] = defaultdict(list)
    for event in project.events:
        if not isinstance(event, Assigned) or is_test(event.place.path):
            continue
        if event.scope.qualname == MODULE and (unit := _unit(event.name)) is not None:
            stem = tuple(part for part in words(event.name) if part not in UNITS)
            found[event.place.path, stem].append((event, unit))
    for several in found.values():
        shortest = min(unit for _, unit in several)
        yield from (one for one in several if one[1] == shortest)


def _counted_as(project: Project, value: Value) -> float | None:
    """What a constant counts where durations are made of it, whatever its name says."""
    return min(
        (
            UNITS[argument.name]
            for site in project.sites("duration")
            for argument in site.call.arguments
            if argument.name in UNITS
            for option in options(argument.value)
            for number in options(option.default if isinstance(option, (Env, Setting)) else option)
            if isinstance(number, Const) and number.place == value.place is not None
        ),
        default=None,
    )


def _is_unread(project: Project, row: dict[str, Any]) -> bool:
    """Whether the program uses a library that knows no such setting, and none that does."""
    read, unread = (
        [one for one in project.models.libraries if one.id in row.get(who, ())]
        for who in ("read-by", "unread-by")
    )
    return any(is_used(project, one) for one in unread) and not any(
        is_used(project, one) for one in read
    )


def _belongs(row: dict[str, Any], owner: str) -> bool:
    return "inside" not in row or owner in row["inside"]


__all__ = ["LifetimeSetting", "lifetime_settings"]
