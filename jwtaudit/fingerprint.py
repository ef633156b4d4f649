"""Identities of findings that survive moved lines."""

from __future__ import annotations

import functools
import hashlib
import re
from collections import Counter

_WINDOW = 100
_MODULUS = 37
_EOF = "\uffff"
_LINE_END = re.compile(r"\r\n?")
_BLANKS = re.compile(r"[ \t]+")
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")


def identity(rule_id: str, path: str, anchor: str, occurrence: int) -> str:
    """Our own fingerprint: no line number in it, and no text of the finding."""
    key = "\0".join((rule_id, path, anchor, str(occurrence)))
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class LineHashes:
    """The hashes by which GitHub recognises a line: ``primaryLocationLineHash``.

    The same as github/codeql-action computes: over the next 100 UTF-16 units that are neither
    blank nor tab, and numbered where lines hash alike.
    """

    def __init__(self, text: str) -> None:
        """Take a file's text, with its byte-order mark if it has one."""
        text = _BLANKS.sub("", _LINE_END.sub("\n", text))
        text = _ASTRAL.sub(_surrogates, text) + _EOF
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._text = text

    def of(self, line: int) -> str:
        """The hash of a line (from 1)."""
        line = min(line, len(self._starts))
        window = self._window(line)
        value = 0
        for character in window.ljust(_WINDOW, "\0"):
            value = (value * _MODULUS + ord(character)) % 2**64
        return f"{value:x}:{self._numbers[line - 1]}"

    @functools.cached_property
    def _numbers(self) -> list[int]:
        """Of each line how many up to it hash alike."""
        seen: Counter[str] = Counter()
        numbers = []
        for line in range(1, len(self._starts) + 1):
            window = self._window(line)
            seen[window] += 1
            numbers.append(seen[window])
        return numbers

    def _window(self, line: int) -> str:
        start = self._starts[line - 1]
        return self._text[start : start + _WINDOW]


def _surrogates(match: re.Match[str]) -> str:
    high, low = divmod(ord(match[0]) - 0x10000, 0x400)
    return chr(0xD800 + high) + chr(0xDC00 + low)
