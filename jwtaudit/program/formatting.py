"""Texts that are made of constants by a template: ``"%s-%s" % (a, b)`` and ``"{}".format(a)``."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

from jwtaudit.values import Const, Sequence, Table, Value

if TYPE_CHECKING:
    from jwtaudit.source import Place
    from jwtaudit.values import Bound

# Without widths and precisions: a short template could ask for a result of any size.
_PERCENT = re.compile(r"%%|%(\(\w+\))?[sdr]")
_LONGEST = 10_000


def percent(template: Value, given: Value, place: Place) -> Const | None:
    """``template % given``; None where not all of it is known."""
    text = _text(template)
    if text is None or "%" in _PERCENT.sub("", text):
        return None
    if isinstance(given, Table):
        values = None if given.rest else _constants(tuple(given.entries.values()))
        arguments: Any = None if values is None else dict(zip(given.entries, values, strict=True))
        parts: tuple[Value, ...] = tuple(given.entries.values())
    else:
        parts = given.items if isinstance(given, Sequence) else (given,)
        arguments = None if isinstance(given, Sequence) and given.rest else _constants(parts)
    if arguments is None:
        return None
    try:
        result = text % arguments
    except (TypeError, ValueError, KeyError):
        return None
    return _constant(result, (template, *parts), place)


def formatted(template: Value, arguments: tuple[Bound, ...], place: Place) -> Const | None:
    """``template.format(...)``; None where not all of it is known."""
    text = _text(template)
    values = _constants(tuple(a.value for a in arguments))
    if text is None or values is None or any(a.spread for a in arguments):
        return None
    try:
        for _, field, spec, conversion in Formatter().parse(text):
            if field is not None and (spec or conversion or not re.fullmatch(r"\w*", field)):
                return None
        both = tuple(zip(arguments, values, strict=True))
        result = text.format(
            *(value for argument, value in both if argument.name is None),
            **{argument.name: value for argument, value in both if argument.name is not None},
        )
    except (IndexError, KeyError, ValueError):
        return None
    return _constant(result, (template, *(a.value for a in arguments)), place)


def joined(separator: Value, items: Value, place: Place) -> Const | None:
    """``separator.join(items)``; None where not all of it is known."""
    text = _text(separator)
    if text is None or not isinstance(items, Sequence) or items.rest:
        return None
    values = _constants(items.items)
    if values is None or not all(isinstance(value, str) for value in values):
        return None
    return _constant(text.join(map(str, values)), (separator, *items.items), place)


def _text(value: Value) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def _constants(values: tuple[Value, ...]) -> tuple[Any, ...] | None:
    known = tuple(value.value for value in values if isinstance(value, Const))
    return known if len(known) == len(values) else None


def _constant(text: str, parts: tuple[Value, ...], place: Place) -> Const | None:
    if len(text) > _LONGEST:
        return None
    return Const(text, place=place, trace=tuple(step for part in parts for step in part.trace))
