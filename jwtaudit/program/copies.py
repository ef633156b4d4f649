"""Mappings that a comprehension makes of all that an object holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.travels import deep
from jwtaudit.resources import words_of_data
from jwtaudit.values import Const, Member, Operation, Outcome, Value, root_of, same

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIELDS = "__dict__"
_PRIVATE = "_"


def copied(item: Value, iterable: Value, tests: Iterable[Value]) -> Value | None:
    """The fields of the object that ``{c.name: getattr(u, c.name) for c in u.__table__.c}`` copies.

    Only where it leaves out nothing, or no more than what its own machinery keeps in it:
    ``if k != "_sa_instance_state"``.
    """
    if not all(map(_asks_for_private, tests)):
        return None
    while isinstance(item, Operation) and item.operator == "text" and len(item.operands) == 1:
        item = item.operands[0]
    if isinstance(item, Outcome) and item.call.name == "getattr" and item.call.arguments:
        whole = item.call.arguments[0].value
        if any(same(part, whole) or _lists_columns(part) for part in deep(iterable)):
            return Member(whole, Const(_FIELDS), item=False, place=item.place)
    elif (
        isinstance(iterable, Outcome)
        and iterable.call.name.endswith(".items")
        and same(root_of(item), iterable)
    ):
        return iterable.call.receiver  # `{k: v for k, v in user.__dict__.items()}`
    return None


def _lists_columns(part: Value) -> bool:
    return isinstance(part, Member) and part.name in words_of_data("records", "listing")


def _asks_for_private(test: Value) -> bool:
    """Whether a condition is only about names that begin with an underscore."""
    texts = [
        part.value for part in deep(test) if isinstance(part, Const) and isinstance(part.value, str)
    ]
    return bool(texts) and all(text.startswith(_PRIVATE) for text in texts)
