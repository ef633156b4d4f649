"""Tells, by a few searches in its bytes, whether a source file can matter at all.

A word like ``jwt`` stands in many files that never touch a token: in comments, in prose, in
lists. A file matters when the word stands in an import, in the name of a setting, or when the
file sets a cookie near a token, or holds a text that rules read.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from jwtaudit.frontends import TEXT_NEEDLES


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
    """Whether a file's facts may be of use."""
    return vocabulary.any_file or any(pattern.search(data) for pattern in _patterns(vocabulary))


def matters_as_script(data: bytes, vocabulary: Vocabulary) -> bool:
    """Whether the facts of a JavaScript file may be of use."""
    return vocabulary.any_file or any(p.search(data) for p in _script_patterns(vocabulary))


@functools.lru_cache(maxsize=8)
def _script_patterns(vocabulary: Vocabulary) -> tuple[re.Pattern[bytes], ...]:
    patterns = ["|".join(map(re.escape, TEXT_NEEDLES))]
    if vocabulary.imports:
        word = f"(?<![a-z])(?:{'|'.join(map(re.escape, vocabulary.imports))})(?![a-z])"
        patterns += [
            # from "jsonwebtoken", require("../utils/jwt")
            rf"(?i)(?:from|import|require|\()\s*\(?\s*[\"'`][^\"'`\n]*?{word}",
            # JWT_SECRET = ..., { jwtSecret: ... }, process.env.JWT_SECRET; jwt_decode(...)
            rf"(?i){word}\w*[\"']?\]?[ \t]*(?:=(?!=)|:|\()",
            rf"(?i)\benv(?:\.|\[[\"'])\w*{word}",
            # token.split("."), and its parts decoded
            r"(?is)split\(\s*[\"'`]\.[\"'`]\s*\).{0,600}?[\"'`]base64",
            # jwt.sign(...), in a snippet that leaves the import out
            rf"(?i)(?<![\w.]){word}\.\w+[ \t]*\(",
            # user.token, getState().auth.accessToken: what a login answered is known by it
            r"(?i)\w*(?:user|auth|session|account|profile|login)\w*\??\."
            r"(?:access_?|auth_?|id_?)?(?:token|jwt)\b",
        ]
    if vocabulary.calls:
        word = "|".join(map(re.escape, vocabulary.calls))
        patterns.append(rf"(?is)\b(?:{word})[ \t]*\(.{{0,300}}?(?:token|jwt|auth)")
    return tuple(re.compile(pattern.encode()) for pattern in patterns)


@functools.lru_cache(maxsize=8)
def _patterns(vocabulary: Vocabulary) -> tuple[re.Pattern[bytes], ...]:
    patterns = ["|".join(map(re.escape, TEXT_NEEDLES))]
    if vocabulary.imports:
        word = f"(?<![a-z])(?:{'|'.join(map(re.escape, vocabulary.imports))})(?![a-z])"
        patterns += [
            # import jwt; from x import (..., jwt); lazy import jwt
            rf"(?im)(?:^|[;:])(?:\xef\xbb\xbf)?[ \t]*(?:lazy[ \t]+)?"
            rf"(?:from[ \t]+[\w.]+[ \t]+import[ \t]*\([^)]*?|(?:from|import)[ \t][^\n#]*?){word}",
            rf"(?i)import(?:_module|__)[ \t]*\(\s*[\"'][\w.]*{word}",
            # JWT_SECRET = ..., config["JWT_SECRET"] = ..., "JWT_SECRET": ...
            rf"(?i){word}\w*[\"']?\]?[ \t]*(?:=(?!=)|:)",
        ]
    if vocabulary.calls:
        word = "|".join(map(re.escape, vocabulary.calls))
        patterns.append(rf"(?is)\b(?:{word})[ \t]*\(.{{0,300}}?(?:token|jwt|auth)")
    return tuple(re.compile(pattern.encode()) for pattern in patterns)
