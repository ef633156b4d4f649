"""Inline suppressions: ``# jwtaudit: ignore[JWT105] reason``.

A suppression names what it silences. One that names nothing is refused, one that silences
nothing is reported: neither may rot unseen.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.finding import Diagnostic, Suppression
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from jwtaudit.source import Source

_DIRECTIVE = re.compile(
    r"""
    jwtaudit: \s* (?P<word>[\w-]+)
    (?: \s* \[ (?P<rules>[^\]]*) \] )?
    (?P<reason> .*? ) \s* (?: --> | \#\} | \*/ | \#\s.* )? $
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_WORDS = ("ignore", "ignore-file")
_HINT = "name the rules, as in ignore[JWT101]"


@dataclass(slots=True)
class _Directive:
    """One comment: where it stands, which rules it names, and which of them it silenced."""

    line: int
    rules: tuple[str, ...]
    reason: str
    whole_file: bool
    used: set[str] = field(default_factory=set)


class Suppressions:
    """The suppressions of one file.

    Args:
        facts: the file's comments and statements.
        source: the file, for lines.
        known: what a comment may name -> the rule's id; names and ids alike.
        active: ids of the rules that run; only of them can be said that nothing was silenced.
    """

    def __init__(
        self, facts: f.Facts, source: Source, known: Mapping[str, str], active: Collection[str]
    ) -> None:
        self._source = source
        self._path = facts.path
        self._active = active
        self._known = known
        self._problems: list[Diagnostic] = []
        self._file: list[_Directive] = []
        self._lines: dict[int, list[_Directive]] = defaultdict(list)
        self._bare: list[int] = []
        self._statements = list(_statements(facts.body)) if facts.comments else []
        first = _first_statement(facts)
        for comment in facts.comments:
            self._read(comment, first)

    def match(self, rule: str, span: Span) -> Suppression | None:
        """The suppression that silences a finding of a rule at a place, if there is one."""
        for directive in self._file:
            if rule in directive.rules:
                directive.used.add(rule)
                return Suppression(directive.line, directive.reason)
        if not self._lines:
            return None
        for number in self._lines_of(span):
            for directive in self._lines.get(number, ()):
                if rule in directive.rules:
                    directive.used.add(rule)
                    return Suppression(directive.line, directive.reason)
        return None

    def diagnostics(self) -> list[Diagnostic]:
        """What is wrong with the comments; call it when all findings have been matched."""
        directives = [*self._file, *(d for found in self._lines.values() for d in found)]
        unused = [
            self._diagnostic(
                directive.line,
                "unused-suppression",
                f"ignore[{rule}] silences nothing; remove it",
            )
            for directive in directives
            for rule in directive.rules
            if rule in self._active and rule not in directive.used
        ]
        return sorted([*self._problems, *unused], key=lambda d: (d.line or 0, d.kind, d.message))

    # -- reading comments ------------------------------------------------------------------------

    def _read(self, comment: f.Comment, first_statement: int | None) -> None:
        found = _DIRECTIVE.search(comment.text)
        if found is None:
            return
        line = self._source.position(comment.span.start).line
        word = found["word"].lower()
        if word not in _WORDS:
            self._unknown_word(line, word, has_rules=found["rules"] is not None)
            return
        given = [part.strip() for part in (found["rules"] or "").split(",") if part.strip()]
        if not given:
            self._problem(line, "bare-suppression", f"a bare {word} silences nothing; {_HINT}")
            return
        rules = tuple(rule for name in given for rule in self._rules(line, name))
        reason = found["reason"].strip(" \t:-")
        directive = _Directive(line, rules, reason, whole_file=word == "ignore-file")
        if not directive.whole_file:
            self._lines[line].append(directive)
        elif first_statement is None or comment.span.start < first_statement:
            self._file.append(directive)
        else:
            self._problem(
                line,
                "misplaced-suppression",
                "ignore-file silences nothing here; move it above the first statement",
            )

    def _unknown_word(self, line: int, word: str, *, has_rules: bool) -> None:
        # A sentence that mentions jwtaudit is no directive.
        near = difflib.get_close_matches(word, _WORDS, n=1)
        if near or has_rules:
            wanted = f"{near[0] if near else 'ignore'}[...]"
            self._problem(line, "unknown-suppression", f"unknown word {word!r}; write {wanted}")

    def _rules(self, line: int, name: str) -> Iterator[str]:
        rule = self._known.get(name) or self._known.get(name.upper())
        if rule:
            yield rule
            return
        near = difflib.get_close_matches(name, self._known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; {_HINT}"
        shown = name if re.fullmatch(r"[\w-]{1,40}", name, re.ASCII) else "that"
        self._problem(line, "unknown-suppression", f"no rule is called {shown}{hint}")

    def _problem(self, line: int, kind: str, message: str) -> None:
        self._problems.append(self._diagnostic(line, kind, message))

    def _diagnostic(self, line: int, kind: str, message: str) -> Diagnostic:
        return Diagnostic(self._path, kind, message, line, error=False)

    # -- statements and lines --------------------------------------------------------------------

    def _lines_of(self, span: Span) -> range:
        """The lines on which a comment speaks for a place: those of its statement."""
        line = self._source.position
        first, last = line(span.start).line, line(max(span.start, span.end - 1)).line
        whole, head = max(
            ((whole, head) for whole, head in self._statements if whole.contains(span)),
            key=lambda pair: pair[0].start,
            default=(span, span),
        )
        if not head.contains(span):  # in a compound statement, but not in its head
            return range(first, last + 1)
        # The head's span reaches to the first inner statement, which has lines of its own.
        end = line(head.end - 1).line if head == whole else line(head.end).line - 1
        return range(line(head.start).line, max(last, end) + 1)


def _first_statement(facts: f.Facts) -> int | None:
    """Where the first statement begins that is no docstring; None when there is none."""
    for position, statement in enumerate(facts.body):
        is_docstring = (
            position == 0
            and isinstance(statement, f.Evaluate)
            and isinstance(statement.value, f.Literal)
        )
        if not is_docstring:
            return _start(statement)
    return None


def _statements(body: Iterable[f.Statement]) -> Iterator[tuple[Span, Span]]:
    """Every statement's span, and the part of it that is its own: for a compound one the head."""
    pending: list[f.Statement | f.Handler] = list(body)
    while pending:
        statement = pending.pop()
        start = _start(statement)
        inner = _inner(statement)
        pending += inner
        end = min((_start(child) for child in inner), default=statement.span.end)
        yield Span(start, statement.span.end), Span(start, end)


def _start(statement: f.Statement | f.Handler) -> int:
    decorators: tuple[f.Expression, ...] = getattr(statement, "decorators", ())
    return min([statement.span.start, *(decorator.span.start for decorator in decorators)])


def _inner(statement: f.Statement | f.Handler) -> list[f.Statement | f.Handler]:
    return [
        child
        for name in ("body", "handlers", "otherwise", "final")
        for child in getattr(statement, name, ())
    ]
