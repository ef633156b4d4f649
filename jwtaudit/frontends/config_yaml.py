"""YAML and JSON: settings, docker compose, Kubernetes manifests, Helm values.

The parser's events are read one by one: no alias is ever expanded, and depth is bounded.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from jwtaudit.frontends import Unparsable
from jwtaudit.frontends.config import Entry
from jwtaudit.frontends.config_lines import environment
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_DEPTH = 60
_NOTHING = re.compile(r"~|null|true|false|yes|no|on|off", re.IGNORECASE)
_PAIR = re.compile(r"([\w.-]+)=(.*)", re.DOTALL)
_FILE_OF_VARIABLES = re.compile(r"env$", re.IGNORECASE)
# Kubernetes: what these hold is encrypted, or stands elsewhere.
_SEALED = frozenset({"SealedSecret", "ExternalSecret", "ClusterExternalSecret", "PushSecret"})
_SEALED |= {"SecretProviderClass", "VaultStaticSecret"}


@dataclass(slots=True)
class _Node:
    """A mapping or a sequence that has been opened and not yet closed."""

    path: tuple[str, ...]
    is_mapping: bool
    key: Any = None  # the event of the key whose value comes next
    members: dict[str, Any] = field(default_factory=dict)

    def below(self) -> tuple[str, ...]:
        return (*self.path, self.key.value) if self.is_mapping and self.key else self.path


def documents(text: str) -> Iterator[Entry]:
    """The entries of all documents of a file.

    Raises:
        Unparsable: it is neither YAML nor JSON.
    """
    # JSON may be indented by tabs, YAML may not; a blank takes as much room.
    text = text.replace("\t", " ")
    reader = _Reader()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentEndEvent):
                yield from reader.document(text)
                reader = _Reader()
            else:
                reader.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unparsable("not valid YAML", mark.line + 1 if mark else None) from None


class _Reader:
    """One document."""

    def __init__(self) -> None:
        self.open: list[_Node] = []
        self.found: list[tuple[tuple[str, ...], Any, Any, str]] = []
        self.top: dict[str, Any] = {}

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.CollectionStartEvent):
            if len(self.open) > _MAX_DEPTH:
                raise Unparsable("nested too deeply", event.start_mark.line + 1)
            path = self.open[-1].below() if self.open else ()
            self.open.append(_Node(path, isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._closed(self.open.pop())
            self._value_ended()
        elif self.open and isinstance(event, yaml.NodeEvent):
            node = self.open[-1]
            if not node.is_mapping:
                self._item(node, event)
            elif node.key is None:
                node.key = event if isinstance(event, yaml.ScalarEvent) else _NO_KEY
            else:
                node.members[node.key.value] = event
                self._value(node.below(), node.key, event)
                node.key = None

    def _value_ended(self) -> None:
        if self.open and self.open[-1].is_mapping:
            node = self.open[-1]
            # A mapping can itself be a key, which nobody writes: it is passed over.
            node.key = None if node.key is not None else _NO_KEY

    def _value(self, path: tuple[str, ...], key: Any, event: Any, text: str | None = None) -> None:
        if key is _NO_KEY or not isinstance(event, yaml.ScalarEvent):
            return
        bare = event.style is None or event.style == ""
        if event.tag in (None, "tag:yaml.org,2002:str") and not (
            bare and _NOTHING.fullmatch(event.value)
        ):
            self.found.append((path, key, event, event.value if text is None else text))

    def _item(self, node: _Node, event: Any) -> None:
        """``- NAME=value`` in a list of environment variables."""
        pair = _PAIR.fullmatch(event.value) if isinstance(event, yaml.ScalarEvent) else None
        if pair:
            self._value((*node.path, pair[1]), event, event, pair[2])

    def _closed(self, node: _Node) -> None:
        """``{name: NAME, value: ...}``, as containers are given their environment; or ``key``."""
        name = node.members.get("name", node.members.get("key"))
        value = node.members.get("value")
        if isinstance(name, yaml.ScalarEvent) and value is not None:
            self._value((*node.path, name.value), name, value)
        if not self.open:
            self.top = node.members

    def document(self, text: str) -> Iterator[Entry]:
        kind = getattr(self.top.get("kind"), "value", "")
        encrypted = kind in _SEALED or any(path[0] == "sops" for path, *_ in self.found)
        for path, key, event, value in () if encrypted else self.found:
            if kind == "Secret" and path[0] == "data":
                value = _decoded(value)  # noqa: PLW2901
            span = _span(text, event)
            if event.style == "|" and _FILE_OF_VARIABLES.search(key.value):
                yield from _inside(text, path, span)
            if key is event:  # NAME=value in one scalar: the name goes before the value
                at = text.find("=", span.start) + 1
                quote = 1 if text[span.start] in "\"'" else 0
                yield Entry(
                    path,
                    Span(span.start + quote, at - 1),
                    value.strip("\"'"),
                    Span(at, span.end - quote),
                )
            else:
                yield Entry(path, _span(text, key), value, span)


def _inside(text: str, path: tuple[str, ...], span: Span) -> Iterator[Entry]:
    """The variables in a file that stands in another one, as its lines."""
    for entry in environment(text[span.start : span.end]):
        key = Span(entry.key.start + span.start, entry.key.end + span.start)
        value = Span(entry.span.start + span.start, entry.span.end + span.start)
        yield Entry((*path, *entry.path), key, entry.value, value)


class _NoKey:
    value = ""


_NO_KEY: Any = _NoKey()


def _span(text: str, event: Any) -> Span:
    start, end = event.start_mark.index, event.end_mark.index
    return Span(start, start + len(text[start:end].rstrip()))


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return value
