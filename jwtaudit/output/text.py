"""Findings for people: the code, how the value got there, and what to do."""

from __future__ import annotations

import textwrap
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.finding import Confidence, Safety, Severity
from jwtaudit.redact import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from jwtaudit.finding import Diagnostic, Finding, Location, Report, Step
    from jwtaudit.output import Options, Rule

_RELATED_SHOWN = 3
_TAB = "    "
_COLORS = {
    Severity.CRITICAL: "1;91",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "34",
}
_DIFF = {"+": "32", "-": "31"}
_BOLD, _DIM, _GOOD, _BAD, _TRACE, _HELP = "1", "2", "1;32", "1;31", "36", "32"


def write(report: Report, rules: Sequence[Rule], stream: TextIO, options: Options) -> None:
    """Print every finding with its frame, then diagnostics and the summary."""
    del rules
    pen = _Pen.for_stream(stream, options)
    for finding in report.findings:
        for line in _Page(finding, pen, options).lines():
            emit(stream, line)
        emit(stream, "")
    if options.fixes:
        for finding in report.fixed:
            emit(stream, _fixed(finding, pen))
    for diagnostic in report.diagnostics:
        emit(stream, _diagnostic(diagnostic, pen))
    if options.verbosity > 0:
        for finding in report.suppressed:
            emit(stream, _suppressed(finding, pen))
    if options.verbosity >= 0:
        if report.diagnostics or (options.verbosity > 0 and report.suppressed):
            emit(stream, "")
        headline, *rest = summary(report)
        good = not report.findings and report.statistics.matched and not _unanalysed(report)
        mark, color = (pen.signs.good, _GOOD) if good else (pen.signs.bad, _BAD)
        emit(stream, f"{pen(color, mark)} {pen(_BOLD, headline)}")
        for line in rest:
            emit(stream, f"  {pen(_DIM, line)}")


def write_statistics(
    report: Report, rules: Sequence[Rule], stream: TextIO, options: Options
) -> None:
    """Print how often each rule fired, the most frequent first."""
    pen = _Pen.for_stream(stream, options)
    known = {rule.id: rule for rule in rules}
    counts = Counter(finding.rule_id for finding in report.findings)
    named = [(number, known[rule_id]) for rule_id, number in counts.items() if rule_id in known]
    digits = len(str(max(counts.values(), default=0)))
    width = max((len(rule.name) for _, rule in named), default=0)
    for number, rule in sorted(named, key=lambda pair: (-pair[0], pair[1].id)):
        severity = pen(_COLORS[rule.severity], f"{rule.severity.label:8}")
        name = pen(_BOLD, f"{rule.name:{width}}")
        emit(stream, f"{number:{digits}}  {rule.id}  {severity}  {name}  {rule.summary}")


def summary(report: Report) -> list[str]:
    """The outcome in a line or two; "no files" is not the same as "clean"."""
    numbers = report.statistics
    suppressed = f"; {len(report.suppressed)} suppressed" if report.suppressed else ""
    unanalysed = _unanalysed(report)
    if report.findings:
        by_severity = Counter(finding.severity for finding in report.findings)
        parts = [
            f"{by_severity[severity]} {severity.label}"
            for severity in reversed(Severity)
            if by_severity[severity]
        ]
        files = len({finding.location.path for finding in report.findings})
        found = _many(len(report.findings), "finding")
        first = f"{found} ({', '.join(parts)}) in {_many(files, 'file')}{suppressed}"
    elif unanalysed:
        first = f"No findings, but {_many(unanalysed, 'file')} could not be analysed{suppressed}"
    elif not numbers.matched:
        return [f"No files matched: nothing was analysed{suppressed}", *_skipped(report)]
    else:
        first = f"No findings{suppressed}"
    counted = f"{_many(numbers.analysed, 'file')} analysed"
    if unanalysed:
        counted += f", {unanalysed} not analysed"
    lines = [first, ", ".join((counted, *_skipped(report)))]
    if fixes := _fixes(report):
        lines.append(fixes)
    if numbers.hidden:
        lines.append(f"{numbers.hidden} informational hidden: show with --min-severity info")
    return lines


def _fixes(report: Report) -> str:
    """What was fixed, and what can be."""
    kinds = Counter(f.fix.safety for f in report.findings if f.fix)
    safe, unsafe = kinds[Safety.SAFE], kinds[Safety.UNSAFE]
    parts = [f"{len(report.fixed)} fixed"] if report.fixed else []
    if safe:
        parts.append(f"{safe} can be fixed with --fix")
    if unsafe:
        more = "more " if safe else ""
        parts.append(f"{unsafe} {more}can be fixed with --fix --unsafe-fixes: look at them first")
    if report.findings and not report.statistics.fixes:
        parts.append("fixes were not looked for: --show-fixes does")
    return ", ".join(parts)


def emit(stream: TextIO, line: str) -> None:
    """Write a line; what the stream cannot encode becomes ``?``, in the same column."""
    stream.write(_encodable(line, _encoding(stream)) + "\n")


def _encoding(stream: TextIO) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


def _encodable(text: str, encoding: str) -> str:
    return text.encode(encoding, "replace").decode(encoding)


def _unanalysed(report: Report) -> int:
    return len({diagnostic.path for diagnostic in report.diagnostics if diagnostic.error})


def _skipped(report: Report) -> list[str]:
    skipped = report.statistics.skipped
    if not any(skipped.values()):
        return []
    reasons = ", ".join(
        f"{number} {printable(why)}" for why, number in sorted(skipped.items()) if number
    )
    return [f"{sum(skipped.values())} skipped ({reasons})"]


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _place(location: Location) -> str:
    return f"{printable(location.path)}:{location.start_line}:{location.start_column}"


def _diagnostic(diagnostic: Diagnostic, pen: _Pen) -> str:
    level, color = ("error", _BAD) if diagnostic.error else ("warning", "33")
    line = "" if diagnostic.line is None else f":{diagnostic.line}"
    place = f"{printable(diagnostic.path)}{line}: " if diagnostic.path else ""
    kind = pen(color, f"{level}[{printable(diagnostic.kind)}]")
    return f"{kind} {pen(_BOLD, place)}{printable(diagnostic.message)}"


def _fixed(finding: Finding, pen: _Pen) -> str:
    what = f": {finding.fix.title}" if finding.fix else ""
    name = f"{finding.rule_id} {finding.rule_name}"
    return f"{pen(_GOOD, 'fixed')} {_place(finding.location)} {name}{what}"


def _suppressed(finding: Finding, pen: _Pen) -> str:
    why = finding.suppression
    reason = f": {printable(why.reason)}" if why and why.reason else ""
    kind = f" ({printable(why.kind)})" if why else ""
    place = _place(finding.location)
    return pen(_DIM, f"suppressed{kind} {place} {finding.rule_id} {finding.rule_name}{reason}")


# -- signs and colours ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Signs:
    top: str
    bar: str
    branch: str
    end: str
    primary: str
    secondary: str
    block: tuple[str, str, str]
    ellipsis: str
    good: str
    bad: str


_BOXES = _Signs("╭─▸", "│", "├─", "╰─", "━", "─", ("┏", "┃", "┗"), "…", "✔", "✖")
_ASCII = _Signs("-->", "|", "|-", "`-", "^", "-", ("/", "|", "\\"), ".", "ok:", "x")


@dataclass(frozen=True, slots=True)
class _Pen:
    """Colours text, and knows which signs the stream can show."""

    color: bool
    encoding: str
    signs: _Signs

    @classmethod
    def for_stream(cls, stream: TextIO, options: Options) -> _Pen:
        encoding = _encoding(stream)
        try:
            "╭─▸│├╰━┏┃┗…✔✖".encode(encoding)
        except UnicodeEncodeError:
            return cls(options.color, encoding, _ASCII)
        return cls(options.color, encoding, _BOXES)

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.color and text else text


# -- frames --------------------------------------------------------------------------------------


class _Excerpt(NamedTuple):
    """A source line as displayed, with the cells before and below the marked part."""

    text: str
    before: int
    marked: int


def _cells(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if character == "\t":
        return len(_TAB)
    if unicodedata.combining(character) or "\ufe00" <= character <= "\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _excerpt(line: str, first: int, last: int, room: int, ellipsis: str) -> _Excerpt:
    """A line cut to ``room`` cells (0: whole) around the characters ``first`` to ``last``."""
    widths = [_cells(character) for character in line]
    begin, end = 0, len(line)
    if room and sum(widths) > room:
        if sum(widths[:last]) >= room:
            begin = max(0, min(first, end - 1) - room // 4)
        while end > begin + 1 and sum(widths[begin:end]) > room:
            end -= 1
    shown = line[begin:end]
    if begin:
        shown = ellipsis + " " * (widths[begin] - 1) + shown[1:]
    if end < len(line):
        shown = shown[:-1] + ellipsis
    inside = slice(max(first, begin), min(last, end))
    return _Excerpt(
        shown.replace("\t", _TAB),
        sum(widths[begin : inside.start]),
        max(sum(widths[inside]), 1),
    )


class _Page:
    """One finding, laid out along a bar with line numbers left of it."""

    def __init__(self, finding: Finding, pen: _Pen, options: Options) -> None:
        self.finding = finding
        self.pen = pen
        self.options = options
        self.color = _COLORS[finding.severity]
        steps = (finding.location, *(step.location for step in finding.trace))
        last = max(at.start_line + len(at.lines) for at in steps)
        self.gutter = len(str(last)) + 1
        self.shown: set[tuple[str, int]] = set()

    def lines(self) -> Iterator[str]:
        finding, pen = self.finding, self.pen
        kind = pen(self.color, f"{finding.severity.label}[{finding.rule_id}]")
        doubt = ""
        if finding.confidence < Confidence.HIGH:
            doubt = pen(_DIM, f" ({finding.confidence.label} confidence)")
        yield f"{kind} {pen(_BOLD, finding.rule_name)}{doubt}"
        for line in self._wrap(finding.message, 0):
            yield pen(_BOLD, line)
        yield f"{' ' * self.gutter} {pen(_DIM, pen.signs.top)} {_place(finding.location)}"
        sections = [self._primary(), self._trace(), self._related(), self._notes(), self._fix()]
        for section in sections:
            lines = list(section)
            yield from lines
            if lines:
                yield self._rail()
        yield from self._help()

    def _rail(self, text: str = "", number: int | None = None) -> str:
        label = "" if number is None else str(number)
        bar = self.pen(_DIM, f"{label:>{self.gutter}} {self.pen.signs.bar}")
        return f"{bar} {text}".rstrip()

    def _branch(self, text: str, sign: str | None = None) -> str:
        return f"{' ' * self.gutter} {self.pen(_DIM, sign or self.pen.signs.branch)} {text}"

    def _wrap(self, text: str, indent: int) -> list[str]:
        """A text in lines; long words such as paths stay whole."""
        width = self.options.width
        if not width:
            return [text]
        room = max(width - indent, 20)
        wrapper = textwrap.TextWrapper(room, break_long_words=False, break_on_hyphens=False)
        return wrapper.wrap(text) or [""]

    def _frame(self, at: Location, sign: str, color: str, label: str = "") -> Iterator[str]:
        if not self.options.frames or not at.lines:
            return
        pen, indent = self.pen, self.gutter + 3
        room = max(self.options.width - indent, 20) if self.options.width else 0
        if at.end_line > at.start_line and len(at.lines) > 1:
            yield from self._block(at, color, room)
            below = ""
        else:
            excerpt = _excerpt(
                _encodable(at.lines[0], pen.encoding),
                at.start_column - 1 - at.shift,
                at.end_column - 1 - at.shift if at.end_line == at.start_line else len(at.lines[0]),
                room,
                pen.signs.ellipsis,
            )
            yield self._rail(excerpt.text, at.start_line)
            below = " " * excerpt.before + pen(color, sign * excerpt.marked)
            indent += excerpt.before + excerpt.marked + 1
        if not label:
            if below:
                yield self._rail(below)
        elif below and (not self.options.width or indent + len(label) <= self.options.width):
            yield self._rail(f"{below} {pen(color, label)}")
        else:
            if below:
                yield self._rail(below)
            for line in self._wrap(label, self.gutter + 3):
                yield self._rail(pen(color, line))

    def _block(self, at: Location, color: str, room: int) -> Iterator[str]:
        """Several lines, with a bracket along them."""
        top, middle, bottom = self.pen.signs.block
        hidden = at.end_line - at.start_line + 1 - len(at.lines) - (at.end_column == 1)
        last = len(at.lines) - 1
        for index, line in enumerate(at.lines):
            sign = top if not index else bottom if index == last and hidden <= 0 else middle
            text = _excerpt(
                _encodable(line, self.pen.encoding),
                0,
                0,
                room and room - 2,
                self.pen.signs.ellipsis,
            ).text
            yield self._rail(f"{self.pen(color, sign)} {text}", at.start_line + index)
        if hidden > 0:
            yield self._rail(f"{self.pen(color, bottom)} and {_many(hidden, 'more line')}")

    def _primary(self) -> Iterator[str]:
        at, trace = self.finding.location, self.finding.trace
        label = next(
            (self._numbered(n, step) for n, step in enumerate(trace, 1) if step.location == at), ""
        )
        lines = list(self._frame(at, self.pen.signs.primary, self.color, label))
        if lines:
            self.shown.add((at.path, at.start_line))
            yield self._rail()
        elif label:
            yield self._rail(label)
        yield from lines

    def _numbered(self, number: int, step: Step) -> str:
        return f"{number}. {step.message}" if len(self.finding.trace) > 1 else step.message

    def _trace(self) -> Iterator[str]:
        steps = [
            (number, step)
            for number, step in zip(count(1), self.finding.trace)
            if step.location != self.finding.location
        ]
        if steps:
            yield self._branch(self.pen(_TRACE, "how it gets there"))
        for number, step in steps:
            place = (step.location.path, step.location.start_line)
            where = f"{self._number(number)}{_place(step.location)}"
            if self.options.frames and step.location.lines and place not in self.shown:
                self.shown.add(place)
                yield self._rail(where)
                yield from self._frame(
                    step.location, self.pen.signs.secondary, _TRACE, step.message
                )
            else:
                yield from self._beside(where, step.message)

    def _number(self, number: int) -> str:
        return f"{number}. " if len(self.finding.trace) > 1 else ""

    def _related(self) -> Iterator[str]:
        related = self.finding.related
        if related:
            yield self._branch(self.pen(_TRACE, "see also"))
        for step in related[:_RELATED_SHOWN]:
            yield from self._beside(_place(step.location), step.message)
        if len(related) > _RELATED_SHOWN:
            yield self._rail(f"and {len(related) - _RELATED_SHOWN} more")

    def _beside(self, where: str, text: str) -> Iterator[str]:
        """A place and, dimmed, what is said of it."""
        if not text:
            yield self._rail(where)
            return
        indent = self.gutter + 3 + len(where) + 2
        if self.options.width and indent + len(text) > self.options.width:
            yield self._rail(where)
            for line in self._wrap(text, self.gutter + 6):
                yield self._rail(f"   {self.pen(_DIM, line)}")
        else:
            yield self._rail(f"{where}  {self.pen(_DIM, text)}")

    def _notes(self) -> Iterator[str]:
        for note in self.finding.notes:
            yield from self._said("note", _TRACE, (note,), self.pen.signs.branch, self._rail())

    def _fix(self) -> Iterator[str]:
        fix = self.finding.fix
        if fix is None:
            return
        how = "--fix" if fix.safety is Safety.SAFE else "--fix --unsafe-fixes"
        said = f"{fix.title} ({fix.safety.value}: {how})"
        yield from self._said("fix", _HELP, (said,), self.pen.signs.branch, self._rail())
        for line in fix.diff if self.options.fixes else ():
            color = _DIFF.get(line[:1], _DIM)
            yield self._rail(self.pen(color, _encodable(line, self.pen.encoding)))

    def _help(self) -> Iterator[str]:
        explain = f"jwtaudit explain {self.finding.rule_id}"
        said = (self.finding.advice, explain) if self.finding.advice else (explain,)
        yield from self._said("help", _HELP, said, self.pen.signs.end, " " * (self.gutter + 2))

    def _said(
        self, word: str, color: str, texts: Iterable[str], sign: str, rail: str
    ) -> Iterator[str]:
        """``help: text``, its further lines below the text."""
        hanging = len(word) + 2
        lines = [line for text in texts for line in self._wrap(text, self.gutter + 4 + hanging)]
        first, *rest = lines
        yield self._branch(f"{self.pen(color, word)}: {first}", sign)
        for line in rest:
            yield f"{rail}  {' ' * hanging}{line}"
