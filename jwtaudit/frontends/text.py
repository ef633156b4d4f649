"""Decoding of files, and the front end for texts that hold no program."""

from __future__ import annotations

import codecs
import re

from jwtaudit.facts import Comment, Facts, TextFact
from jwtaudit.frontends import TEXT_NEEDLES, Unparsable, language_of
from jwtaudit.source import Source, Span

# PEP 263: the cookie stands in one of the first two lines.
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_MARK = re.compile(r"(?:\{#|<!--|/\*|//|#)[^\n]*?jwtaudit:[^\n]*")


def decode(path: str, data: bytes, *, cookie: bool, wide: bool = False) -> Source:
    """Decode a file: UTF-8, a byte-order mark, or (Python only) an encoding cookie.

    ``wide`` lets UTF-16 pass, which PowerShell writes requirement files in, and pip reads.

    Raises:
        Unparsable: unknown codec, or bytes that it cannot decode.
    """
    encoding = "utf-8"
    body = data
    if data.startswith(codecs.BOM_UTF8):
        body = data[3:]
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if wide:
            return _wide(path, data)
        raise Unparsable("UTF-16 text: save the file as UTF-8")
    elif cookie:
        for head in data.split(b"\n", 2)[:2]:
            if match := _COOKIE.match(head):
                encoding = match.group(1).decode("ascii")
                break
            if head.strip() and not head.lstrip().startswith(b"#"):
                break
    try:
        info = codecs.lookup(encoding)
        if not getattr(info, "_is_text_encoding", True):
            raise LookupError(encoding)  # noqa: TRY301 - the same answer as for an unknown name
        text = body.decode(encoding)
    except LookupError:
        raise Unparsable(f"unknown encoding {encoding[:40]!r} in the coding comment") from None
    except (UnicodeError, ValueError) as error:
        offset = getattr(error, "start", 0)
        line = body.count(b"\n", 0, offset) + 1
        raise Unparsable(f"not valid {encoding} text", line) from None
    return Source(path, data, text, info.name)


def _wide(path: str, data: bytes) -> Source:
    try:
        return Source(path, data, data.decode("utf-16"), "utf-16")
    except UnicodeError:
        raise Unparsable("not valid UTF-16 text") from None


def lower_text(source: Source) -> Facts:
    """The facts of a manifest: nothing but what speaks to us."""
    return Facts(source.path, language_of(source.path) or "text", comments=marks(source))


def whole_text(source: Source) -> tuple[TextFact, ...]:
    """A document as one text, where it holds what rules look for in texts."""
    if not any(needle in source.text for needle in TEXT_NEEDLES):
        return ()
    return (TextFact(Span(0, len(source.text)), source.text),)


def marks(source: Source) -> tuple[Comment, ...]:
    """What speaks to jwtaudit, in a comment of any form."""
    if "jwtaudit:" not in source.text:
        return ()
    return tuple(Comment(Span(*m.span()), m.group()) for m in _MARK.finditer(source.text))
