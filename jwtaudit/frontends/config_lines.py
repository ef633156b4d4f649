"""Configuration files that are read line by line: environment files, INI, TOML, Dockerfiles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.frontends.config import Entry
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

# A quoted value may go on over line ends; a bare one ends before a comment.
_QUOTED = r""""(?:[^"\\]|\\.)*"|'[^']*'"""
_ENVIRONMENT = re.compile(
    rf"^[ \t]*(?:export[ \t]+)?(?P<key>[\w.-]+)[ \t]*[=:][ \t]*(?P<value>{_QUOTED}|[^\n]*)",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"(?:^|\s)[#;]")
_SECTION = re.compile(r"[ \t]*\[+([^\]\n]+)\]")
_SETTING = re.compile(r"""[ \t]*(?P<key>["'\w.-]+)[ \t]*[=:][ \t]*(?P<value>[^\r\n]*)""")
_STRING = re.compile(_QUOTED)
_INSTRUCTION = re.compile(
    r"^[ \t]*(?:ENV|ARG)[ \t]+(?P<rest>(?:[^\\\n]|\\\r?\n|\\.)*)", re.IGNORECASE | re.MULTILINE
)
_PAIR = re.compile(rf"(?P<key>[\w.-]+)=(?P<value>{_QUOTED}|(?:[^\s\\\"']|\\.)+)", re.DOTALL)
_OLD_PAIR = re.compile(r"(?P<key>[\w.-]+)[ \t]+(?P<value>[^\r\n]+)")


def environment(text: str) -> Iterator[Entry]:
    """``.env`` files: ``NAME=value``, as dotenv and docker read them."""
    for match in _ENVIRONMENT.finditer(text):
        yield _entry(match)


def sections(text: str) -> Iterator[Entry]:
    """INI files and properties: ``name = value`` under ``[section]``."""
    for match, section in _settings(text):
        yield _entry(match, section)


def toml(text: str) -> Iterator[Entry]:
    """TOML: the strings that stand on one line with their names."""
    for match, section in _settings(text):
        string = _STRING.match(match["value"])
        if string and not match["value"].startswith(('"""', "'''")):
            start = match.start("value")
            yield Entry(
                (*section, match["key"].strip("\"'")),
                Span(*match.span("key")),
                string[0][1:-1],
                Span(start, start + string.end()),
            )


def dockerfile(text: str) -> Iterator[Entry]:
    """Dockerfiles: ``ENV`` and ``ARG``."""
    for instruction in _INSTRUCTION.finditer(text):
        start, end = instruction.span("rest")
        pairs = list(_PAIR.finditer(text, start, end))
        old = _OLD_PAIR.match(text, start, end)
        if pairs and pairs[0].start() == start:
            yield from map(_entry, pairs)
        elif old:
            yield _entry(old)


def _settings(text: str) -> Iterator[tuple[re.Match[str], tuple[str, ...]]]:
    section: tuple[str, ...] = ()
    for line in re.finditer(r"^[^\r\n]+", text, re.MULTILINE):
        head = _SECTION.match(text, *line.span())
        setting = _SETTING.match(text, *line.span())
        if head:
            section = tuple(part.strip(" \"'") for part in head[1].split("."))
        elif setting:
            yield setting, section


def _entry(match: re.Match[str], section: tuple[str, ...] = ()) -> Entry:
    """The entry of a key and a value, which is quoted, or bare with a comment behind it."""
    text, start = match["value"], match.start("value")
    if _STRING.fullmatch(text):
        value = text[1:-1]
    else:
        quoted = _STRING.match(text)
        comment = _COMMENT.search(text)
        text = quoted[0] if quoted else text[: comment.start() if comment else None].rstrip()
        value = text[1:-1] if quoted else text
    key = match["key"].strip("\"'")
    return Entry((*section, key), Span(*match.span("key")), value, Span(start, start + len(text)))
