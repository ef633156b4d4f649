"""Look-ups by ``get`` in objects that are not known: by name, or by section and name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.names import words
from jwtaudit.program.travels import deep
from jwtaudit.values import ABSENT, Const, Member, Outcome, Value

if TYPE_CHECKING:
    from jwtaudit.values import Call

_KEYS = frozenset({"secret", "key", "password", "pem"})
# The classes of readers that are asked for a section first.
_SECTIONED = "ConfigParser"


def looked_up(call: Call) -> tuple[str, Value]:
    """What a call of ``get`` is asked for, and what it gives where there is no such thing."""
    given = [argument.value for argument in call.arguments if argument.name is None]
    named = {argument.name: argument.value for argument in call.arguments}
    name, second = (_text(value) for value in (*given, ABSENT, ABSENT)[:2])
    default = named.get("fallback", named.get("default"))
    if default is None and len(given) > 1:
        default = ABSENT if _is_section(call, name, second) else given[1]
    if second and _is_section(call, name, second):
        name = f"{name}.{second}"
    return name, ABSENT if default is None else default


def _is_section(call: Call, first: str, second: str) -> bool:
    """Whether two texts are a section and a name: ``conf.get("auth", "secret_key")``."""
    if isinstance(call.receiver, Member) and call.receiver.item:
        return False  # a section itself
    if call.receiver is not None and any(
        isinstance(part, Outcome) and part.call.name.endswith(_SECTIONED)
        for part in deep(call.receiver)
    ):
        return True
    # a default that reads like the name of a key stands behind the name of a key
    return (
        second.isidentifier()
        and not _KEYS.isdisjoint(words(second)[-1:])
        and _KEYS.isdisjoint(words(first))
    )


def _text(value: Value) -> str:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""
