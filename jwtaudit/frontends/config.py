"""The front end for configuration files: names and the literal values that they are given.

An entry becomes an assignment, ``services.web.environment.JWT_SECRET = "..."``, whose value has
the span of the literal. Only what is named like a secret or a key is kept, and the whole file as a
text where a token seems to stand in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.facts import Assign, Comment, Facts, Literal, Name
from jwtaudit.frontends.text import whole_text
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from jwtaudit.source import Source

MAX_SIZE = 256 * 1024
"""A larger file is data, not configuration."""

_NAMED_SO = re.compile(r"secret|key|expir|lifetime|ttl", re.IGNORECASE)
_TOGETHER = (
    (b"key", (b"jwt", b"token", b"auth", b"sign")),
    (b"expir", (b"jwt", b"token")),
)
_TOKEN = re.compile(rb"ey[JK][\w-]{8,}\.ey[JK]")
_MARK = re.compile(r"#[^\n]*?jwtaudit:[^\n]*")
# Shells and docker compose: the value counts when the variable is not set.
_DEFAULT = re.compile(r"\$\{\w+:?-([^${}]+)\}")


_PRIVATE = b" PRIVATE KEY-----"
_LONGEST_SECRET = 512


class Entry(NamedTuple):
    """A name and its value.

    Attributes:
        path: the names that lead to the value, outermost first.
        key: where the name stands.
        value: the value's text, without quotes and escapes.
        span: where the value stands, quotes included.
    """

    path: tuple[str, ...]
    key: Span
    value: str
    span: Span


def matters(data: bytes) -> bool:
    """Whether a configuration file may hold a token, or its key, or say how long one lives."""
    if len(data) > MAX_SIZE:
        return False
    lower = data.lower()
    return (
        b"secret" in lower
        or any(
            named in lower and any(word in lower for word in words) for named, words in _TOGETHER
        )
        or _TOKEN.search(data) is not None
    )


def lower_config(source: Source) -> Facts:
    """The facts of a configuration file.

    Raises:
        Unparsable: the file is not what its name says.
    """
    body = _entries(source, lambda name: _NAMED_SO.search(name) is not None)
    comments = tuple(Comment(Span(*m.span()), m.group()) for m in _MARK.finditer(source.text))
    texts = whole_text(source) if _TOKEN.search(source.data) else ()
    return Facts(
        source.path, "config", body, texts=texts, comments=comments, relevant=bool(body or texts)
    )


def lower_named(source: Source, names: Collection[str]) -> Facts:
    """The entries of a configuration file under names that a program reads, unless read before.

    Raises:
        Unparsable: the file is not what its name says.
    """
    left_out = not matters(source.data)
    body = _entries(
        source, lambda name: name in names and (left_out or _NAMED_SO.search(name) is None)
    )
    return Facts(source.path, "config", body, relevant=bool(body))


def _entries(source: Source, wanted: Callable[[str], bool]) -> tuple[Assign, ...]:
    return tuple(
        Assign(
            Span(min(entry.key.start, entry.span.start), max(entry.key.end, entry.span.end)),
            (Name(entry.key, ".".join(entry.path)),),
            Literal(entry.span, entry.value),
        )
        for entry in map(_defaulted(source.text), _reader(source.path)(source.text))
        if entry.value.strip() and wanted(entry.path[-1])
    )


def holds_key(path: str, data: bytes) -> bool:
    """Whether a file holds nothing but a key that is to be kept: a private one, or a short text."""
    if _PRIVATE in data:
        return b" ENCRYPTED " not in data
    lines = data.split()
    return path.endswith(".key") and len(data) <= _LONGEST_SECRET and len(lines) == 1


def lower_key(source: Source) -> Facts:
    """The facts of a file that holds a key."""
    start = len(source.text) - len(source.text.lstrip())
    span = Span(start, len(source.text.rstrip()))
    text = source.text.strip()
    body = (Assign(span, (Name(span, "key"),), Literal(span, text)),) if text else ()
    return Facts(source.path, "key", body, relevant=bool(body))


def _defaulted(text: str) -> Callable[[Entry], Entry]:
    def change(entry: Entry) -> Entry:
        match = _DEFAULT.fullmatch(entry.value)
        written = _DEFAULT.search(text, *entry.span) if match else None
        if match is None or written is None:
            return entry
        return entry._replace(value=match[1], span=Span(*written.span(1)))

    return change


def _reader(path: str) -> Callable[[str], Iterable[Entry]]:
    name = path.rpartition("/")[2].lower()
    if name.endswith((".yaml", ".yml", ".json")):
        return _documents
    from jwtaudit.frontends import config_lines  # noqa: PLC0415

    if name.endswith(".toml"):
        return config_lines.toml
    if name.endswith((".cfg", ".properties")):
        return config_lines.sections
    if "dockerfile" in name or "containerfile" in name:
        return config_lines.dockerfile
    from jwtaudit.frontends import config_scripts  # noqa: PLC0415

    if name.endswith((".ini", ".conf", ".service")):
        return config_scripts.services
    if name.endswith((".tf", ".tfvars")):
        return config_scripts.terraform
    if name.endswith((".sh", ".bash", ".ps1", ".bat", "procfile")):
        return config_scripts.shell
    if name.endswith(("makefile", ".mk")):
        return config_scripts.makefile
    return config_lines.environment


def _documents(text: str) -> Iterator[Entry]:
    from jwtaudit.frontends.config_yaml import documents  # noqa: PLC0415 - loads a parser

    return documents(text)
