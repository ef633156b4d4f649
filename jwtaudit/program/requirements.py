"""Whether a verifying call insists on a claim, by the library's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jwtaudit.models import applies
from jwtaudit.values import (
    ABSENT,
    Absent,
    Const,
    Sequence,
    Table,
    Value,
    join,
    member,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.models import Condition
    from jwtaudit.program.sites import Site

_NAME = "{claim}"


def requires(site: Site, claim: str) -> bool:
    """Whether the call refuses a token without the claim; what cannot be told counts as so."""
    version = site.version or site.library.newest
    if claim == "exp" and site.semantic("exp-missing") == "reject":
        return True
    return any(
        _asks(site, requirement.when, claim)
        for requirement in site.model.requirements
        if applies(requirement.versions, version)
    )


def insisted_on(site: Site) -> Iterator[str]:
    """The claims that the call surely refuses a token without, named one by one."""
    version = site.version or site.library.newest
    for requirement in site.model.requirements:
        when = requirement.when
        if not applies(requirement.versions, version):
            continue
        if when.contains == _NAME:
            given = options(_place(site, when, ""))
            if len(given) == 1 and isinstance(given[0], Sequence):
                yield from (str(i.value) for i in given[0].items if isinstance(i, Const))
        elif when.has_equals and when.key is not None and when.key.endswith(_NAME):
            prefix = when.key.removesuffix(_NAME)
            given = options(site.argument(when.argument))
            entries = given[0].entries if len(given) == 1 and isinstance(given[0], Table) else {}
            for key, value in entries.items():
                sure = isinstance(value, Const) and value.value == when.equals
                if sure and str(key).startswith(prefix):
                    yield str(key).removeprefix(prefix)


def expectation(site: Site, claim: str) -> Value | None:
    """What the call says of a claim in the very place where it could insist on it.

    None where it says nothing, or where the library has no such place.
    """
    for requirement in site.model.requirements:
        when = requirement.when
        if isinstance(when.contains, dict):
            for option in options(_place(site, when, claim)):
                if isinstance(option, Table):
                    return option
    return None


def _asks(site: Site, when: Condition, claim: str) -> bool:
    for option in options(_place(site, when, claim)):
        if isinstance(option, Absent):
            continue
        if isinstance(option, Const):
            if when.has_equals and option.value == when.equals:
                return True
        elif not _known(option) or _contains(option, _filled(when.contains, claim)):
            return True
    return False


def _place(site: Site, when: Condition, claim: str) -> Value:
    argument = site.argument(_filled(when.argument, claim))
    if when.key is None:
        return argument
    key = Const(_filled(when.key, claim))
    return join(*(_entry(option, key) for option in options(argument)))


def _entry(value: Value, key: Const) -> Value:
    nothing = isinstance(value, Absent) or (isinstance(value, Const) and value.value is None)
    return ABSENT if nothing else member(value, key, item=True)


def _filled(text: Any, claim: str) -> Any:
    return text.replace("{claim}", claim) if isinstance(text, str) else text


def _known(value: Value) -> bool:
    return isinstance(value, (Table, Sequence)) and not value.rest


def _contains(value: Value, wanted: Any) -> bool:
    if isinstance(value, Sequence):
        return any(not isinstance(i, Const) or i.value == wanted for i in value.items)
    if isinstance(value, Table) and isinstance(wanted, dict):
        return all(_is(value.entries.get(key), expected) for key, expected in wanted.items())
    return isinstance(value, Table) and wanted in value.entries


def _is(value: Value | None, expected: Any) -> bool:
    """Whether a value may be the expected one."""
    return value is not None and (not isinstance(value, Const) or value.value == expected)
