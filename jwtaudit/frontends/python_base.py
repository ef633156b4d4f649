"""What lowering Python needs, whichever parser has made the tree: strings, sums, comments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jwtaudit import facts as f
from jwtaudit.frontends import SCRIPT_NEEDLES, TEXT_NEEDLES
from jwtaudit.source import Span

if TYPE_CHECKING:
    from jwtaudit.source import Source

_END_OF_STRING = re.compile(r'(?:\\n)?",?\s*$')
_COMMENT = re.compile(r"#[^\r\n]*jwtaudit:[^\r\n]*")
_LINE_END = re.compile(r"\r\n?")


class Lowering:
    """The facts of one Python module, as a walk over its tree collects them."""

    def __init__(
        self, source: Source, omitted: frozenset[int] = frozenset(), *, is_notebook: bool = False
    ) -> None:
        self.source = source
        self.omitted = omitted
        self.is_notebook = is_notebook
        self.strings: list[Span] = []
        self.texts: list[f.TextFact] = []

    def facts_of(self, body: tuple[f.Statement, ...]) -> f.Facts:
        """The facts of a module of these statements, after they were walked over."""
        comments = []
        if "jwtaudit:" in self.source.text:
            for match in _COMMENT.finditer(self.source.text):
                span = Span(*match.span())
                if not any(s.start <= span.start < s.end for s in self.strings):
                    text = match.group()
                    if self.is_notebook:  # what ends the JSON string is no part of it
                        text = _END_OF_STRING.sub("", text)
                    comments.append(f.Comment(span, text))
        return f.Facts(
            self.source.path,
            "python",
            body,
            tuple(self.texts),
            tuple(comments),
            scripts=self.scripts(),
        )

    def scripts(self) -> tuple[f.Facts, ...]:
        """The JavaScript in the strings."""
        found: list[f.Facts] = []
        for text in self.texts:
            if not text.docstring and any(needle in text.text for needle in SCRIPT_NEEDLES):
                from jwtaudit.frontends.javascript import lower_string  # noqa: PLC0415 - seldom

                inner = lower_string(self.source, text.span)
                found += [] if inner is None else [inner]
        return tuple(found)

    def text(self, span: Span, value: str | bytes, *, raw: bool = False, offset: int = 0) -> None:
        """Note a string that text rules may want to read."""
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        raw = raw and not (self.is_notebook and self.source.text.find(value, *span) < 0)
        if len(value) > 8 and any(needle in value for needle in TEXT_NEEDLES):
            self.texts.append(f.TextFact(span, value, raw=raw, offset=offset))

    def literal(self, span: Span, inner: str, value: str | bytes, offset: int) -> f.Expression:
        """One string, of which ``inner`` is written between the quotes."""
        # Python reads every line end as a line feed; the text keeps the file's own.
        raw = inner == value or _LINE_END.sub("\n", inner) == value
        self.text(span, inner if raw else value, raw=raw, offset=offset)
        return f.Literal(span, value)

    def joined(
        self, span: Span, left: f.Expression, right: f.Expression, before: int
    ) -> f.Expression:
        """Two texts as one; of those noted since ``before`` they are parts."""
        if isinstance(left, f.Literal) and isinstance(right, f.Literal):
            for kind in (str, bytes):
                if isinstance(left.value, kind) and isinstance(right.value, kind):
                    value = left.value + right.value  # type: ignore[operator]
                    del self.texts[before:]
                    self.text(span, value)
                    return f.Literal(span, value)
        parts: list[f.Expression] = []
        for side in (left, right):
            parts.extend(side.parts if isinstance(side, f.Text) else (side,))
        return f.Text(span, tuple(parts))

    def template(self, span: Span, parts: list[f.Expression], before: int) -> f.Expression:
        """A formatted string of these parts."""
        whole = "".join(
            p.value if isinstance(p, f.Literal) and isinstance(p.value, str) else "\ufffc"
            for p in parts
        )
        del self.texts[before:]
        self.text(span, whole)
        return f.Text(span, tuple(parts))

    def operation(
        self, span: Span, operator: str, left: f.Expression, right: f.Expression, before: int
    ) -> f.Expression:
        """A binary operation; adding strings that stand there makes one string."""
        if (
            operator == "+"
            and isinstance(left, f.Literal)
            and isinstance(right, f.Literal)
            and isinstance(left.value, (str, bytes))
            and type(left.value) is type(right.value)
        ):
            return self.joined(span, left, right, before)
        return f.Binary(span, operator, left, right)


def with_sign(span: Span, operator: str, operand: f.Expression) -> f.Expression:
    """A unary operation; a negative number is a number."""
    if (
        operator == "-"
        and isinstance(operand, f.Literal)
        and isinstance(operand.value, (int, float))
        and not isinstance(operand.value, bool)
    ):
        return f.Literal(span, -operand.value)
    return f.Unary(span, operator, operand)


def compared(
    span: Span, left: f.Expression, others: list[tuple[str, f.Expression]]
) -> f.Expression:
    """A chain of comparisons, as comparisons of two each."""
    result: f.Expression | None = None
    for operator, right in others:
        link: Any = f.Compare(span, operator, left, right)
        result = link if result is None else f.Logical(span, "and", result, link)
        left = right
    return left if result is None else result
