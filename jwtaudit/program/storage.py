"""What a page or an app keeps where every script in it can read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.cookie_texts import cookie_text
from jwtaudit.program.names import names_of, words
from jwtaudit.program.scopes import Assigned, Stored, Tested
from jwtaudit.program.texts import pieces
from jwtaudit.program.travels import event_values
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
    join,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.models import Model
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import Arm, FunctionId

COOKIE, DEVICE = "cookie", "device"

_MAX_STEPS = 200
_PROTECTED = frozenset({"secure", "encrypted", "encrypt", "keychain", "keystore", "memory"})
_SETTERS = frozenset({"set", "put", "save", "store", "setItem"})
_SPELT = frozenset({"upper", "lower", "strip", "identity"})
_STORAGE, _SERVICE = ("storage",), ("service",)


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
        if not _is_server_cookie(site) and (held := _held(project, site)) is not None:
            yield _entry(project, site, site.argument("name"), held)
    for site in project.sites("storage-state"):
        yield from _state(project, site)
    for event in project.events:
        if project.is_script(event.place.path):
            yield from _so_called(project, event)


def storage_reads(project: Project, value: Value) -> Iterator[str]:
    """The names under which a value may have been kept, if it was read from a storage."""
    for part in walk(value):
        if isinstance(part, Outcome):
            model = project.model_of(part.call)
            if model is not None and model.role == "storage-read":
                name = project.argument(part.call, model, "name")
                yield from texts(name)


def texts(value: Value) -> Iterator[str]:
    """The texts that a value may be."""
    for option in options(value):
        found = [p.value if isinstance(p, Const) else None for p in parts_of_key(option)]
        parts = [part for part in found if isinstance(part, str)]
        if parts and len(parts) == len(found):
            yield "".join(parts)


def parts_of_key(value: Value) -> tuple[Value, ...]:
    """The parts that a name is put together of, whatever is done to its letters."""
    while isinstance(value, Operation) and value.operator in _SPELT and len(value.operands) == 1:
        value = value.operands[0]
    return pieces(value)


# -- calls ---------------------------------------------------------------------------------------


def _from_site(project: Project, site: Site) -> Iterator[Kept]:
    if _is_server_cookie(site) or _is_protected(Symbol(site.call.name), site.call.receiver):
        return
    if "pairs" in site.model.meanings:
        for pair in _items(site.argument("pairs")):
            if isinstance(pair, Sequence) and len(pair.items) > 1:
                yield _entry(project, site, *pair.items[:2])
        return
    if "entries" in site.model.meanings:
        for option in options(site.argument("entries")):
            for name, value in option.entries.items() if isinstance(option, Table) else ():
                yield _entry(project, site, Const(name, place=site.place), value)
        return
    if "cookie" in site.model.meanings:
        for option in options(site.argument("cookie")):
            for made in _made_cookies(project, option):
                yield _entry(project, site, *made)
            text = cookie_text(option)
            if text is not None and not text.is_deletion:
                yield _entry(project, site, text.key, text.value[0])
        return
    if not _is_left_out(project, site):
        yield _entry(project, site, site.argument("name"), site.argument("value"))


def _is_left_out(project: Project, site: Site) -> bool:
    """Whether a caller gives nothing to keep: the function also gives what was kept before."""
    if "value" in site.model.meanings and not site.chain and isinstance(site.own("value"), Absent):
        return True
    original = site.call.origin
    return (
        original is not None
        and isinstance(site.argument("value"), Absent)
        and isinstance(project.argument(original, site.model, "value"), Param)
    )


def _made_cookies(project: Project, text: Value) -> Iterator[tuple[Value, Value]]:
    """The name and the value that a library makes the text of a cookie of."""
    for part in pieces(text):
        model = project.model_of(part.call) if isinstance(part, Outcome) else None
        if isinstance(part, Outcome) and model is not None and model.role == "cookie":
            name = project.argument(part.call, model, "name")
            yield name, project.argument(part.call, model, "value")


def cookies_of_pages(project: Project) -> frozenset[Place]:
    """The calls that make the text of a cookie which a script of the page sets."""
    return frozenset(
        part.call.place
        for site in project.sites("storage")
        if "cookie" in site.model.meanings
        for option in options(site.argument("cookie"))
        for part in pieces(option)
        if isinstance(part, Outcome)
    )


def _is_server_cookie(site: Site) -> bool:
    """Whether the server sets the cookie, and no script reads it."""
    return any(isinstance(o, Const) and bool(o.value) for o in options(site.argument("httponly")))


def _held(project: Project, site: Site) -> Value | None:
    """What a kept variable is given; ABSENT where others may, None where it is only read."""
    given: list[Value] = []
    for event in project.events_in(site.place.path):
        if isinstance(event, (Assigned, Tested)):
            continue
        if (value := _given(project, site, event)) is not None:
            given.append(value)
        elif site.model.effect == COOKIE and any(
            _is_of(site, part) for value in event_values(event) for part in _handed(value)
        ):
            return ABSENT
    if site.model.effect != COOKIE:
        return join(*given, ABSENT)
    return join(*given) if given else None


def _given(project: Project, site: Site, event: Event) -> Value | None:
    """What an event gives to a variable: ``kept.value = x``, ``set(x)`` of ``[kept, set]``."""
    if isinstance(event, Stored):
        return event.value if _is_of(site, event.base) else None
    if not isinstance(event, Call) or event.receiver is None or not event.arguments:
        return None
    setter, method = event.receiver, event.name.rpartition(".")[2]
    is_second = isinstance(setter, Member) and _is_of(site, setter.base) and setter.name != "0"
    if not (is_second if not method else method in _SETTERS and _is_of(site, setter)):
        return None
    value = event.arguments[0].value  # or a function that makes it of what was there
    return _result(project, value) if isinstance(value, Closure) else value


def _is_of(site: Site, value: Value) -> bool:
    return isinstance(value, Outcome) and value.call.place == site.call.place


def _handed(value: Value) -> Iterator[Value]:
    """A value as it is handed on: by itself, or in an object or a list."""
    for option in options(value):
        yield option
        if isinstance(option, Table):
            yield from option.entries.values()
    yield from _items(value)


def _entry(project: Project, site: Site, key: Value, value: Value) -> Kept:
    call = _telling(project, site)
    given = site.place if call.place != site.place else None
    return Kept(call.place, call.scope, call.path, key, value, site.model.effect, given)


def _telling(project: Project, site: Site) -> Call:
    """The innermost call that says under which name something is kept.

    What only passes on a name and a value keeps nothing by itself.
    """
    original = site.call.origin or site.call
    key, whole = (_name(project, call, site.model) for call in (original, site.call))
    ends = [text for part in parts_of_key(whole) for text in texts(part)]
    for call in site.chain:
        if not any(isinstance(part, Param) for part in walk(key)):
            break
        original = call
        given = {text for argument in call.arguments for text in texts(argument.value)} - {""}
        if any(end.endswith(text) for text in given for end in ends):
            break
    return original


def _name(project: Project, call: Call, model: Model) -> Value:
    if "cookie" not in model.meanings:
        return project.argument(call, model, "name")
    text = cookie_text(project.argument(call, model, "cookie"))
    return ABSENT if text is None else text.key


def _items(value: Value) -> Iterator[Value]:
    for option in options(value):
        if isinstance(option, Sequence):
            yield from option.items


# -- by name -------------------------------------------------------------------------------------


def _so_called(project: Project, event: Event) -> Iterator[Kept]:
    """``this.storage.set(name, value)`` and ``storage().name = value``, of nothing known."""
    if isinstance(event, Stored):
        base, key, value = event.base, event.key, event.value
    elif isinstance(event, Call) and len(event.arguments) > 1 and event.receiver is not None:
        if event.target is not None or event.name.rpartition(".")[2] not in _SETTERS:
            return
        base, key, value = event.receiver, event.arguments[0].value, event.arguments[1].value
        if project.model_of(event) is not None:
            return
    else:
        return
    if not isinstance(base, Symbol) and _is_storage(base) and not _is_protected(base, None):
        yield Kept(event.place, event.scope, event.path, key, value, "")


def _is_storage(value: Value) -> bool:
    found = (words(name) for name in names_of(value))
    return any(
        _STORAGE in (told[-1:], told[-2:-1] if told[-1:] == _SERVICE else ()) for told in found
    )


# -- stores that are kept as a whole -------------------------------------------------------------


def _state(project: Project, site: Site) -> Iterator[Kept]:
    """The parts of an object that is kept, each under its own name."""
    where = join(*_where(project, site.argument("where")))
    if _is_protected(where, None) or not _is_on(site):
        return
    if _is_none(site.argument("parts")):
        return
    chosen = {name: part for part in _chosen(project, site) for name in texts(part)}
    left_out = {name for part in _items(site.argument("without")) for name in texts(part)}
    fields = list(_fields(project, _whole(project, site)))
    # what holds others is told by them
    holders = {holder for path in fields for holder in path[:-1]}
    keys = {name: part for name, part in chosen.items() if name not in holders}
    for path in fields:
        kept_too = not left_out & set(path) and (not chosen or chosen.keys() & set(path))
        if kept_too and path[-1] not in holders:
            keys.setdefault(path[-1], Const(path[-1], place=site.place))
    for key in keys.values():
        yield Kept(site.place, site.call.scope, site.call.path, key, ABSENT, "")


def _is_none(parts: Value) -> bool:
    """Whether what is to be kept is an empty list."""
    return isinstance(parts, Sequence) and not parts.items and not parts.rest


def _whole(project: Project, site: Site) -> Value:
    """The state; of a plugin, what it is given to along with itself."""
    if "state" in site.model.parameters:
        return site.argument("state")
    stores = [event for event in project.holders(site.place) if isinstance(event, Call)]
    return join(*(argument.value for store in stores for argument in store.arguments))


def _is_protected(where: Value, receiver: Value | None) -> bool:
    """Whether the storage is one that encrypts, or forgets, going by its names."""
    return any(
        _PROTECTED & set(words(name))
        for value in (where, receiver or ABSENT)
        for part in walk(value)
        for name in ((part.name,) if isinstance(part, Symbol) else names_of(part))
    ) or any(
        argument.name == "encryptionKey"
        or "encryptionKey" in getattr(argument.value, "entries", ())
        for argument in (receiver.call.arguments if isinstance(receiver, Outcome) else ())
    )


def _where(project: Project, value: Value) -> Iterator[Value]:
    """A storage, and what a library makes it of: ``createJSONStorage(() => secureStorage)``."""
    yield value
    for part in walk(value):
        for argument in part.call.arguments if isinstance(part, Outcome) else ():
            given = argument.value
            yield _result(project, given) if isinstance(given, Closure) else given


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
                yield from _named(_result(project, option))


def _named(value: Value) -> Iterator[Value]:
    for option in options(value):
        if isinstance(option, Table):
            yield from (Const(k, place=v.place) for k, v in option.entries.items())


def _fields(project: Project, state: Value) -> Iterator[tuple[str, ...]]:
    """The names of what a store holds, each behind those of the objects that it is in.

    A store is an object, a function that gives one or takes it for its first parameter, or what
    a library makes of these.
    """
    queue: list[tuple[Value, tuple[str, ...]]] = [(state, ())]
    for _ in range(_MAX_STEPS):
        if not queue:
            return
        value, path = queue.pop()
        for option in options(value):
            if isinstance(option, Table):
                for name, entry in option.entries.items():
                    if isinstance(name, str) and not isinstance(entry, Closure):
                        yield (*path, name)
                    queue.append((entry, (*path, str(name))))
            elif isinstance(option, Closure):
                queue += [(found, path) for found in _states(project, option)]
            elif isinstance(option, Member):
                queue.append((option.base, path))
            elif isinstance(option, Outcome):
                queue += [(argument.value, path) for argument in option.call.arguments]


def _states(project: Project, function: Closure) -> Iterator[Value]:
    scope = project.functions.get(function.id)
    if scope is not None:
        yield from (parameter.default for parameter in list(scope.parameters.values())[:1])
        yield _result(project, function)


def _result(project: Project, function: Closure) -> Value:
    scope = project.functions.get(function.id)
    if scope is None:
        return ABSENT
    project.interpreter.function(scope)
    return scope.returned


__all__ = [
    "COOKIE",
    "DEVICE",
    "Kept",
    "cookies_of_pages",
    "kept",
    "parts_of_key",
    "storage_reads",
    "texts",
]
