"""Signing keys inside what a program writes or sends."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.names import is_masked, names_of, words
from jwtaudit.program.stores import read_of
from jwtaudit.program.texts import told
from jwtaudit.program.token_sources import has_role
from jwtaudit.values import (
    Const,
    Env,
    Member,
    Operation,
    Outcome,
    Param,
    Setting,
    Value,
    options,
    root_of,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project

_WHOLE = frozenset({"identity", "strip"})
_SOURCES = (Const, Env, Setting, Member, Param)


def shown_keys(project: Project, value: Value, reader: str) -> Iterator[Value]:
    """The parts of a text, a mapping or a list that are a signing key, as ``reader`` sees it.

    ``reader`` is the path of the file that writes or sends it.
    """
    keys = secret_keys(project)
    # Stores are costly to look into, and give no function's parameter.
    may_be_stored = any(isinstance(key, (Const, Env, Setting)) for key in keys)
    for part in told(value) if keys else ():
        read = may_be_stored and any(map(read_of, _owners(part)))
        held = project.stores.resolve(part, reader) if read else part
        if any(_is_key(o, key) for o in options(held) for key in keys) and not is_masked(part):
            yield part


def _owners(part: Value) -> Iterator[Value]:
    """A value, and what it and its owners are read of: whoever reads a store is among them."""
    for option in options(part):
        owner: Value | None = option
        while owner is not None:
            yield owner
            if isinstance(owner, Outcome):
                owner = owner.call.receiver
            else:
                owner = owner.base if isinstance(owner, Member) else None


def secret_keys(project: Project) -> tuple[Value, ...]:
    """The keys that sign; a key that only verifies may be public."""
    found = _keys.get(project)
    if found is None:
        found = _keys[project] = tuple(_secret_keys(project))
    return found


_keys: WeakKeyDictionary[Project, tuple[Value, ...]] = WeakKeyDictionary()


def _secret_keys(project: Project) -> Iterator[Value]:
    for use in key_uses(project):
        shared = use.role == "sign" or any(name.startswith("HS") for name in use.algorithms)
        # what a function calls the key that it is given counts, too
        first = None if use.site is None else use.site.call.origin
        own = options(project.argument(first, use.site.model, "key")) if first and use.site else ()
        called = (one for one in own if isinstance(one, Param))
        for option in (*map(_whole, options(use.value)), *called):
            is_empty = isinstance(option, Const) and not option.value
            if is_empty:
                continue
            if isinstance(option, _SOURCES):
                if shared or _is_called_secret(option):
                    yield option
            elif shared and isinstance(option, Outcome) and has_role(project, option, "generator"):
                yield option
            elif use.role == "sign":
                yield from (part for part in told(option) if _is_read(project, part))


def _whole(key: Value) -> Value:
    """A key as it was before blanks around it were cut off and the like, which tells all of it."""
    while isinstance(key, Operation) and key.operator in _WHOLE:
        key = key.operands[0]
    return key


def _is_read(project: Project, value: Value) -> bool:
    """Whether a value is what stands in a file: ``open(path).read()``."""
    if not isinstance(value, Outcome):
        return False
    file = value.call.receiver if value.call.name.endswith(".read") else value
    return isinstance(file, Outcome) and has_role(project, file, "file")


def _is_called_secret(key: Value) -> bool:
    names = [key.name] if isinstance(key, (Env, Setting)) and key.name else [*names_of(key)]
    return any("secret" in words(name) for name in names)


def _is_key(part: Value, key: Value) -> bool:
    if isinstance(part, Const):
        return isinstance(part.value, (str, bytes)) and bool(part.value) and part.place == key.place
    asked = root_of(key)
    if isinstance(key, Member) and isinstance(asked, Outcome) and asked.call.origin is not None:
        return False  # what a function gave one of its callers; others ask it for something else
    return isinstance(part, (*_SOURCES, Outcome)) and same(part, key)
