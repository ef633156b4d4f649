"""What the literals of JavaScript stand for."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r\n|[\s\S]))"
)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LINE_ENDS = ("\n", "\r", "\r\n", "\u2028", "\u2029")
_MAX_DIGITS = 400  # far above any number that means something


def unescape(text: str) -> str:
    """The value of what stands between a string's quotes."""
    return _ESCAPE.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    char = match[4]
    return "" if char in _LINE_ENDS else _SIMPLE.get(char, char)


def number(text: str) -> int | float | None:
    """The value of a number; None for one that is too large to be of interest."""
    digits = text.replace("_", "").lower()
    if len(digits) > _MAX_DIGITS:
        return None
    try:
        if digits.startswith(("0x", "0o", "0b")):
            return int(digits.removesuffix("n"), 0)
        if digits.endswith("n"):
            return int(digits[:-1])
        value = float(digits)
    except (ValueError, OverflowError):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**63 else value
