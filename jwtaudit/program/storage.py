"""What a page or an app keeps where every script in it can read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.scopes import Stored
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    Closure,
    Const,
    Member,
    Operation,
    Outcome,
    Param,
    Sequence,
    Symbol,
    Table,
    Value,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project, Site
    from jwtaudit.source import Place
    from jwtaudit.values import Arm, FunctionId

COOKIE, DEVICE = "cookie", "device"

# A cookie as ``document.cookie`` takes it, up to its value.
_NAME = re.compile(r"^\s*([^=;\s]+)=")
_EXPIRED = re.compile(r"(?i)max-age=(?:0|-\d+)\b|expires=Thu, 0?1[ -]Jan[ -]1970")
_MAX_STATES = 40


class Kept(NamedTuple):
    """Something that is written there.

    Attributes:
        place: the write, or the call of the project's own function that only passes it on.
        key: the name under which it is kept.
        value: what is kept; ABSENT where only the name is told.
        where: nothing for web storage, else ``cookie`` or ``device``.
        given: the place of the library's function, where another one calls it.
    """

    place: Place
    scope: FunctionId
    path: tuple[Arm, ...]
    key: Value
    value: Value
    where: str
    given: Place | None = None


def kept(project: Project) -> Iterator[Kept]:
    """Every write to a storage that scripts can read."""
    for site in project.sites("storage"):
        yield from _from_site(project, site)
    for site in project.sites("storage-hook"):
        if not _is_server_cookie(site):
            yield _entry(project, site, site.argument("name"), ABSENT)
    for event in project.events:
        if isinstance(event, Stored):
            yield from _assigned(project, event)
    for site in project.sites("storage-state"):
        yield from _state(project, site)


def storage_reads(project: Project, value: Value) -> Iterator[str]:
    """The names under which a value may have been kept, if it was read from a storage."""
    for part in walk(value):
        if isinstance(part, Outcome):
            model = project.model_of(part.call)
            if model is not None and model.role == "storage-read":
                name = project.argument(part.call, model, "name")
                yield from texts(name)
        elif isinstance(part, Member) and _role(project, part.base) == "storage-object":
            yield from texts(part.key)


def texts(value: Value) -> Iterator[str]:
    """The texts that a value may be."""
    for option in options(value):
        if isinstance(option, Const) and isinstance(option.value, str):
            yield option.value


# -- calls ---------------------------------------------------------------------------------------


def _from_site(project: Project, site: Site) -> Iterator[Kept]:
    if _is_server_cookie(site):
        return
    if "pairs" in site.model.meanings:
        for pair in _items(site.argument("pairs")):
            if isinstance(pair, Sequence) and len(pair.items) > 1:
                yield _entry(project, site, *pair.items[:2])
        return
    yield _entry(project, site, site.argument("name"), site.argument("value"))


def _is_server_cookie(site: Site) -> bool:
    """Whether the server sets the cookie, and no script reads it."""
    return any(isinstance(o, Const) and bool(o.value) for o in options(site.argument("httponly")))


def _entry(project: Project, site: Site, key: Value, value: Value) -> Kept:
    call = _telling(project, site)
    given = site.place if call.place != site.place else None
    return Kept(call.place, call.scope, call.path, key, value, site.model.effect, given)


def _telling(project: Project, site: Site) -> Call:
    """The innermost call that says under which name something is kept.

    What only passes on a name and a value keeps nothing by itself.
    """
    original = site.call.origin or site.call
    key = project.argument(original, site.model, "name")
    for call in site.chain:
        if not any(isinstance(part, Param) for part in walk(key)):
            break
        original = call
        key = next((a.value for a in call.arguments if list(texts(a.value))), key)
    return original


def _items(value: Value) -> Iterator[Value]:
    for option in options(value):
        if isinstance(option, Sequence):
            yield from option.items


# -- assignments ---------------------------------------------------------------------------------


def _assigned(project: Project, event: Stored) -> Iterator[Kept]:
    """``localStorage.token = ...`` and ``document.cookie = "token=" + ...``."""
    role = _role(project, event.base)
    if role == "storage-object":
        yield Kept(event.place, event.scope, event.path, event.key, event.value, "")
    elif isinstance(event.base, Symbol) and isinstance(event.key, Const):
        symbol = Symbol(f"{event.base.name}.{event.key.value}")
        if _role(project, symbol) == "cookie-text":
            for key, value in _cookies(event.value):
                yield Kept(event.place, event.scope, event.path, key, value, COOKIE)


def _cookies(text: Value) -> Iterator[tuple[Value, Value]]:
    """The name and the value of a cookie that is written as a text."""
    from jwtaudit.program.bearers import pieces  # noqa: PLC0415 - which asks for storages, too

    for option in options(text):
        first, *others = pieces(option) or (ABSENT,)
        said = "".join(p.value for p in (first, *others) if _is_text(p))  # type: ignore[union-attr]
        if _EXPIRED.search(said):
            continue
        if not _is_text(first):  # `${name}=${value}`
            if others and _is_text(others[0]) and str(others[0].value).startswith("="):  # type: ignore[union-attr]
                yield first, others[1] if len(others) > 1 else ABSENT
            continue
        found = _NAME.match(str(first.value))  # type: ignore[union-attr]
        if found is None:
            continue
        rest = str(first.value)[found.end() :]  # type: ignore[union-attr]
        name = Const(found[1], place=first.place)
        yield name, Const(rest.partition(";")[0]) if rest or not others else others[0]


def _is_text(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, str)


# -- stores that are kept as a whole -------------------------------------------------------------


def _state(project: Project, site: Site) -> Iterator[Kept]:
    """The parts of an object that is kept, each under its own name."""
    where = site.argument("where")
    if _is_protected(where) or not _is_on(site):
        return
    chosen = list(_chosen(project, site))
    for key in chosen or _fields(project, site.argument("state")):
        yield Kept(site.place, site.call.scope, site.call.path, key, ABSENT, "")


def _is_protected(where: Value) -> bool:
    """Whether the storage is one that encrypts, going by its name."""
    from jwtaudit.program.names import names_of, words  # noqa: PLC0415

    return any(
        {"secure", "encrypted", "encrypt", "keychain", "memory"} & set(words(name))
        for part in walk(where)
        for name in ((part.name,) if isinstance(part, Symbol) else names_of(part))
    )


def _is_on(site: Site) -> bool:
    """Whether a store is kept at all, where that is a choice."""
    if "switch" not in site.model.inside:
        return True
    return any(
        not isinstance(option, Absent) and not (isinstance(option, Const) and not option.value)
        for value in (site.argument("switch"), _own(site, "persist"))
        for option in options(value)
    )


def _own(site: Site, name: str) -> Value:
    """An entry of the store's own description."""
    for option in options(site.argument("state")):
        if isinstance(option, Table):
            return option.entries.get(name, ABSENT)
    return ABSENT


def _chosen(project: Project, site: Site) -> Iterator[Value]:
    """The parts that are named as those to keep."""
    named = [site.argument("parts")]
    for value in (site.argument("switch"), _own(site, "persist")):
        for option in options(value):
            if isinstance(option, Table):
                named += [option.entries[k] for k in ("pick", "paths") if k in option.entries]
    for value in named:
        for option in options(value):
            if isinstance(option, Sequence):
                yield from option.items
            elif isinstance(option, Closure):
                yield from _keys(_result(project, option))


def _fields(project: Project, state: Value) -> Iterator[Value]:
    """The names of what a store holds."""
    for option in options(state):
        if isinstance(option, Closure):
            yield from _keys(_result(project, option))
        elif isinstance(option, Table):
            inner = option.entries.get("state")
            if inner is not None:
                yield from _fields(project, inner)
            else:
                yield from _keys(option)


def _result(project: Project, function: Closure) -> Value:
    scope = project.functions.get(function.id)
    if scope is None:
        return ABSENT
    project.interpreter.function(scope)
    return scope.returned


def _keys(value: Value) -> Iterator[Value]:
    """The names of the entries of an object, and of the objects in it."""
    queue = [*options(value)]
    for _ in range(_MAX_STATES):
        if not queue:
            return
        table = queue.pop()
        if isinstance(table, Table):
            for name, entry in table.entries.items():
                if isinstance(name, str) and not isinstance(entry, Closure):
                    yield Const(name, place=entry.place)
                    queue.extend(options(entry))


def _role(project: Project, value: Value) -> str:
    if not isinstance(value, Symbol):
        return ""
    return next((model.role for model in project.models.exactly(value.name)), "")


__all__ = ["COOKIE", "DEVICE", "Kept", "kept", "storage_reads", "texts"]
