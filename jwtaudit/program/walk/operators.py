"""What operators make of values that are known in part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program.formatting import percent
from jwtaudit.program.operations import as_table, empty, extend, fold, is_test, is_text
from jwtaudit.values import (
    ABSENT,
    Absent,
    Const,
    Env,
    Join,
    Operation,
    Param,
    Sequence,
    Setting,
    Table,
    Value,
    join,
    merge,
    options,
)

if TYPE_CHECKING:
    from jwtaudit.source import Place


# What makes nothing of nothing.
_KEEPS_NOTHING = frozenset({"identity", "lower", "strip", "upper"})


def operate(operator: str, left: Value, right: Value, place: Place) -> Value:
    """``left operator right``: folded, merged, extended, or told as it is."""
    if isinstance(left, Const) and isinstance(right, Const):
        folded = fold(operator, left.value, right.value)
        if folded is not None:
            return Const(folded, place=place, trace=(*left.trace, *right.trace))
    made = percent(left, right, place) if operator == "%" else None
    if made is not None:
        return made
    if operator == "|" and (isinstance(left, Table) or isinstance(right, Table)):
        return merge(as_table(left), (right,))
    if operator == "+" and isinstance(left, Sequence):
        return extend(left, right)
    if operator in ("+", "%") and is_text(left, right):
        return Operation("text", (left, right), place=place)
    return Operation(operator, (left, right), place=place)


def either(left: Value, right: Value, place: Place) -> Value:
    """The left value, or the right one where the left one is nothing."""
    if isinstance(left, Const) and left.value:
        return left
    if isinstance(left, (Env, Setting)) and isinstance(right, Const):
        if isinstance(left.default, Absent) or empty(left.default):
            return replace(left, default=right, place=place)
        return left
    parts = [
        _filled(o)
        for o in options(left)
        if not isinstance(o, Absent) and not (isinstance(o, Const) and not o.value)
    ]
    if not parts:
        return right
    return (
        join(Operation("or", (join(*parts), right), place=place))
        if is_test(left)
        else _ordered(join(*parts, right))
    )


def _filled(value: Value) -> Value:
    """A lookup without its default, where that is nothing: what stands behind ``or`` is taken."""
    if isinstance(value, (Env, Setting, Param)) and isinstance(value.default, Const):
        return value if value.default.value else replace(value, default=ABSENT)
    if isinstance(value, Operation) and value.operator in _KEEPS_NOTHING:
        return replace(value, operands=tuple(map(_filled, value.operands)))
    return value


def _ordered(value: Value) -> Value:
    return replace(value, ordered=True) if isinstance(value, Join) else value
