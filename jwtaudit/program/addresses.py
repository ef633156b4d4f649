"""Addresses, as far as they are known: how they begin, and whether anyone on the way can answer."""

from __future__ import annotations

import re

from jwtaudit.program.steering_words import words
from jwtaudit.values import Const, Operation, Outcome, Value

HOST = re.compile(r"(?i)^[a-z][a-z0-9+.-]*://([^/?#]*)(/?)")
_FIELD = re.compile(r"\{|%[(sdr]")
_PRIVATE = re.compile(r"^(127|10)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^\[?::1")


def beginning(value: Value) -> str:
    """The known text at the beginning of a value."""
    if isinstance(value, Const):
        return value.value if isinstance(value.value, str) else ""
    if isinstance(value, Operation) and value.operator in ("text", "+"):
        out = ""
        for operand in value.operands:
            out += beginning(operand)
            if not isinstance(operand, Const):
                break
        return _FIELD.split(out)[0]
    if isinstance(value, Outcome) and value.call.name in words("carrying"):
        inner = value.call.receiver or next((a.value for a in value.call.arguments), None)
        return _FIELD.split(beginning(inner))[0] if inner is not None else ""
    return ""


def is_plain(value: Value) -> bool:
    """Whether an address is plain HTTP to a host that is not this machine's own network."""
    text = beginning(value)
    match = HOST.match(text)
    if match is None or not text.lower().startswith("http://"):
        return False
    host = match[1].rpartition("@")[2].partition(":")[0].lower()
    if not isinstance(value, Const) and not match[2]:
        # the host, or its end, is not known: it may well be this machine
        return False
    return not (
        host in words("inner-hosts")
        or host.endswith(words("inner-suffixes"))
        or "." not in host
        or _PRIVATE.match(host)
    )
