"""Tokens that a program signs or verifies by its own means: a MAC over two parts and a dot."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.context import is_test
from jwtaudit.values import (
    Absent,
    Call,
    Const,
    Member,
    Operation,
    Outcome,
    Param,
    Table,
    Value,
    entry,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.models import Library
    from jwtaudit.program.project import Project
    from jwtaudit.source import Place

_DOTS = (".", b".")
_JOINS = ("text", "+", "join")
_PARTS = 2


class HandmadeKey(NamedTuple):
    """The key of such a token, and what is done with it."""

    value: Value
    place: Place
    library: Library
    role: str


def handmade_keys(project: Project) -> Iterator[HandmadeKey]:
    """The keys of tokens made by hand, outside of tests."""
    for call in macs(project):
        if signs_parts(project, call, Member):
            role = "verify"
        elif _makes_token(project, call):
            role = "sign"
        else:
            continue
        keyed = mac_key(project, call)
        if keyed is not None:
            yield HandmadeKey(*keyed, role)


def macs(project: Project) -> Iterator[Call]:
    """The calls that give data to a message authentication code, outside of tests."""
    for call in project.calls:
        model = project.model_of(call)
        if model is None or model.effect != "mac" or is_test(call.place.path):
            continue
        if isinstance(project.argument(call, model, "value"), Absent):
            continue  # what it is made of is given later: `mac.update(...)`
        if "scheme" not in model.meanings or _is_hmac(project.argument(call, model, "scheme")):
            yield call


def _is_hmac(scheme: Value) -> bool:
    """Whether a function that signs in several ways is asked for a MAC, by name or in a table."""
    named = entry(scheme, "name") if isinstance(scheme, Table) else scheme
    return any(isinstance(o, Const) and str(o.value).upper() == "HMAC" for o in options(named))


def mac_key(project: Project, call: Call) -> tuple[Value, Place, Library] | None:
    """The key of a call that computes a MAC; it may have been given to what it is called on."""
    maker = call.receiver.call if isinstance(call.receiver, Outcome) else call
    model = project.model_of(maker)
    if model is None or "key" not in model.meanings:
        return None
    return project.argument(maker, model, "key"), call.place, model.library


def holder(call: Call) -> Call:
    """What gives the code: where a text is added by a statement of its own, what it is added to."""
    added = call.discarded and isinstance(call.receiver, Outcome)
    return call.receiver.call if added and isinstance(call.receiver, Outcome) else call


def signs_parts(project: Project, call: Call, kind: type[Member | Param]) -> bool:
    """Whether two parts of a token (or two parameters), joined by a dot, are what is signed."""
    for inside in _texts(project, call):
        parts = [
            p
            for p in inside
            if isinstance(p, kind) and (not isinstance(p, Member) or is_split(p.base))
        ]
        within = {id(v) for p in parts if isinstance(p, Member) for v in walk(p.base)}
        outermost = [p for p in parts if id(p) not in within]  # the token may be split off itself
        if len(outermost) == _PARTS and any(_is_dot(p) for p in inside):
            return True
        if kind is Member and any(_is_first_two(p) for p in inside):
            return True
    return False


def _is_first_two(value: Value) -> bool:
    """Whether a value is ``token.split(".")[:2]``."""
    if not (isinstance(value, Member) and is_split(value.base)):
        return False
    bounds = value.key
    return (
        isinstance(bounds, Operation)
        and bounds.operator == "opaque"
        and [o.value for o in bounds.operands if isinstance(o, Const)] in ([2], [0, 2], [-1])
    )


def is_split(value: Value) -> bool:
    """Whether a value is a text that was split."""
    return isinstance(value, Operation) and value.operator == "split"


def _makes_token(project: Project, call: Call) -> bool:
    """Whether an encoded header that names an algorithm, a dot and a payload are signed."""
    for inside in _texts(project, call):
        encoded = [
            p
            for p in inside
            if isinstance(p, Operation) and p.operator in ("base64-encode", "base64url-encode")
        ]
        named = any(
            isinstance(p, Table) and "alg" in p.entries for part in encoded for p in walk(part)
        )
        if named and len(encoded) >= _PARTS and any(_is_dot(p) for p in inside):
            return True
    return False


def _texts(project: Project, call: Call) -> Iterator[list[Value]]:
    """The parts of each text that is put together for a call."""
    model = project.model_of(call)
    if model is None:
        return
    for value in _given(project, project.argument(call, model, "value")):
        for text in walk(value):
            if isinstance(text, Operation) and text.operator in _JOINS:
                yield list(walk(text))


def _given(project: Project, value: Value) -> Iterator[Value]:
    """A value, and what callers give for it where it is a function's parameter."""
    yield value
    for part in walk(value):
        if isinstance(part, Param):
            for caller in project.callers.get(part.function, ()):
                yield from (a.value for a in caller.arguments if a.name == part.name)


def _is_dot(value: Value) -> bool:
    return isinstance(value, Const) and value.value in _DOTS
