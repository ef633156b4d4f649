"""What tells one key from another, where its value is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.key_sources import sources
from jwtaudit.values import Const, Env, Member, Setting, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.key_sources import Source
    from jwtaudit.program.project import Project
    from jwtaudit.values import Value


def identities(project: Project, key: Value) -> frozenset[object]:
    """Where a key is looked up, or where it stands; two keys that share any may be the same."""
    return frozenset(identity for identity, _ in identified(project, key))


def identified(project: Project, key: Value) -> Iterator[tuple[object, Source]]:
    """The same, each with the source that it tells."""
    for source in sources(project, key):
        for value in (source.value, *source.lookups):
            identity: object = None
            if isinstance(value, Env):
                identity = value.name
            elif isinstance(value, Setting):
                identity = (value.owner, value.name)
            elif isinstance(value, Const) and value.value and not _is_named(source):
                identity = value.place
            elif isinstance(value, (Symbol, Member)):
                identity = _dotted(value)
            if identity:
                yield identity, source


def _is_named(source: Source) -> bool:
    """Whether a default stands in for something with a name, which tells its key from others."""
    return any(isinstance(one, (Env, Setting)) and one.name for one in source.lookups)


def _dotted(value: Symbol | Member) -> str:
    """A name such as ``settings.jwt.secret`` of what nothing more is known of."""
    if isinstance(value, Symbol):
        return value.name
    if value.name is None or not isinstance(value.base, (Symbol, Member)):
        return ""
    base = _dotted(value.base)
    return f"{base}.{value.name}" if base else ""
