"""What a right fix rests on: the project's own evidence.

A fix that changes which tokens are accepted is right only where the project says what it wants:
the algorithm inserted into a verifying call is the one with which the project signs with that key.
Where the project says two things, or nothing, there is no fix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.context import is_test
from jwtaudit.program.origins import origins
from jwtaudit.repair import DropItem, Repair, Replace, SetArgument, SetEntry
from jwtaudit.values import (
    ABSENT,
    Absent,
    Const,
    Outcome,
    Sequence,
    Setting,
    Symbol,
    Table,
    Value,
    same,
)

if TYPE_CHECKING:
    from jwtaudit.program.project import Site
    from jwtaudit.repair import Change, Code
    from jwtaudit.source import Place


def set_meaning(site: Site, meaning: str, code: Code) -> Change | None:
    """Give a library call an argument by what it means, wherever the library wants to have it."""
    inside = site.model.inside.get(meaning)
    if inside is not None:
        outer = site.argument(inside.argument)
        if isinstance(outer, Table) and outer.place is not None:
            return SetEntry(outer.place, inside.key, code)
        name = site.model.meanings.get(inside.argument, inside.argument)
        return SetArgument(site.place, name, code, inside.key) if _open(outer) else None
    given = site.argument(meaning)
    if isinstance(given, (Const, Sequence, Table)) and not _open(given):
        stands = given.place is not None and given.place != site.place  # a default does not
        return Replace(given.place, code) if given.place and stands else None
    name = site.model.meanings.get(meaning, "")
    if name and _open(given):
        return SetArgument(site.place, name, code)
    maker = _maker(site, meaning)
    return None if maker is None else set_meaning(maker, meaning, code)


def _open(value: Value) -> bool:
    return isinstance(value, Absent) or (isinstance(value, Const) and value.value is None)


def _maker(site: Site, meaning: str) -> Site | None:
    """The call that made the object whose method this is, where that is told the meaning."""
    from jwtaudit.program.project import Site  # noqa: PLC0415 - the two know each other

    made = site.call.receiver
    if meaning not in site.model.factory or not isinstance(made, Outcome):
        return None
    model = site.project.model_of(made.call)
    return None if model is None else Site(site.project, made.call, model)


def inside(outer: Place, inner: Place | None) -> bool:
    """Whether a place lies in another one."""
    return inner is not None and outer.path == inner.path and outer.span.contains(inner.span)


def signing_algorithm(site: Site) -> str | None:
    """The one algorithm with which the project signs what this call verifies; None if not told.

    A signing call with the same key says so. Where no key is the same, a private key stands on the
    other side: then all signing calls have to agree on one public-key algorithm.
    """
    signers = [s for s in site.project.sites("sign") if not is_test(s.place.path)]
    keys = _keys(site)
    with_key = [s for s in signers if any(same(a, b) for a in _keys(s) for b in keys)]
    names = {name for s in with_key or signers for name in _algorithms(s)}
    if len(names) != 1:
        return None
    (name,) = names
    if name is None or (not with_key and name.startswith("HS")) or name.lower() == "none":
        return None
    return name


def _keys(site: Site) -> list[Value]:
    return [o.value for o in origins(site.argument("key")) if not isinstance(o.value, Absent)]


def _algorithms(site: Site) -> set[str | None]:
    """The algorithms of a signing call; None among them where one is not known."""
    found: set[str | None] = set()
    for origin in origins(site.argument("algorithm")):
        value = origin.value
        if isinstance(value, Const) and isinstance(value.value, str):
            found.add(value.value)
        elif isinstance(value, Symbol):
            found.add(value.name.rpartition(".")[2])
        elif not (isinstance(value, Setting) and value.default is not ABSENT):
            found.add(None)
    return found or {None}


def drop(site: Site, value: Value, title: str) -> Repair | None:
    """Take out an argument, an entry or an element by its value; not a default, nor a call."""
    if value.place is None or value.place == site.place:
        return None
    return Repair(title, DropItem(value.place))
