"""What the bytes of a file tell: whether it can matter, is text, and was written by hand."""

from __future__ import annotations

import codecs
import os
import re
import stat
import unicodedata
from typing import TYPE_CHECKING

from jwtaudit.searches import searches, shortest

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FILE_SIZE = 2 * 1024 * 1024


class TooLargeError(OSError):
    """A file is larger than the limit."""


# A FIFO or a terminal that took the place of the file since the walk must not hold us up.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read(path: str, max_size: int = MAX_FILE_SIZE) -> bytes:
    """The bytes of a regular file.

    Raises:
        TooLargeError: more than ``max_size`` bytes; found out before reading.
        OSError: it cannot be opened or read, or is no regular file.
    """
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file", path)
        if status.st_size > max_size:
            raise TooLargeError(0, f"{status.st_size:,} bytes, the limit is {max_size:,}", path)
        data = os.read(descriptor, status.st_size + 1)
        while len(data) != status.st_size and len(data) <= max_size:
            more = os.read(descriptor, max_size + 1 - len(data))
            if not more:
                break
            data += more
    finally:
        os.close(descriptor)
    if len(data) > max_size:
        raise TooLargeError(0, f"it grew beyond the limit of {max_size:,} bytes", path)
    return data


# The cookie of PEP 263 names another encoding, in which words may not be spelt in ASCII.
_COOKIE = re.compile(rb"coding[:=][ \t]*([-\w.]+)")
_COOKIE_LINES = 2
_SUPERSETS_OF_ASCII = re.compile(
    rb"(?:us-)?ascii|utf-?8.*|u8|latin.*|l\d|iso-?8859.*|iso-latin.*|windows-\d+|cp125\d|cp[89]\d\d"
    rb"|koi8.*|gb.*|big5.*|euc.*|s(?:hift)?-?jis|mac.*",
    re.IGNORECASE,
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ASCII = bytes(range(128))
_LETTER = re.compile(r"\w", re.ASCII)


class Needles:
    """Words one of which stands in every file that can matter.

    Args:
        words: lower-case words, looked for in any case.
        exact: words looked for as they are.
    """

    def __init__(self, words: Iterable[bytes], exact: Iterable[bytes] = ()) -> None:
        self.words = shortest(words)
        self.exact = tuple(
            word for word in shortest(exact) if not any(w in word.lower() for w in self.words)
        )
        wanted = [*self.words, *(word.lower() for word in self.exact)]
        self._searches = [search for search, _ in searches(wanted)]

    def match(self, data: bytes) -> bool:
        """Whether a file's bytes hold a word, however it is written."""
        return self._plain(data) or self.disguised(data)

    def disguised(self, data: bytes) -> bool:
        """Whether words may stand there that are not spelt in ASCII letters."""
        if data.isascii():
            # In another encoding words look different; the front end says what it makes of it.
            encoding = _encoding_told(data[:800])
            return not _SUPERSETS_OF_ASCII.fullmatch(encoding.replace(b"_", b"-"))
        if data.startswith(_UTF16):
            return self._plain(data.replace(b"\0", b""))
        # Identifiers are equal by NFKC: a full-width "jwt" is the name "jwt". Most of what is no
        # ASCII stands for no letter of it.
        odd = data.translate(None, _ASCII).decode("utf-8", "ignore")
        if not _LETTER.search(unicodedata.normalize("NFKC", odd)):
            return False
        # No word goes over the end of a line.
        lines = (line for line in data.split(b"\n") if not line.isascii())
        text = b"\n".join(lines).decode("utf-8", "ignore")
        plain = unicodedata.normalize("NFKC", text)
        return self._plain(plain.encode()) and self._count(plain) > self._count(text)

    def _count(self, text: str) -> int:
        lower = text.lower().encode()
        return sum(lower.count(word) for word in self.words)

    def _plain(self, data: bytes) -> bool:
        lower = data.lower()
        for search in self._searches:
            if search(lower):
                break
        else:
            return False
        return any(word in lower for word in self.words) or any(w in data for w in self.exact)


def _encoding_told(head: bytes) -> bytes:
    """The encoding that the first lines of a file name."""
    if b"coding" in head:
        for line in head.split(b"\n", _COOKIE_LINES)[:_COOKIE_LINES]:
            if cookie := _COOKIE.search(line):
                return cookie[1]
    return b"ascii"


# What bundlers and minifiers leave; nobody wrote it, and nobody can change it there.
_BUILT = re.compile(r"(?i)[.-]min\.[cm]?js|\.(?:bundle|chunk|umd|iife)(?:\.[\w-]+)?\.[cm]?js")
_HEAD = 4096
_LONG_LINES = 400
# What begins so is for every loader of modules; nobody writes that much of it by hand.
_UNIVERSAL = re.compile(rb"typeof (?:exports|module) *={2,3} *[\"']object[\"']")
_WRITTEN = 100_000
_BUNDLED = (b"__webpack_require__", b"webpackJsonp", b"parcelRequire", b"System.register(")


# In a comment: a folder of an import may have that name, too.
_SAID = re.compile(rb"(?m)^[ \t]*(?://|/?\*|#|<!--)[^\n]*@generated")


def is_generated(path: str, data: bytes) -> bool:
    """Whether a script was made by a program: minified, bundled, or said to be generated."""
    if _BUILT.search(path) or _SAID.search(data[:_HEAD]):
        return True
    if len(data) > _HEAD and len(data) // (data.count(b"\n") + 1) > _LONG_LINES:
        return True
    if len(data) > _WRITTEN and _UNIVERSAL.search(data[:_HEAD]):
        return True
    return any(word in data for word in _BUNDLED[:3]) or _BUNDLED[3] in data[:_HEAD]


def is_binary(data: bytes) -> bool:
    """Whether bytes are no text: they hold a NUL and are not UTF-16, which is told apart."""
    return b"\0" in data and not data.startswith(_UTF16)
