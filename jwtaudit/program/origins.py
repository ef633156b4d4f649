"""Where a value comes from: the question behind every rule on keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.program.scopes import Raised, Tested
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    Absent,
    Const,
    Env,
    Hop,
    Join,
    Operation,
    Outcome,
    Param,
    Sequence,
    Setting,
    Table,
    Value,
    farther,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place

    Steps = tuple[tuple[Place, str], ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """One possible source of a value.

    Attributes:
        value: the source itself; its trace tells the way from there.
        lookups: the lookups of which it is the default, innermost first; empty when it is used
            as it stands.
    """

    value: Value
    lookups: tuple[Env | Setting | Param, ...] = ()

    @property
    def is_fallback(self) -> bool:
        """Whether it only counts when a lookup finds nothing."""
        return any(isinstance(lookup, (Env, Setting)) for lookup in self.lookups)


def origins(value: Value, project: Project | None = None) -> Iterator[Origin]:
    """Every source that a value may come from: branches and defaults taken apart."""
    yield from _origins(value, (), 0)


def _origins(
    value: Value, lookups: tuple[Env | Setting | Param, ...], depth: int
) -> Iterator[Origin]:
    if depth > 12:
        return
    for option in options(value):
        yield Origin(option, lookups)
        if isinstance(option, (Env, Setting, Param)) and not isinstance(option.default, Absent):
            default = farther(option.default, (*_lookup_hop(option), *option.trace))
            injected = isinstance(option, Param) and option.injected
            outer = lookups if injected else (*lookups, option)
            yield from _origins(default, outer, depth + 1)
        elif isinstance(option, Operation) and option.operator in ("or", "identity"):
            for operand in option.operands:
                yield from _origins(operand, lookups, depth + 1)


def _lookup_hop(lookup: Env | Setting | Param) -> tuple[Hop, ...]:
    if lookup.place is None:
        return ()
    if isinstance(lookup, Env):
        return (Hop(lookup.place, f"default of environment variable {lookup.name or 'lookup'}"),)
    if isinstance(lookup, Setting):
        return (Hop(lookup.place, f"default of setting `{lookup.name}`"),)
    what = "given to" if lookup.injected else "default of"
    return (Hop(lookup.place, f"{what} parameter `{lookup.name}`"),)


def steps(value: Value, sink: Place | None = None, what: str = "") -> Steps:
    """The way of a value as a trace for a finding: its source, its hops, the sink."""
    out: list[tuple[Place, str]] = []
    if value.place is not None:
        out.append((value.place, describe(value)))
    for place, text in value.trace:
        if not out or (place, text) != out[-1]:
            out.append((place, text))
    if sink is not None:
        out.append((sink, what))
    return tuple(out)


def describe(value: Value) -> str:
    """A few words on what a value is; never its content."""
    if isinstance(value, Const):
        if isinstance(value.value, (str, bytes)):
            return f"a literal of {len(value.value)} characters"
        if value.value is None or isinstance(value.value, bool):  # spelt otherwise in each language
            return "no value" if value.value is None else f"the literal {value.value}".lower()
        return f"`{value.value}`"
    if isinstance(value, Env):
        return f"environment variable {value.name}" if value.name else "an environment variable"
    if isinstance(value, Setting):
        return f"setting `{value.name}`"
    if isinstance(value, Param):
        return f"parameter `{value.name}`"
    if isinstance(value, Outcome):
        name = value.call.name.removeprefix(SCRIPT)
        return f"result of `{name}()`" if name else "result of a call"
    if isinstance(value, Table):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    return "a value"


def is_guarded(project: Project, origin: Origin) -> bool:
    """Whether the program refuses to run on with this value.

    True when some condition that looks at the value (or at the lookup whose default it is) has
    a side that raises or exits.
    """
    wanted: list[Value] = [origin.value, *origin.lookups]
    for event in project.events:
        if not isinstance(event, Tested) or not (event.then_exits or event.else_exits):
            continue
        for part in deep(event.value):
            if isinstance(part, Join):
                continue
            for value in wanted:
                if _same_source(part, value):
                    return True
    return False


def _same_source(part: Value, value: Value) -> bool:
    if isinstance(part, (Env, Setting)) and isinstance(value, (Env, Setting)):
        return type(part) is type(value) and part.name is not None and part.name == value.name
    if isinstance(part, Const) and isinstance(value, Const):
        return (
            isinstance(value.value, (str, bytes))
            and bool(value.value)
            and part.value == value.value
        )
    return isinstance(part, Param) and same(part, value)


def mentions(value: Value, other: Value) -> bool:
    """Whether a value holds another one."""
    return any(same(part, other) for part in walk(value))


__all__ = ["Origin", "Raised", "describe", "is_guarded", "mentions", "origins", "steps"]
