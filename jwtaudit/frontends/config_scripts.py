"""Files that start programs: scripts of shells, Makefiles, service files, Terraform.

What they hold besides, and what is not written out in full, is passed over: a value with a `$` in
it comes from elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.frontends.config import Entry
from jwtaudit.frontends.config_lines import sections
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DOUBLE = r'"(?:[^"\\\n]|\\.)*"'
_STRING = rf"{_DOUBLE}|'[^'\n]*'"
# export NAME=value, NAME=value command, docker run -e NAME=value, "NAME=value"
_GIVEN = re.compile(
    rf"(?<![\w$.{{/^-])(?P<key>[A-Z][A-Z0-9_]*)=(?P<value>{_STRING}|[^\s\"'`;&|<>()\\,]+)"
)
_QUOTED = re.compile(r"""(?<=["'])(?P<key>[A-Z][A-Z0-9_]*)=(?P<value>[^"'\\\n]*)(?=["'])""")
# ${NAME:-value}, ${NAME:=value}
_FALLBACK = re.compile(r"\$\{(?P<key>[A-Z][A-Z0-9_]*):?[-=](?P<value>[^${}\n]+)\}")
# NAME ?= value, NAME := value; and what a recipe makes
_MADE = re.compile(r"^[ ]*(?:export[ ]+)?(?P<key>[A-Z][A-Z0-9_]*)[ ]*[:?]?=[ ]*(?P<value>[^\n#]*)")
_TARGET = re.compile(r"([\w./-]+)[ \t]*:(?!=)")
# $env:NAME = "value"
_POWERED = re.compile(rf"\$env:(?P<key>\w+)\s*=\s*(?P<value>{_STRING})", re.IGNORECASE)
# What is only said, what is looked for in a text, and what a run of tests or a build is given,
# which needs some value.
_ASIDE = re.compile(
    r"\s*(?:#|//|;|rem\b|::|@?(?:echo|printf|print|log\w*|info|warn\w*|error|write-\w+)\b(?!=)"
    r"(?![^\n]*(?:>|\btee\b)))"
    r"|[^\0]*?\b(?:grep|sed|awk|pytest|tox|nox|unittest|coverage|mypy|collectstatic|compilemessages"
    r"|makemigrations|(?:manage\.py|npm|yarn|pnpm|go|cargo|make|run)[ ]+(?:run[ ]+)?"
    r"(?:test|check|build|lint)\w*)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"[$`]|%\w+%")

_SETTING = re.compile(rf"""(?P<key>"[\w.-]+"|[\w.-]+)[ \t]*[=:][ \t]*(?P<value>{_DOUBLE})""")
_VARIABLE = re.compile(
    r"""^variable[ \t]+"(?P<name>[\w-]+)"[ \t]*\{(?P<body>.*?)^\}""", re.MULTILINE | re.DOTALL
)
_DEFAULT = re.compile(rf"^[ \t]*default[ \t]*=[ \t]*(?P<value>{_DOUBLE})", re.MULTILINE)
# { name = "JWT_SECRET", value = "..." }
_NAMED = re.compile(
    r"""\b"?name"?[ \t]*[=:][ \t]*"(?P<key>[\w.-]+)"[\s,]*"""
    rf""""?value"?[ \t]*[=:][ \t]*(?P<value>{_DOUBLE})"""
)
_LINE = re.compile(r"(?:[^\r\n\\]|\\\r?\n|\\.?)+")
_ENVIRONMENT = ("environment", "env")


def shell(text: str) -> Iterator[Entry]:
    """Scripts of shells, and what else runs their commands."""
    seen: set[int] = set()
    for start, line in _lines(text):
        if _ASIDE.match(line):
            continue
        for pattern in (_FALLBACK, _QUOTED, _GIVEN, _POWERED):
            for match in pattern.finditer(line):
                entry = _entry(match, start)
                if entry is not None and entry.key.start not in seen:
                    seen.add(entry.key.start)
                    yield entry


def makefile(text: str) -> Iterator[Entry]:
    """Makefiles: their variables, and the commands of their recipes, under what these make."""
    target = ""
    for start, line in _lines(text):
        if line.startswith("\t"):
            for entry in _moved(shell(line), start):
                yield entry._replace(path=(target, *entry.path)) if target else entry
        elif (made := _MADE.match(line)) and (variable := _entry(made, start)):
            yield variable
        elif rule := _TARGET.match(line):
            target = rule[1]


def services(text: str) -> Iterator[Entry]:
    """Files of services: what they give a program as its environment, and settings besides."""
    for entry in sections(text):
        if entry.path[-1].lower() not in _ENVIRONMENT:
            yield entry
    for start, line in _lines(text):
        name, sign, _ = line.partition("=")
        if sign and name.strip().lower() in _ENVIRONMENT:
            after = start + len(name) + 1
            yield from _moved(shell(text[after : start + len(line)]), after)


def terraform(text: str) -> Iterator[Entry]:
    """Terraform: settings, and the defaults of variables."""
    for variable in _VARIABLE.finditer(text):
        default = _DEFAULT.search(text, *variable.span("body"))
        if default and (value := _plain(default["value"])):
            name = Span(*variable.span("name"))
            yield Entry((variable["name"],), name, value, Span(*default.span("value")))
    for start, line in _lines(text):
        if line.lstrip().startswith(("#", "//")):
            continue
        for match in _SETTING.finditer(line):
            entry = _entry(match, start)
            if entry is not None:
                yield entry
    for match in _NAMED.finditer(text):
        entry = _entry(match, 0)
        if entry is not None:
            yield entry


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text, and where each begins; one that goes on is one."""
    for line in _LINE.finditer(text):
        yield line.start(), line[0]


def _entry(match: re.Match[str], start: int) -> Entry | None:
    """A name and its value; None where this is not written out."""
    value = _plain(match["value"])
    if not value:
        return None
    begin, end = match.span("value")
    end = begin + len(match["value"].rstrip())
    key = Span(start + match.start("key"), start + match.end("key"))
    return Entry((match["key"].strip('"'),), key, value, Span(start + begin, start + end))


def _plain(value: str) -> str:
    """A value without its quotes; empty where it comes from elsewhere."""
    value = value.strip()
    single = value.startswith("'")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return value if single or not _ELSEWHERE.search(value) else ""


def _moved(entries: Iterable[Entry], by: int) -> Iterator[Entry]:
    for entry in entries:
        key = Span(entry.key.start + by, entry.key.end + by)
        yield entry._replace(key=key, span=Span(entry.span.start + by, entry.span.end + by))
