"""What every change of a file needs: where a call, an item, a statement is, and code as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.fixes.dialects import CannotError
from jwtaudit.repair import Filled, Given, Links, Receiver, Snippet

if TYPE_CHECKING:
    from jwtaudit.fixes.dialects import Dialect
    from jwtaudit.fixes.layout import Group, Item, Layout
    from jwtaudit.fixes.splices import Splice
    from jwtaudit.repair import Code
    from jwtaudit.source import Place, Span

_READABLE = re.compile(r"([A-Za-z_$][\w$]*)(?:\.[\w$]+|\[(?:\"[\w-]+\"|'[\w-]+')\])*")
"""What can be written elsewhere, too: a name, its attributes and entries."""
_BOUND = (
    r"(?:(?:from|import)\b.*\bNAME\b(?!\s+as\b)|(?:export\s+)?(?:const|let|var)\b[^=]*\bNAME\b"
    r"|(?:export\s+)?(?:def|class|function)\s+NAME\b|NAME\s*(?::[^=]+)?=(?!=))"
)


class Writer:
    """Knows the layout of a file and how its language is written."""

    def __init__(self, layout: Layout, dialect: Dialect) -> None:
        """Take the file's layout and how its language is written."""
        self.layout = layout
        self.dialect = dialect

    # -- code as text ------------------------------------------------------------------------------

    def _text(self, code: Code, at: int) -> tuple[str, list[Splice]]:
        self.dialect.quote = self.layout.quote_at(at)
        if isinstance(code, Given):
            return self._given(code, at), []
        if isinstance(code, Receiver):
            return self._receiver(code), []
        if isinstance(code, Links):
            return self._links(code), []
        if not isinstance(code, Filled):
            return self.dialect.render(code, at)
        text, more = self.dialect.render(Snippet(code.text))
        for name, inner in code.fields.items():
            if f"${name}" not in text:
                continue
            written, further = self._text(inner, at)
            text = text.replace(f"${name}", written)
            more += further
        return text, more

    def _receiver(self, code: Receiver) -> str:
        start = code.call.span.start
        method = re.fullmatch(
            r"([\w$.?!]+?)[?!]?\.\w+\s*", self.layout.text[start : self._call(code.call).start]
        )
        if method is None:
            raise CannotError
        return method[1]

    def _links(self, code: Links) -> str:
        start, end = code.first.span.end, self._call(code.last).start
        last = re.compile(r"\s*\.\s*\w+\s*\Z").search(self.layout.text, start, end)
        if last is None:
            raise CannotError
        return self.layout.text[start : last.start()]

    def _given(self, code: Given, at: int) -> str:
        """An argument as it is written; from another call only what the whole file can read."""
        group = self._call(code.call)
        items = self.layout.items(group)
        item = self._named(group, code.name) if code.name else None
        if item is None and 0 <= code.position < len(items):
            item = items[code.position]
        if item is None:
            raise CannotError
        text = self.layout.text[item.value.start : item.value.end]
        if not code.call.span.start <= at <= code.call.span.end:
            root = _READABLE.fullmatch(text)
            if root is None or not self._is_global(root[1]):
                raise CannotError
        return text

    def _is_global(self, name: str) -> bool:
        """Whether a name is bound at the top level of the file, and nowhere else."""
        layout = self.layout
        if name == "process":
            return True
        bound = re.compile(_BOUND.replace("NAME", re.escape(name)), re.DOTALL)
        found = [
            span for span in layout.statements if bound.match(layout.text, span.start, span.end)
        ]
        return bool(found) and all(
            layout.depth(span.start) == 0 and not layout.indent(span.start) for span in found
        )

    # -- what a place holds ------------------------------------------------------------------------

    def _call(self, place: Place) -> Group:
        group = self.layout.ending(place.span.end)
        if group is None or group.start < place.span.start or not self.layout.is_call(group):
            raise CannotError
        return group

    def _named(self, group: Group, name: str) -> Item | None:
        for item in self.layout.items(group):
            if self.layout.text[item.key.start : item.key.end].strip("\"'") == name:
                return item
        return None

    def _item(self, place: Place) -> tuple[Group, Item]:
        found = self.layout.holder(place.span)
        if found is None:
            raise CannotError
        return found

    def _statement(self, place: Place) -> Span:
        found = self.layout.statement(place.span.start)
        if found is None:
            raise CannotError
        return found
