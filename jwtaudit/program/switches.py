"""Which checks a call turns off, and which of its options do nothing, by the library's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.models import applies
from jwtaudit.program.origins import Origin, origins
from jwtaudit.values import ABSENT, Absent, Const, Table, Value, member, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.models import Condition, Switch
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
            if _holds(origin.value, when):
                yield origin


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
