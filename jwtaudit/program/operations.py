"""Operations on values that need nothing but the values: folding, decoding, joining."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jwtaudit.values import (
    UNKNOWN,
    Absent,
    Const,
    Env,
    Join,
    Member,
    Operation,
    Param,
    Sequence,
    Table,
    Unknown,
    Value,
    hop,
    join,
    merge,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtaudit import facts as f
    from jwtaudit.source import Place


def transform(effect: str, value: Value, place: Place) -> Value:
    """A value in another form; an unknown one stays itself where the form tells the same."""
    if isinstance(value, Join):
        return join(*(transform(effect, option, place) for option in value.options))
    decode = _DECODERS.get(effect)
    if isinstance(value, Const) and isinstance(value.value, (str, bytes)):
        if effect in ("identity", "as-text"):
            return value
        if decode is not None:
            try:
                return replace(value, value=decode(value.value))
            except (ValueError, binascii.Error):
                return Unknown("cannot be decoded", place=place)
        change = _CHANGES.get(effect)
        if change is not None:
            return replace(value, value=change(value.value))
    if effect == "bytes":
        return _octets(value)
    if effect == "as-text" and isinstance(value, Env):
        return replace(value, as_text=True)
    if effect in ("identity", "as-text"):
        return value
    return Operation(effect or "transform", (value,), place=place)


def _octets(value: Value) -> Value:
    """A list of numbers as the bytes that these are."""
    items = value.items if isinstance(value, Sequence) and not value.rest else ()
    numbers = [i.value for i in items if isinstance(i, Const) and isinstance(i.value, int)]
    if not items or len(numbers) < len(items) or not all(0 <= n < 256 for n in numbers):
        return value
    return Const(bytes(numbers), place=value.place, trace=value.trace)


def by_encoding(effect: str, encoding: Value) -> str:
    """The effect of decoding or encoding, as the name of an encoding says."""
    if isinstance(encoding, Absent):
        return "identity"
    name = encoding.value if isinstance(encoding, Const) else None
    if not isinstance(name, str):
        return effect if not isinstance(encoding, Const) else "identity"
    lower = name.lower()
    return f"{lower}-{effect}" if lower in ("base64", "base64url", "hex") else "identity"


def _pad(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return data + b"=" * (-len(data) % 4)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def _base64(text: str | bytes) -> bytes:
    """Bytes of either alphabet; a last letter that stands alone gives none, as Node has it."""
    try:
        return base64.b64decode(_pad(text))
    except binascii.Error:
        data = _NOT_BASE64.sub(b"", _pad(text).translate(bytes.maketrans(b"-_", b"+/")))
        return base64.b64decode(_pad(data[:-1] if len(data) % 4 == 1 else data))


_DECODERS: dict[str, Callable[[Any], bytes]] = {
    "base64-decode": _base64,
    "base64url-decode": lambda v: base64.urlsafe_b64decode(_pad(v)),
    "base32-decode": base64.b32decode,
    "hex-decode": lambda v: bytes.fromhex(v if isinstance(v, str) else v.decode()),
}
_CHANGES: dict[str, Callable[[Any], Any]] = {
    "strip": lambda v: v.strip(),
    "lower": lambda v: v.lower(),
    "upper": lambda v: v.upper(),
}


def is_test(value: Value) -> bool:
    """Whether the value is true or false by a comparison."""
    return isinstance(value, Operation) and value.operator in (
        "==", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not", "not", "and",
    )  # fmt: skip


def empty(value: Value) -> bool:
    """Whether the value is a constant that counts as false."""
    return isinstance(value, Const) and not value.value


def is_text(*values: Value) -> bool:
    """Whether one of the values is text or bytes."""
    return any(
        (isinstance(v, Const) and isinstance(v.value, (str, bytes)))
        or (isinstance(v, Operation) and v.operator == "text")
        for v in values
    )


def fold(operator: str, left: Any, right: Any) -> Any:
    """Arithmetic on constants, within bounds that keep results small."""
    try:
        if operator == "+" and isinstance(left, (str, bytes)) and type(left) is type(right):
            both: Any = (left, right)
            return both[0] + both[1] if len(left) + len(right) < 100_000 else None
        if isinstance(left, (str, bytes)):
            if operator == "*" and isinstance(right, int) and len(left) * right < 10_000:
                return left * right
            return None
        if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
            return None
        if max(abs(left), abs(right)) > 10**18:
            return None
        if operator == "**":
            return left**right if abs(right) <= 64 and abs(left) <= 10**4 else None
        operation = _ARITHMETIC.get(operator)
        return None if operation is None else operation(left, right)
    except (ArithmeticError, TypeError, ValueError):
        return None


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def as_table(value: Value) -> Table:
    """The value as a mapping; what is not known of it stands in its rest."""
    if isinstance(value, Table):
        return value
    if isinstance(value, Join) and any(isinstance(o, Table) for o in value.options):
        return merge(Table({}, place=value.place), (value,))
    if isinstance(value, (Absent, Const)):
        return Table({}, place=value.place)
    return Table({}, (value,), place=value.place, trace=value.trace)


def extend(base: Sequence, other: Value) -> Sequence:
    """A sequence with the elements of another value added."""
    if isinstance(other, Sequence):
        return replace(base, items=(*base.items, *other.items), rest=(*base.rest, *other.rest))
    return replace(base, rest=(*base.rest, other))


def element(iterable: Value) -> Value:
    """An element of what is iterated over."""
    if isinstance(iterable, Sequence) and iterable.items and not iterable.rest:
        return join(*iterable.items)
    return Member(iterable, UNKNOWN, item=True, place=iterable.place)


def join_names(a: dict[str, Value], b: dict[str, Value]) -> dict[str, Value]:
    """The names after two branches: a name set in both may have either value."""
    out = dict(a)
    for name, value in b.items():
        before = a.get(name)
        if before is None:
            out[name] = value
        elif before is not value and not same(before, value):
            out[name] = join(before, value)
    return out


def is_cut(start: Value, end: Value) -> bool:
    """Whether a slice keeps a few characters: a known end is given, or it counts from there."""
    return (isinstance(end, Const) and end.value is not None) or (
        isinstance(start, Const) and isinstance(start.value, int) and start.value < 0
    )


def texts_in(value: Value) -> list[str | None]:
    """A text, or the texts in a list; None for each that is not known."""
    items = (*value.items, *value.rest) if isinstance(value, Sequence) else (value,)
    return [
        item.value if isinstance(item, Const) and isinstance(item.value, str) else None
        for item in items
    ]


def put(name: f.Scalar, value: Value, place: Place) -> Value:
    """A value put into a mapping; the step is told where it was made elsewhere."""
    made = value.place
    here = made is not None and made.path == place.path and place.span.contains(made.span)
    if here and not _is_callers(value):
        return value
    return hop(value, place, f"`{name!s}` is set")


def _is_callers(value: Value) -> bool:
    """Whether a field of an argument is read, which may have been made wherever it is called."""
    while isinstance(value, Member):
        value = value.base
        if isinstance(value, Param):
            return True
    return False
