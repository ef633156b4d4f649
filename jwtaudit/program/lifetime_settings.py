"""Settings that say how long a token lives, where a project gives them a value."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import tomli

from jwtaudit.program.context import is_test
from jwtaudit.program.kinds import words
from jwtaudit.program.scopes import MODULE, Assigned, Stored
from jwtaudit.program.times import UNITS
from jwtaudit.resources import rules_directory
from jwtaudit.values import Call, Const, Table, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
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
def _data() -> dict[str, Any]:
    return tomli.loads((rules_directory() / "data" / "lifetime-settings.toml").read_text())


@functools.cache
def _known() -> dict[str, dict[str, Any]]:
    return {name: row for row in _data()["setting"] for name in row["names"]}


@functools.lru_cache(maxsize=4096)
def _unit(name: str) -> float | None:
    """What a constant counts whose name speaks of a token's lifetime; None for other names."""
    parts = words(name)
    telling = _data()["words"]
    if not all(set(parts) & set(telling[part]) for part in ("subject", "lifetime")):
        return None
    return next((UNITS[part] for part in reversed(parts) if part in UNITS), None)


def lifetime_settings(project: Project) -> Iterator[LifetimeSetting]:
    """Every value that the project gives to a known lifetime setting."""
    for event in project.events:
        if is_test(event.place.path):
            continue
        for owner, name, value in given_settings(event):
            row = _known().get(name)
            if row is None or not _belongs(row, owner):
                continue
            unlimited = any(
                isinstance(o, Const) and any(o.value is end for end in row["unlimited"])
                for o in options(value)
            )
            yield LifetimeSetting(name, value, value.place or event.place, unlimited)
        if isinstance(event, Assigned) and event.scope.qualname == MODULE:
            unit = _unit(event.name)
            if unit is not None:
                place = event.value.place or event.place
                yield LifetimeSetting(event.name, event.value, place, unit=unit, by_name=True)


def _belongs(row: dict[str, Any], owner: str) -> bool:
    return "inside" not in row or owner in row["inside"]


def given_settings(event: Event) -> Iterator[tuple[str, str, Value]]:
    """The settings that an event gives: (name of the mapping around it, name, value)."""
    if isinstance(event, Assigned):
        yield "", event.name, event.value
        yield from _entries(event.name, event.value)
    elif isinstance(event, Stored):
        if isinstance(event.key, Const) and isinstance(event.key.value, str):
            yield "", event.key.value, event.value
            yield from _entries(event.key.value, event.value)
    elif isinstance(event, Call):
        for argument in event.arguments:
            if argument.name is not None:
                yield "", argument.name, argument.value
            else:
                yield from _entries("", argument.value)


def _entries(owner: str, value: Value) -> Iterator[tuple[str, str, Value]]:
    for option in options(value):
        if isinstance(option, Table):
            for key, inner in option.entries.items():
                if isinstance(key, str):
                    yield owner, key, inner


__all__ = ["LifetimeSetting", "given_settings", "lifetime_settings"]
