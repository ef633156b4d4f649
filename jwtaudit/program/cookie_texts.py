"""Cookies that are written as a text: in a ``Set-Cookie`` header, or by a script of the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.scopes import Returned, Stored
from jwtaudit.program.texts import pieces
from jwtaudit.values import ABSENT, Call, Const, Operation, Sequence, Table, Unknown, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event

_HEADER = "set-cookie"
_NAME = re.compile(r"^\s*([^=;\s]+)=")
_DEEP = 3
_UNKNOWN = "\0"  # what stands for a part of the text that is not known
_PROTECTING = re.compile(r"(?i);\s*(?:httponly|secure|samesite)\b")
_EXPIRED = re.compile(r"(?i)max-age=(?:0|-\d+)\b|expires=Thu, 0?1[ -]Jan[ -]1970")


class CookieText(NamedTuple):
    """A cookie as a text.

    Attributes:
        key: its name.
        value: what is put into it.
        said: its attributes as far as they are known.
        whole: whether they are all known.
    """

    key: Value
    value: tuple[Value, ...]
    said: str
    whole: bool

    @property
    def name(self) -> str:
        """The name, where it is known."""
        return _said(self.key)

    @property
    def is_deletion(self) -> bool:
        """Whether it takes the cookie away."""
        return not self.value or bool(_EXPIRED.search(self.said))

    def attribute(self, name: str) -> Value:
        """An attribute; ABSENT only where all that is said is known."""
        match = re.search(rf"(?i);\s*{name}(?:\s*=\s*([^;]*))?", self.said)
        if match is not None and _UNKNOWN not in (match[1] or ""):
            return Const(match[1] or True)
        return ABSENT if self.whole and match is None else Unknown("an attribute of the cookie")


def header_cookies(project: Project) -> Iterator[tuple[Call | Stored | Returned, CookieText]]:
    """The cookies in the headers that events set."""
    for event in project.events:
        if not isinstance(event, (Call, Stored, Returned)):
            continue
        for value in _headers(event):
            found: dict[object, CookieText] = {}
            for option in options(value):
                for item in option.items if isinstance(option, Sequence) else (option,):
                    text = cookie_text(item)
                    if text is None:
                        continue
                    # what is added under a condition is a matter of the condition
                    name = text.name or text
                    found[name] = max(found.get(name, text), text, key=_protection)
            yield from ((event, text) for text in found.values())


def _protection(text: CookieText) -> tuple[int, int]:
    """How many attributes that protect a cookie are said, and how much at all."""
    return len(_PROTECTING.findall(text.said)), len(text.said)


def _headers(event: Event) -> Iterator[Value]:
    if isinstance(event, Stored):
        if _names_header(event.key):
            yield event.value
    elif isinstance(event, Call):
        given = [argument.value for argument in event.arguments]
        if len(given) > 1 and _names_header(given[0]):
            yield given[1]
        for value in given:
            yield from _inside(value, _DEEP)
    elif isinstance(event, Returned):  # an answer to a gateway, as it is written there
        for option in options(event.value):
            if option.place is not None and event.place.span.contains(option.place.span):
                yield from _inside(option, _DEEP)


def _inside(value: Value, depth: int) -> Iterator[Value]:
    """The header in an object of headers, which may lie in one of options."""
    if isinstance(value, Table) and depth:
        for name, entry in value.entries.items():
            if isinstance(name, str) and name.lower() == _HEADER:
                yield entry
            else:
                yield from _inside(entry, depth - 1)
    elif isinstance(value, Sequence) and depth:
        if len(value.items) == 2 and _names_header(value.items[0]):  # WSGI: a pair
            yield value.items[1]
        else:
            for item in value.items:
                yield from _inside(item, depth - 1)


def _names_header(value: Value) -> bool:
    return (
        isinstance(value, Const) and isinstance(value.value, str) and value.value.lower() == _HEADER
    )


def cookie_text(value: Value) -> CookieText | None:
    """A text as a cookie; None where it is none."""
    first, *others = _joined(_pieces(value)) or (ABSENT,)
    key, start = first, _said(first)
    if not start and others:  # `${name}=${value}`
        start = "name" + _said(others.pop(0))
    match = _NAME.match(start)
    if match is None:
        return None
    if _said(first):
        key = Const(str(match[1]), place=first.place)
    inside, found, rest = start[match.end() :].partition(";")
    kept: list[Value] = [Const(inside, place=first.place)] if inside else []
    said, whole = found + rest, True
    for part in others:
        text = _said(part)
        if said:  # behind the value; `Max-Age=${seconds}` brings no other attribute
            whole = whole and (bool(text) or said.endswith("="))
            said += text or _number(part) or _UNKNOWN
        elif ";" in text:
            said = ";" + text.partition(";")[2]
        else:
            kept.append(part)
    return CookieText(key, tuple(kept), said, whole)


def _pieces(value: Value) -> tuple[Value, ...]:
    """The parts of a text; a list that is joined is one of attributes."""
    if isinstance(value, Operation) and value.operator == "join" and len(value.operands) == 1:
        listed = value.operands[0]
        if isinstance(listed, Sequence) and not listed.rest:
            parts: list[Value] = []
            for item in listed.items:
                parts += [Const("; ", place=item.place)] if parts else []
                parts += pieces(item)
            return tuple(parts)
    return pieces(value)


def _joined(parts: Iterable[Value]) -> list[Value]:
    """The parts of a text, with those that are known and stand together made one."""
    found: list[Value] = []
    for part in parts:
        if found and _said(found[-1]) and _said(part):
            found[-1] = Const(_said(found[-1]) + _said(part), place=found[-1].place)
        else:
            found.append(part)
    return found


def _said(value: Value) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""


def _number(value: Value) -> str:
    return str(value.value) if isinstance(value, Const) and isinstance(value.value, int) else ""
