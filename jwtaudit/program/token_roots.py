"""What tokens are made of, and whether two expressions mean the same token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.token_sources import is_request
from jwtaudit.values import (
    Absent,
    Call,
    Const,
    Join,
    Member,
    Operation,
    Outcome,
    Table,
    Value,
    member,
    options,
    root_of,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_DEPTH = 5
_OF_SCHEMAS = frozenset({"parse", "parseAsync", "safeParse", "safeParseAsync", "validate"})


def alike(a: Value, b: Value) -> bool:
    """Whether two expressions mean the same token, however it was cut out of what holds it."""
    ours, theirs = list(roots(a)), list(roots(b))
    return any(_alike(x, y) for x in ours for y in theirs)


def handed(call: Call) -> Iterator[Value]:
    """What a call is given, also in a mapping: ``userinfo(token={"access_token": token})``."""
    for argument in call.arguments:
        for option in options(argument.value):
            entries = option.entries.values() if isinstance(option, Table) else ()
            for value in (option, *entries):
                yield from roots(value)


def roots(token: Value, depth: int = 0) -> Iterator[Value]:
    """What a token was made of, transformations and unknown conversions taken off."""
    if depth > _MAX_DEPTH:
        return
    for option in options(token):
        if isinstance(option, Operation):
            for operand in option.operands:
                yield from roots(operand, depth + 1)
        elif isinstance(option, Member) and isinstance(option.base, (Operation, Join)):
            yield from roots(option.base, depth + 1)
        else:
            yield option
            if isinstance(option, Member) and (checked := _checked(option)) is not None:
                yield from roots(checked, depth + 1)
            if isinstance(option, Outcome):
                for argument in option.call.arguments:
                    if not is_request(argument.value):
                        yield from roots(argument.value, depth + 1)


def _checked(entry: Member) -> Value | None:
    """The entry as it was given to a schema: ``schema.safeParse(input).data.token``."""
    base = root_of(entry)
    if not isinstance(base, Outcome) or not base.call.arguments:
        return None
    if base.call.name.rpartition(".")[2] not in _OF_SCHEMAS or base.call.target is not None:
        return None
    return member(base.call.arguments[0].value, entry.key, item=entry.item, place=entry.place)


def _alike(a: Value, b: Value) -> bool:
    if isinstance(a, (Absent, Const)) or isinstance(b, (Absent, Const)):
        return False
    if same(a, b):
        return True
    if isinstance(b, Member) and not b.item and same(a, b.base):
        return True  # what is verified is the object that holds the token
    if isinstance(a, Outcome) and isinstance(b, Outcome):
        one, two = a.call, b.call
        if not one.name or one.name != two.name or len(one.arguments) != len(two.arguments):
            return False
        mine, other = one.receiver, two.receiver
        if mine is None or other is None:
            if mine is not other:
                return False
        elif not (same(mine, other) or _alike(mine, other)):
            return False
        return all(
            same(x.value, y.value) for x, y in zip(one.arguments, two.arguments, strict=True)
        )
    return False
