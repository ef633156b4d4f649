"""Names of other modules in a Python file: as it imports them, or with an import added.

An added import stands where isort would put it: with its kin (the future, the standard library,
packages, the project), plain imports before ``from`` imports, in the order of the alphabet.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.splices import Splice

if TYPE_CHECKING:
    from jwtaudit.fixes.layout import Layout
    from jwtaudit.source import Span

_PLAIN = re.compile(
    r"import\s+(?P<modules>[\w.]+(?:\s+as\s+\w+)?(?:\s*,\s*[\w.]+(?:\s+as\s+\w+)?)*)$"
)
_FROM = re.compile(r"from\s+(?P<module>\.*[\w.]*)\s+import\s+(?P<names>.+)$", re.DOTALL)
_DEFINITION = re.compile(r"@|(?:async +)?def\b|class\b")
_PAGE_BREAK = re.compile(r"(?:[ \t]*\f[ \t\f]*(?:\r\n|[\r\n]))+\Z")  # belongs to what follows it
_NAME = re.compile(r"(?P<name>[\w.]+)(?:\s+as\s+(?P<alias>\w+))?$")


class _Import(NamedTuple):
    """A statement at the top of a file: ``module`` is None for ``import a, b``."""

    span: Span
    module: str | None
    names: tuple[tuple[str, str], ...]

    @property
    def is_from(self) -> bool:
        return self.module is not None

    @property
    def first(self) -> str:
        """The module by which it is sorted."""
        return self.module if self.module is not None else self.names[0][0]


class Imports:
    """The imports at the top level of a Python file."""

    def __init__(self, layout: Layout) -> None:
        """Take a file's layout."""
        self.layout = layout
        self.imports = [
            found
            for span in layout.statements
            if self._is_at_top_level(span.start) and (found := _read(layout, span))
        ]

    def _is_at_top_level(self, start: int) -> bool:
        """Whether a line begins there, or only imports stand before it in its line."""
        before = self.layout.text[self.layout.line_start(start) : start]
        return re.fullmatch(r"(?:(?:import|from)\b[^;]*;\s*)*", before) is not None

    def name(self, dotted: str) -> tuple[str, list[Splice]] | None:
        """How a dotted name is written in this file, and what has to be added for that.

        None when another thing already has the name that it would need.
        """
        for found in self.imports:
            for name, alias in found.names:
                full = f"{found.module}.{name}" if found.is_from else name
                if dotted == full or dotted.startswith(f"{full}."):
                    bound = alias or name
                    return bound + dotted[len(full) :], []
        module, _, _ = dotted.partition(".")
        for dot in (match.start() for match in reversed([*re.finditer(r"\.", dotted)])):
            head, _, tail = dotted[dot + 1 :].partition(".")
            extended = self._extend(dotted[:dot], head)
            if extended is not None:
                return (head + (f".{tail}" if tail else "")), extended
        if self._is_taken(module):
            return None
        return dotted, [self.add(f"import {module}")]

    def _extend(self, module: str, name: str) -> list[Splice] | None:
        """``from module import ...`` with one more name, where the file has such an import."""
        for found in self.imports:
            if found.module != module or not name or self._is_taken(name):
                continue
            text = self.layout.text
            group = self.layout.ending(found.span.end)
            if group is not None and self.layout.breaks(group.start, group.end):
                from jwtaudit.fixes.lists import append  # noqa: PLC0415

                return append(self.layout, group, name)
            start = re.compile(r"\simport[\s(]+").search(text, found.span.start)
            if start is None or "\\" in text[found.span.start : found.span.end]:
                continue
            names = re.finditer(r"(\w+)(?:\s+as\s+\w+)?", text[start.end() : found.span.end])
            end = start.end()
            for match in names:
                if _order(match[1]) > _order(name):
                    at = start.end() + match.start()
                    return [Splice(at, at, f"{name}, ")]
                end = start.end() + match.end()
            return [Splice(end, end, f", {name}")]
        return None

    def _is_taken(self, name: str) -> bool:
        """Whether the file uses a name for something that it does not import."""
        pattern = re.compile(rf"(?<![\w.\"'#]){re.escape(name)}(?!\w)")
        for token in self.layout.tokens:
            if token.kind == "word" and self.layout.text[token.start : token.end] == name:
                before = self.layout.text[: token.start].rstrip(" \t")
                if not before.endswith(".") and pattern.match(self.layout.text, token.start):
                    line = self.layout.statement(token.start)
                    head = self.layout.text[line.start : line.end] if line else ""
                    if not head.startswith(("import ", "from ")):
                        return True
        return False

    def add(self, statement: str) -> Splice:
        """An import as a line of its own, at its place."""
        layout, newline = self.layout, self.layout.newline
        match = re.match(r"(?:import|from)\s+([\w.]+)", statement)
        assert match, statement
        module, is_from = match[1], statement.startswith("from")
        section = _section(module)
        first = True
        same = [found for found in self.imports if _section(found.first) == section]
        for found in same:
            first = False
            if (found.is_from, _sorted(found.first)) > (is_from, _sorted(module)):
                at = layout.line_start(found.span.start)
                return Splice(at, at, f"{statement}{newline}")
        if same:
            at = layout.line_end(same[-1].span.end)
            return Splice(at, at, f"{newline}{statement}")
        later = [found for found in self.imports if _section(found.first) > section]
        if later:
            at = layout.line_start(later[0].span.start)
            return Splice(at, at, f"{statement}{newline}{newline}")
        earlier = [found for found in self.imports if _section(found.first) < section]
        if earlier and first:
            at = layout.line_end(earlier[-1].span.end)
            return Splice(at, at, f"{newline}{newline}{statement}")
        return self._at_top(statement)

    def _at_top(self, statement: str) -> Splice:
        """Behind the file's own comment and docstring."""
        layout, newline = self.layout, self.layout.newline
        statements = layout.statements
        if statements and layout.text[statements[0].start : statements[0].end].lstrip(
            "rbuRBU"
        ).startswith(('"', "'")):
            at = layout.line_end(statements[0].end)
            following = layout.next_line(at)
            close = following < len(layout.text) and layout.text[following] not in "\r\n"
            return Splice(at, at, f"{newline}{newline}{statement}{newline if close else ''}")
        if not statements:
            at = len(layout.text)
            return Splice(at, at, f"{statement}{newline}{newline}")
        at = len(_PAGE_BREAK.sub("", layout.text[: layout.line_start(statements[0].start)]))
        apart = 2 if _DEFINITION.match(layout.text, statements[0].start) else 1
        return Splice(at, at, statement + newline * (1 + apart))


def _read(layout: Layout, span: Span) -> _Import | None:
    text = layout.text[span.start : span.end]
    if not text.startswith(("import", "from")):
        return None
    plain = _PLAIN.match(text)
    if plain:
        return _Import(span, None, tuple(_names(plain["modules"])))
    found = _FROM.match(text)
    if found is None:
        return None
    names = re.sub(r"#[^\r\n]*|[()\\]", " ", found["names"])
    return _Import(span, found["module"], tuple(_names(names)))


def _names(text: str) -> list[tuple[str, str]]:
    found = []
    for part in text.split(","):
        match = _NAME.match(part.strip())
        if match:
            found.append((match["name"], match["alias"] or ""))
    return found


def _section(module: str) -> int:
    root = module.partition(".")[0]
    if root == "__future__":
        return 0
    if not module.startswith(".") and root in sys.stdlib_module_names:
        return 1
    return 3 if module.startswith(".") else 2


def _sorted(module: str) -> str:
    return module.lower()


def _order(name: str) -> tuple[int, str]:
    """Constants, classes, then everything else: as isort orders names."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()
