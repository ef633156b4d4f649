"""How literals, names, arguments and lookups are written in each language."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from jwtaudit.repair import Entry, EnvVar, Named, Snippet
from jwtaudit.resources import data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtaudit.fixes.layout import Layout
    from jwtaudit.fixes.splices import Splice
    from jwtaudit.repair import Code


_ENVIRONMENT = re.compile(r"\bos\.environ\b|\benviron(?:\[|\.get\b)|\bgetenv\(")


def snippets() -> dict[str, dict[str, list[str]]]:
    """Language -> name -> ways to write it."""
    return data("snippets")


class CannotError(Exception):
    """A change cannot be made cleanly."""


class Lookup(NamedTuple):
    """What the project calls to read an environment variable, and fails where that is missing.

    Attributes:
        function: as written: ``config``, ``env.str``.
        start: where the call stands, in the file that is edited; -1 in another file.
        module: where the function comes from, when it is imported.
        end: up to where it can be called, if not everywhere below.
    """

    function: str
    start: int
    module: str = ""
    end: int = -1


class Dialect(Protocol):
    """What an editor asks of a language; ``quote`` is that of what is written next."""

    quote: str

    def render(self, code: Code, at: int = 0) -> tuple[str, list[Splice]]:
        """The text of some code that is to stand at an offset, and what else the file needs."""

    def argument(self, name: str, text: str) -> str:
        """A named argument."""

    def entry(self, key: str, text: str) -> str:
        """An entry of a mapping."""

    def mapping(self, entries: str) -> str:
        """A mapping of some entries."""


class _Plain:
    """What the languages have in common; a configuration file has no more."""

    true, false, null = "true", "false", "null"

    def __init__(self, layout: Layout, lookups: Sequence[Lookup] = ()) -> None:
        self.layout = layout
        self.lookups = lookups
        self.quote = layout.quote

    def render(self, code: Code, at: int = 0) -> tuple[str, list[Splice]]:
        if isinstance(code, Snippet):
            return self.snippet(code.text)
        if isinstance(code, Named):
            text, more = self.named(code.name)
            return text.replace("#", str(code.number)), more
        if isinstance(code, Entry):
            text, more = self.render(code.code, at)
            return self.mapping(self.entry(code.key, text)), more
        if isinstance(code, EnvVar):
            text, more = self.lookup(code.name, at)
            return self.binary(text) if code.binary else text, more
        return self.literal(code), []

    def literal(self, value: object) -> str:
        if isinstance(value, bool):
            return self.true if value else self.false
        if value is None:
            return self.null
        if isinstance(value, list):
            return f"[{', '.join(map(self.literal, value))}]"
        if isinstance(value, dict):
            entries = (self.entry(key, self.literal(inner)) for key, inner in value.items())
            return self.mapping(", ".join(entries))
        if isinstance(value, str):
            if re.search(r"[\\\"'\x00-\x1f]", value) or not value.isascii():
                raise CannotError
            return f"{self.quote}{value}{self.quote}"
        return repr(value)

    def named(self, name: str) -> tuple[str, list[Splice]]:
        """The one of several ways to write it that needs least."""
        written = []
        for text in snippets().get(self.layout.language, {}).get(name, ()):
            with contextlib.suppress(CannotError):
                written.append(self.snippet(text))
        if not written:
            raise CannotError
        return min(written, key=lambda found: sum(len(splice.text) for splice in found[1]))

    def snippet(self, text: str) -> tuple[str, list[Splice]]:
        if "{" in text.replace("{target}", ""):
            raise CannotError
        return text, []

    def lookup(self, name: str, at: int) -> tuple[str, list[Splice]]:
        raise CannotError

    def binary(self, text: str) -> str:
        raise CannotError

    def argument(self, name: str, text: str) -> str:
        raise CannotError

    def entry(self, key: str, text: str) -> str:
        return f"{self.literal(key)}: {text}"

    def mapping(self, entries: str) -> str:
        return f"{{{entries}}}"


class Python(_Plain):
    """Python, with its imports."""

    true, false, null = "True", "False", "None"

    def snippet(self, text: str) -> tuple[str, list[Splice]]:
        from jwtaudit.fixes.imports import Imports  # noqa: PLC0415

        imports = Imports(self.layout)
        more: list[Splice] = []

        def named(match: re.Match[str]) -> str:
            if match[1] == "target":
                return match[0]
            found = imports.name(match[1])
            if found is None or (match[2] and found[1]):
                raise CannotError
            more.extend(splice for splice in found[1] if splice not in more)
            return found[0]

        quoted = text if "'" in text else text.replace('"', self.quote)
        return re.sub(r"\{([\w.]+)(!?)\}", named, quoted), more

    def lookup(self, name: str, at: int) -> tuple[str, list[Splice]]:
        literal = self.literal(name)
        for lookup in self.lookups:
            if 0 <= lookup.start < at:
                return f"{lookup.function}({literal})", []
        own = _ENVIRONMENT.search(self.layout.text)  # this file has a way of its own
        for lookup in () if own else self.lookups:
            if lookup.module and lookup.start < 0:
                return self.snippet(f"{{{lookup.module}.{lookup.function}}}({literal})")
        return self.snippet(f"{{os.environ}}[{literal}]")

    def binary(self, text: str) -> str:
        return f"{text}.encode()"

    def argument(self, name: str, text: str) -> str:
        return f"{name}={text}"


class JavaScript(_Plain):
    """JavaScript and TypeScript. What is named is an entry of an object."""

    def snippet(self, text: str) -> tuple[str, list[Splice]]:
        from jwtaudit.fixes.imports_js import ScriptImports  # noqa: PLC0415

        imports = ScriptImports(self.layout)
        more: list[Splice] = []

        def named(match: re.Match[str]) -> str:
            if match[1] == "target":
                return match[0]
            found = imports.name(match[1])
            if found is None:
                raise CannotError
            more.extend(splice for splice in found[1] if splice not in more)
            return found[0]

        return re.sub(r"\{([\w.]+)\}", named, text).replace('"', self.quote), more

    def lookup(self, name: str, at: int) -> tuple[str, list[Splice]]:
        for lookup in self.lookups:
            if lookup.start < at < lookup.end:
                return f"{lookup.function}({self.literal(name)})", []
        return f"process.env.{name}{'!' if self.layout.typed else ''}", []

    def entry(self, key: str, text: str) -> str:
        return (
            f"{key}: {text}" if re.fullmatch(r"[A-Za-z_$][\w$]*", key) else super().entry(key, text)
        )

    def mapping(self, entries: str) -> str:
        return f"{{ {entries} }}"


_DIALECTS = {"python": Python, "javascript": JavaScript}


def dialect_of(layout: Layout, lookups: Sequence[Lookup] = ()) -> Dialect:
    """The dialect of a file."""
    return _DIALECTS.get(layout.language, _Plain)(layout, lookups)
