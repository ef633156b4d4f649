"""Names of other modules in a script: as it imports them, or with an import added."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.fixes.splices import Splice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.fixes.layout import Layout
    from jwtaudit.source import Span

_MODULE = r"""["'](?:node:)?(?P<module>[\w@/.-]+)["']"""
GAP = r"(?:[\s,]|//[^\r\n]*|/\*.*?\*/)*"
_FORMS = (
    re.compile(
        rf"(?:const|let|var)\s+(?P<bound>[\w$]+|\{{[^{{}}]*\}})\s*=\s*require\({GAP}{_MODULE}{GAP}\)"
    ),
    re.compile(rf"import\s+(?:\*\s*as\s+)?(?P<bound>[\w$]+|\{{[^{{}}]*\}})\s+from\s+{_MODULE}"),
    re.compile(rf"import\s+(?P<bound>[\w$]+)\s*,\s*\{{[^{{}}]*\}}\s+from\s+{_MODULE}"),
    re.compile(rf"import\s+(?P<bound>[\w$]+)\s*=\s*require\({GAP}{_MODULE}{GAP}\)"),
)
_PART = re.compile(r"(?P<name>[\w$]+)(?:\s*(?::|\bas\b)\s*(?P<alias>[\w$]+))?")


class ScriptImports:
    """The imports at the top level of a script."""

    def __init__(self, layout: Layout) -> None:
        """Take a file's layout."""
        self.layout = layout

    def name(self, dotted: str) -> tuple[str, list[Splice]] | None:
        """How ``module.name`` is written in this file, and what has to be added for that.

        None when another thing already has the name that it would need.
        """
        module, _, name = dotted.partition(".")
        listed: re.Match[str] | None = None
        for _, match in self._imports():
            if match["module"] != module:
                continue
            if not match["bound"].startswith("{"):
                return f"{match['bound']}.{name}", []
            for part in _PART.finditer(match["bound"]):
                if part["name"] == name:
                    return part["alias"] or name, []
            listed = match
        if listed is not None:
            if self._is_taken(name):
                return None
            at = self._offset(listed) + len(listed["bound"][:-1].rstrip().rstrip(","))
            return name, [Splice(at, at, f", {name}")]
        return self._added(module, name)

    def binds(self, name: str, module: str) -> bool:
        """Whether a name stands for a module."""
        return any(m["bound"] == name and m["module"] == module for _, m in self._imports())

    def _offset(self, match: re.Match[str]) -> int:
        for span, other in self._imports():
            if other[0] == match[0]:
                return span.start + other.start("bound")
        raise AssertionError(match[0])

    def _imports(self) -> Iterator[tuple[Span, re.Match[str]]]:
        for span in self.layout.statements:
            if span.start != self.layout.line_start(span.start):
                continue
            text = self.layout.text[span.start : span.end]
            for form in _FORMS:
                match = form.match(text)
                if match:
                    yield span, match

    def _added(self, module: str, name: str) -> tuple[str, list[Splice]] | None:
        layout = self.layout
        found = next(self._imports(), None)
        if found is None:
            return None
        span, match = found
        is_import = match[0].startswith("import") and " from " in match[0]
        bound = name if is_import else module
        if self._is_taken(bound):
            return None
        end = ";" if layout.text.startswith(";", span.end) else ""
        prefix = "node:" if re.search(r"""["']node:""", layout.text) else ""
        quoted = f"{layout.quote}{prefix}{module}{layout.quote}"
        written = (
            f"import {{ {name} }} from {quoted}{end}"
            if is_import
            else f"const {module} = require({quoted}){end}"
        )
        added = Splice(span.start, span.start, f"{written}{layout.newline}")
        return (name if is_import else f"{module}.{name}"), [added]

    def _is_taken(self, name: str) -> bool:
        """Whether the file uses a name for something that it does not import."""
        return any(
            token.kind == "word"
            and self.layout.text[token.start : token.end] == name
            and not self.layout.text[: token.start].rstrip().endswith(".")
            for token in self.layout.tokens
        )
