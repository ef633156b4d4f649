"""Statements that are added, taken out or changed for one another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.fixes.dialects import CannotError
from jwtaudit.fixes.guards import fallback_at
from jwtaudit.fixes.splices import Splice
from jwtaudit.fixes.writer import Writer
from jwtaudit.repair import Named
from jwtaudit.source import Place, Span

if TYPE_CHECKING:
    from jwtaudit.fixes.layout import Group
    from jwtaudit.repair import AddStatement, DropStatement, Refuse, SwapDecorators

TARGET = re.compile(r"(?:(?:export\s+)?(?:const|let|var)\s+)?(\w+)\s*(?::[^=]+)?=(?!=)\s*")
_PART = re.compile(r"(?:\.\w+|\[[\"'][\w-]+[\"']\])*")  # of a result: .claims["sub"]
_AS_TEXT = re.compile(
    r"(?:\b(?:str|repr|len|type|json\.dumps|JSON\.stringify)|\.(?:format|decode|hex|upper|lower))\s*\Z"
)


class StatementWriter(Writer):
    """Changes statements."""

    def _addstatement(self, change: AddStatement) -> list[Splice]:
        layout = self.layout
        span = self._statement(change.place)
        text, more = self.dialect.render(change.code)
        if "{target}" in text:
            head = layout.text[span.start : change.place.span.start]
            target = TARGET.fullmatch(head)
            rest = layout.text[change.place.span.end : span.end]
            part_of_it = target is not None and rest and _PART.fullmatch(rest)
            if re.fullmatch(r"return\s+", head) or (part_of_it and "{target}" + rest not in text):
                return [*self._named_result(span, change.place.span, text), *more]
            asked = "{target}" + rest  # f().claims is what the snippet asks for, or nothing is
            if target is None or not re.fullmatch(r"[\w.]*", rest) or asked not in text:
                raise CannotError
            text = text.replace(asked, target[1])
        if layout.text[layout.line_start(span.start) : span.start].strip() or layout.text[
            span.end : layout.line_end(span.end)
        ].lstrip(" \t").startswith(";"):
            return [Splice(span.end, span.end, f"; {text}"), *more]
        at = layout.line_end(span.end)
        if layout.depth(at):
            raise CannotError
        return [Splice(at, at, f"{layout.newline}{layout.indent(span.start)}{text}"), *more]

    def _named_result(self, statement: Span, call: Span, text: str) -> list[Splice]:
        """``return f()`` becomes ``claims = f()``, what follows, and ``return claims``.

        So does an assignment of a part: ``subject = f().claims["sub"]``.
        """
        layout = self.layout
        head = layout.text[statement.start : call.start]
        taken = self._call(Place("", call))
        words = {layout.text[t.start : t.end] for t in layout.tokens if t.kind == "word"}
        name = next(n for n in ("claims", "decoded", "verified_claims", "_") if n not in words)
        rest = layout.text[call.end : statement.end]
        indent = layout.indent(statement.start)
        alone = not layout.text[layout.line_start(statement.start) : statement.start].strip()
        if not alone or not _PART.fullmatch(rest) or taken.end != call.end or name == "_":
            raise CannotError
        line = f"{layout.newline}{indent}"
        behind = f"{line}{text.replace('{target}', name)}{line}{head}{name}{rest}"
        return [
            Splice(statement.start, call.start, f"{name} = "),
            Splice(call.end, statement.end, behind),
        ]

    def _refuse(self, change: Refuse) -> list[Splice]:
        found = fallback_at(self.layout, change.place.span)
        if found is None:
            raise CannotError
        text, more = self.dialect.render(Named("refusal"), found.statement.start)
        return [Splice(*found.statement, text.replace("@", found.target)), *more]

    def _dropstatement(self, change: DropStatement) -> list[Splice]:
        self._refuse_effects(change.place)
        return self.without(self._statement(change.place))

    def _refuse_effects(self, place: Place) -> None:
        """Refuse to take out a statement in which more than its own call may do something."""
        statement = self._statement(place)
        if any(
            t.kind == "comment" and statement.contains(Span(t.start, t.end))
            for t in self.layout.tokens
        ):
            raise CannotError  # somebody's words would be lost
        for group in self.layout.groups:
            inner = statement.start < group.start and group.end < statement.end
            if inner and self.layout.is_call(group) and not self._is_plain(group):
                raise CannotError

    def _is_plain(self, group: Group) -> bool:
        """Whether a call only turns its arguments into text."""
        return bool(_AS_TEXT.search(self.layout.text[: group.start]))

    def without(self, span: Span) -> list[Splice]:
        """Take out a statement; a block that held nothing else says so.

        Raises:
            CannotError: it cannot be done here.
        """
        layout = self.layout
        start, end = layout.line_start(span.start), layout.line_end(span.end)
        before, behind = layout.text[start : span.start], layout.text[span.end : end]
        if before.strip() or behind.strip(" \t;"):
            return self._without_part(span, before, behind)
        if self._is_whole_block(span):
            return [Splice(span.start, span.end, "pass")]
        return [self._without_lines(span)]

    def _without_part(self, span: Span, before: str, behind: str) -> list[Splice]:
        """A statement that shares its line, with the semicolon between it and the others."""
        if (former := re.search(r"[ \t]*;[ \t]*\Z", before)) is not None:
            return [Splice(span.start - len(former[0]), span.end, "")]
        following = re.match(r"[ \t]*;[ \t]*(?=[^\s#;])", behind)
        if following is not None and not before.strip():
            return [Splice(span.start, span.end + following.end(), "")]
        raise CannotError

    def _without_lines(self, span: Span) -> Splice:
        """The lines of a statement, and of blank ones as many behind them as stand before them."""
        layout = self.layout
        start, end = layout.line_start(span.start), layout.next_line(span.end)
        code = layout.text[:start].rstrip(" \t\r\n")
        blank = len(re.findall(r"\r\n|\r|\n", layout.text[len(code) : start])) - bool(code)
        lines = rf"(?:[ \t]*(?:\r\n|\r|\n)){{0,{max(blank, 0)}}}"
        behind = re.compile(lines).match(layout.text, end)
        if end == len(layout.text) and layout.text[-1:] not in "\r\n" and code:
            start = layout.line_end(len(code))  # the file goes on ending without a line end
        return Splice(start, behind.end() if behind else end, "")

    def _is_whole_block(self, span: Span) -> bool:
        """Whether nothing is left of an indented block without a statement."""
        statements = self.layout.statements
        index = statements.index(span)
        indent = len(self.layout.indent(span.start))
        if not indent:
            return False
        before = self.layout.indent(statements[index - 1].start) if index else ""
        behind = (
            self.layout.indent(statements[index + 1].start) if index + 1 < len(statements) else ""
        )
        return len(before) < indent and len(behind) < indent

    def _swapdecorators(self, change: SwapDecorators) -> list[Splice]:
        text = self.layout.text
        one, other = change.place.span, change.other.span
        return [
            Splice(*one, text[other.start : other.end]),
            Splice(*other, text[one.start : one.end]),
        ]
