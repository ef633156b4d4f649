"""Texts that are put together: of which values, and what they give away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.values import (
    Call,
    Const,
    Join,
    Member,
    Operation,
    Outcome,
    Sequence,
    Table,
    Value,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Operations whose result tells its operand.
_TELLING = frozenset(
    {
        "or",
        "identity",
        "strip",
        "lower",
        "upper",
        "join",
        "each",
        "pad",
        "text",
        "+",
        "%",
        "replace",
        "split",
    }
    | {"json-encode", "url-encode", "base64-encode", "base64url-encode"}
)
_MAX_PARTS = 200
_MAX_ALTERNATIVES = 6
_FORMAT = "str.format"
_FIELD = re.compile(r"\{([^{}!:]*)(?:![rsa])?(?::[^{}]*)?\}")
_PERCENT = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[srdiax]")


def told(value: Value) -> Iterator[Value]:
    """The values that a text, a log line or a message made of this one gives away."""
    stack = [value]
    for _ in range(_MAX_PARTS):
        if not stack:
            return
        current = stack.pop()
        if isinstance(current, Join):
            stack.extend(_alternatives(current))
        elif isinstance(current, Operation) and current.operator in _TELLING:
            stack.extend(_operands(current))
        elif isinstance(current, Table):
            stack.extend((*current.entries.values(), *current.rest))
        elif isinstance(current, Sequence):
            stack.extend((*current.items, *current.rest))
        elif isinstance(current, Outcome) and current.call.name == _FORMAT:
            stack.extend(argument.value for argument in current.call.arguments)
        else:
            yield current


def is_spelt(value: Value, text: Value) -> bool:
    """Whether a value itself, and not what was made of it, is put into a text as a part of it."""
    return any(
        part is value
        for made in walk(text)
        if isinstance(made, Operation) and made.operator in ("text", "+")
        for operand in made.operands
        for part in options(operand)
    )


def _alternatives(value: Join) -> Iterable[Value]:
    """What may be given away: nothing of many, and of what is taken apart only the parts."""
    found = options(value)
    if len(found) > _MAX_ALTERNATIVES:
        return ()
    wholes = [part for each in found for part in walk(_whole(each)) if part is not each]
    return [each for each in found if not any(same(each, whole) for whole in wholes)]


def _whole(part: Value) -> Value:
    """What a value is taken from, by whichever spelling; itself when from nothing."""
    if isinstance(part, Member):
        return part.base
    if isinstance(part, Outcome) and part.call.receiver is not None:
        return part.call.receiver
    return part


def _operands(value: Operation) -> tuple[Value, ...]:
    first = value.operands[0]
    if isinstance(first, Const) and isinstance(first.value, str) and "%." in first.value:
        return ()  # cut to a length
    return value.operands


def pieces(value: Value) -> tuple[Value, ...]:
    """A text as its parts in order, templates taken apart; a value that is no text is alone."""
    if isinstance(value, Outcome) and value.call.name == _FORMAT:
        return _formatted(value.call)
    if not isinstance(value, Operation) or value.operator not in ("text", "+"):
        return (value,)
    template = value.operands[0]
    if isinstance(template, Const) and isinstance(template.value, str):
        texts = _PERCENT.split(template.value)
        if len(texts) > 1 and len(value.operands) == 2:
            given = value.operands[1]
            return _filled(texts, list(given.items) if isinstance(given, Sequence) else [given])
    return tuple(part for operand in value.operands for part in pieces(operand))


def _formatted(call: Call) -> tuple[Value, ...]:
    template = call.receiver
    if not isinstance(template, Const) or not isinstance(template.value, str):
        return ()
    positional = [a.value for a in call.arguments if a.name is None]
    named = {a.name: a.value for a in call.arguments if a.name is not None}
    texts = _FIELD.split(template.value)
    given: list[Value] = []
    for index, field in enumerate(texts[1::2]):
        number = int(field) if field.isdigit() else index
        default = positional[number] if number < len(positional) else Const("")
        given.append(named.get(field, default))
    return _filled(texts[::2], given)


def _filled(texts: list[str], given: list[Value]) -> tuple[Value, ...]:
    out: list[Value] = [Const(texts[0])]
    for text, value in zip(texts[1:], given, strict=False):
        out.extend((value, Const(text)))
    return tuple(out)
