"""Tells, by a few searches in its bytes, whether a source file can matter at all.

A word like ``jwt`` stands in many files that never touch a token: in comments, in prose, in
lists. A file matters when the word stands in an import, in the name of a setting, or when the
file sets a cookie near a token, takes one apart, or holds a text that rules read.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, AnyStr, NamedTuple

from jwtaudit.frontends import MESSAGE_NEEDLE, STORAGE_NEEDLES
from jwtaudit.searches import searches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.searches import Searches


class Vocabulary(NamedTuple):
    """The words that matter, in lower case.

    Attributes:
        imports: words of module names: ``jwt``.
        calls: names of methods whose receiver's type is often not known: ``set_cookie``.
        any_file: read every file; of one in which no word stands, what modules and classes
            hold, but no function's body.
    """

    imports: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    any_file: bool = False


VALUES = Vocabulary(any_file=True)


def matters(data: bytes, vocabulary: Vocabulary) -> bool:
    """Whether a file's facts may be of use; the time is in proportion to the file, always."""
    if vocabulary.any_file or _holds_text(data):
        return True
    lower = data.lower()
    if b"\n" not in lower:
        lower = lower.replace(b"\r", b"\n")  # lines end so, too
    words = words_for(vocabulary.imports)
    if words and (_names_it(lower, words) or _TAKEN_APART.search(lower)):
        return True
    decoding = tuple(name for name in vocabulary.calls if "decode" in name)
    setting = tuple(name for name in vocabulary.calls if name not in decoding)
    return (
        _is_called_near_token(lower, setting)
        or (_is_called_near_token(lower, decoding) and _AT_DOTS.search(lower) is not None)
        or (_passes_on(lower, setting) and _TOKENS.search(lower) is not None)
    )


_STORAGE = tuple(needle.encode() for needle in STORAGE_NEEDLES)
# Messages go to windows, and to all kinds of workers.
_MESSAGE = MESSAGE_NEEDLE.encode()
_SPOKEN = re.compile(rb"(?i)token|jwt|bearer")
# A token in a text, or its header; no publicKeyJwk, and no map of sources, which goes on with what
# no token has.
_TOKEN = re.compile(
    rb"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))ey[JK][A-Za-z0-9_-]{4,}(?![A-Za-z0-9_+/=-])"
)


def _holds_text(data: bytes) -> bool:
    """Whether there may be a text that rules read."""
    if any(needle in data for needle in _STORAGE):
        return True
    if _MESSAGE in data and _SPOKEN.search(data) is not None:
        return True
    return (b"eyJ" in data or b"eyK" in data) and _TOKEN.search(data) is not None


# import jwt; from x import jwt; lazy import jwt: up to the comment or the end of the line
_IMPORT = re.compile(rb"(?:^|[;:])(?:\xef\xbb\xbf)?[ \t]*(?:lazy[ \t]+)?(?:from|import)[ \t][^#]*")
# from x import (a, b, jwt)
_LIST = re.compile(rb"from[ \t]+[\w.]+[ \t]+import[ \t]*\(([^)]*)")
# from x import *
_ALL = re.compile(rb"(?m)^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]*\*")
# importlib.import_module("x.jwt"), __import__("jwt")
_BY_NAME = re.compile(rb"import(?:_module|__)[ \t]*\(\s*[\"']([\w.]*)")
# a token that is taken apart by hand; every repetition has a bound
_TAKEN_APART = re.compile(
    rb"(?s)split\(\s{0,20}b?[\"']\.[\"'].{0,600}?(?:b64(?:url)?_?decode\(|\bhmac\.new\()"
    rb"|b64decode\([^\n]{0,120}split\(\s{0,20}b?[\"']\.[\"']"
)
# token.split("."), SEPARATOR = ".": without it what is decoded is the password of basic
# authentication, or a key
_AT_DOTS = re.compile(
    rb"(?m)(?:split|partition)\([^()\n]{0,60}[\"']\\?\.[\"']|^\w{1,60}[ \t]*=[ \t]*b?[\"']\.[\"']"
)
# JWT_SECRET = ..., config["JWT_SECRET"] = ..., "JWT_SECRET": ..., SIMPLE_JWT["SIGNING_KEY"] = ...,
# what follows the word
_SET = re.compile(rb"\w{0,60}[\"']?\]?(?:\[[\"']\w{1,60}[\"']\])?[ \t]*(?:=(?!=)|:)")


def matters_as_script(data: bytes, vocabulary: Vocabulary) -> bool:
    """Whether the facts of a JavaScript file may be of use.

    A file that is read for its values alone is one of many: every component imports others.
    """
    if vocabulary.any_file:
        return bool(vocabulary.calls) or _VALUES.search(data) is not None
    if _holds_text(data):
        return True
    lower = data.lower()
    return (
        any(_says_it(lower, *hit) for hit in hits(lower, words_for(vocabulary.imports)))
        or (bool(vocabulary.imports) and _splits(lower))
        or any(_LOGGED.match(lower, start + 8) for start in finds(lower, b"console."))
        or any(_PUT_TOGETHER.match(lower, start + 6) for start in finds(lower, b"token="))
        or (_sends_one(lower) and _PLAIN.search(lower) is not None)
        or _is_called_near_token(lower, vocabulary.calls, before=_NEAR)
    )


# What stands in a file that holds a key, a setting, a lifetime, an address that is not encrypted,
# that decodes, what requests are refused with, or that passes others' on.
_VALUES = re.compile(
    rb"(?i)token|jwt|auth|secret|cookie|session|claim|bearer|storage|[a-z_]key\b|expir|ttl|lifetime|max_?age"
    rb"|algorithm|[HREP]S(?:256|384|512)|\benv\b|config|issuer|audience|export\s*[*{]|(?-i:\bKEY\b)"
    rb"|extends\s{1,9}\w{0,40}error\b|\.find(?:one|first|unique|by)|client\(|[\"'`]http://(?!localhost|127\.)|atob\(|[\"'`]base64"
)


# The words are looked for one by one, which is several times as fast as one expression for all of
# them, and then what is around them. Every repetition has a bound: bundles hold lines, and words,
# of a million characters.
_QUOTES = (b'"', b"'", b"`")
_BEFORE = 600
# from "jsonwebtoken", require("../utils/jwt"), up to the quote
_LOADED = re.compile(rb"(?:from|import|require|\()\s{0,20}\(?\s{0,20}\Z")
# JWT_SECRET = ..., { jwtSecret: ... }, jwt_decode(...); app.jwt.sign(...), and jwt.sign(...) in a
# snippet that leaves the import out: what follows the word
_TYPES = rb"(?:<[^()\n]{0,80}>)?"  # useLocalStorage<string>(...)
_SET_OR_CALLED = re.compile(rb"\w{0,60}[\"']?\]?[ \t]*(?:=(?!=)|:|%s\()" % _TYPES)
_METHOD = re.compile(rb"(?:\.\w{1,60}){1,2}[ \t]*%s\(" % _TYPES)  # app.jwt.refresh.sign(...)
# process.env.JWT_SECRET, up to the word
_ENV = re.compile(rb"\benv(?:\.|\[[\"'])\w{0,60}\Z")
# token.split("."), and its parts decoded
_SPLIT = re.compile(
    rb"(?s)split\(\s{0,20}[\"'`]\.[\"'`]\s{0,20}\).{0,600}?(?:[\"'`]base64|\batob\()"
    rb"|(?:token|jwt)\w{0,20}[?!]?\.split\([\"'`]\.[\"'`]\)"
)
# user.token, getState().auth.accessToken: what a login answered is known by it
_HELD = re.compile(
    rb"(?:user|auth|session|account|profile|login)\w{0,60}\??\."
    rb"(?:access_?|auth_?|id_?)?\Z"
)
_CALL = re.compile(rb"[ \t]*%s\(" % _TYPES)
_TOKEN_WORD = re.compile(rb"token|jwt|auth")
# set_cookie(key, value, max_age=age), in a file that speaks of tokens elsewhere, and not merely
# in the name of a test
_BY_NAMES = re.compile(rb"[ \t]*\([^()\"'`]{1,300}\)")
_TOKENS = re.compile(rb"(?<!def test_)(?:access|refresh)_?token")
_NEAR = 300
# `?token=${token}`, "token=" + token, behind the sign
_PUT_TOGETHER = re.compile(rb"\$\{|[\"'`]\s{0,20}\+")
# http://api.shop.net, which is of no machine's own
_PLAIN = re.compile(rb"\b(?:http|ws)://(?!localhost|127\.|0\.0|10\.|192\.168|www\.w3|[\[$])")
# console.log("...", token), from the name of the method on
_LOGGED = re.compile(rb"\w{1,9}\([^\n]{0,120}?(?:token|jwt)")


@functools.lru_cache(maxsize=8)
def words_for(words: tuple[str, ...]) -> Searches:
    """Searches for the words, without those that end with another one that stands for itself."""
    return searches(
        word.encode()
        for word in words
        if not any(
            word != end and word.endswith(end) and not word[-len(end) - 1].isalpha()
            for end in words
        )
    )


def hits(lower: bytes, words: Searches) -> Iterator[tuple[int, int]]:
    """Where a word stands that is no part of a longer one."""
    for search, alike in words:
        for word in alike if search(lower) else ():
            for start in finds(lower, word):
                end = start + len(word)
                if not lower[start - 1 : start].isalpha() and not lower[end : end + 1].isalpha():
                    yield start, end


def _begun(lower: bytes, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where a word begins that may go on."""
    for word in map(str.encode, words):
        for start in finds(lower, word):
            if is_letter(lower[start - 1 : start]) != is_letter(word[:1]):
                yield start, start + len(word)


def finds(data: AnyStr, word: AnyStr) -> Iterator[int]:
    """Where a word stands, also in longer ones."""
    start = data.find(word)
    while start >= 0:
        yield start
        start = data.find(word, start + 1)


def is_letter(char: bytes) -> bool:
    """Whether a byte belongs to a name."""
    return char.isalnum() or char == b"_"


def _says_it(lower: bytes, start: int, end: int) -> bool:
    """Whether a word stands in an import, in the name of something that is set, or in a call."""
    if (named := _SET_OR_CALLED.match(lower, end)) and not _is_label(lower, start, named):
        return True
    if _METHOD.match(lower, end) and not is_letter(lower[start - 1 : start]):
        return True
    before = lower[max(0, start - _BEFORE) : start]
    if _ENV.search(before[-80:]):
        return True
    quote = max(map(before.rfind, _QUOTES))
    return quote >= 0 and b"\n" not in before[quote:] and bool(_LOADED.search(before[:quote][-60:]))


def _is_label(lower: bytes, start: int, named: re.Match[bytes]) -> bool:
    """Whether a word is set to a text that says no more than it: ``jwt: "JWT"``."""
    word = lower[start : named.start()]
    if is_letter(lower[start - 1 : start]) or is_letter(lower[named.start() : named.start() + 1]):
        return False
    text = lower[named.end() : named.end() + len(word) + 3].lstrip()
    return text[:1] in _QUOTES and text[1:].startswith(word + text[:1])


def _sends_one(lower: bytes) -> bool:
    """Whether a header with a token is put together: ``Bearer ${token}``."""
    return any(_PUT_TOGETHER.match(lower, start + 7) for start in finds(lower, b"bearer "))


def _splits(lower: bytes) -> bool:
    """Whether tokens are taken apart by hand, or read from what a login has answered."""
    if _SPLIT.search(lower):
        return True
    return any(
        not is_letter(lower[start + len(word) : start + len(word) + 1])
        and _HELD.search(lower[max(0, start - 90) : start])
        for word in (b"token", b"jwt")
        for start in finds(lower, word)
    )


def _is_called_near_token(lower: bytes, names: Iterable[str], before: int = 0) -> bool:
    return any(
        (called := _CALL.match(lower, end)) is not None
        and _TOKEN_WORD.search(lower, max(0, start - before), called.end() + _NEAR) is not None
        for start, end in _begun(lower, names)
    )


def _passes_on(lower: bytes, names: Iterable[str]) -> bool:
    """Whether a method is called with names alone: what it is given, others say."""
    return any(_BY_NAMES.match(lower, end) is not None for _, end in _begun(lower, names))


def _names_it(data: bytes, words: Searches) -> bool:
    """Whether a word stands in an import or in the name of something that is set."""
    end = 0
    comment = True
    stands = called = False
    for begin, behind in sorted(hits(data, words)):
        if begin >= end:
            start = data.rfind(b"\n", 0, begin) + 1
            end = data.find(b"\n", begin)
            end = len(data) if end < 0 else end
            line = data[start:end]
            comment = line.lstrip().startswith(b"#")
            if not comment and _stands_in_one(_IMPORT.findall(line), words):
                return True
        if not comment:
            stands = True
            called = called or _METHOD.match(data, behind) is not None
            if _SET.match(data, behind):
                return True
    if called and _ALL.search(data):
        return True  # the name came along with all others of a module
    return stands and (
        _stands_in_one(_LIST.findall(data), words) or _stands_in_one(_BY_NAME.findall(data), words)
    )


def _stands_in_one(texts: Iterable[bytes], words: Searches) -> bool:
    return any(True for text in texts for _ in hits(text, words))
