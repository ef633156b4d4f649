"""The one place where source text becomes printable.

Two things happen here to whatever is shown, and nowhere else: secrets and tokens are masked,
and characters that could speak to a terminal or a build server are made harmless. Masking and
frames keep every character's column.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from jwtaudit.finding import MAX_LINES, Draft, Finding, Location, Severity, Step
from jwtaudit.fingerprint import LineHashes, identity
from jwtaudit.source import Place, Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MASK = "*"
MAX_WIDTH = 200
_ELLIPSIS = "…"
_SHORTEST_SECRET = 4  # a shorter one would mask half of every message


class RuleLike(Protocol):
    """What a finding takes from its rule."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def severity(self) -> Severity: ...  # noqa: D102


# -- characters ----------------------------------------------------------------------------------

# C0 without the tab, DEL, C1, soft hyphen, bidi controls, what takes no room, line and
# paragraph separators, lone surrogates, tags. Variation selectors stay: emoji need them.
_UNSAFE = (
    r"\x00-\x08\x0a-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f"
)
_UNSAFE_IN_FRAME = re.compile(f"[{_UNSAFE}]")
_UNSAFE_IN_TEXT = re.compile(f"[{_UNSAFE}\\t]")
# GitHub trims a line before it looks for "::"; Azure and old GitHub runners search within it.
_COMMAND_IN_TEXT = re.compile(r"(?:(?<=\s)|^):(?=:)|#(?=#(?:vso|teamcity)?\[)")
_COMMAND_IN_FRAME = re.compile(r"#(?=#(?:vso|teamcity)?\[)")


def printable(text: str) -> str:
    r"""A text on one line that no terminal and no build server obeys: ``\x1b`` for ESC."""
    text = _UNSAFE_IN_TEXT.sub(_escape, text)
    return _COMMAND_IN_TEXT.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match[0] in "\t\n\r":
        return repr(match[0])[1:-1]
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _frame_line(line: str) -> str:
    line = _UNSAFE_IN_FRAME.sub("\ufffd", line)
    return _COMMAND_IN_FRAME.sub("\ufffd", line)


# -- secrets -------------------------------------------------------------------------------------

# A literal on one line, or one that may span several. The body is the last group of each.
_LITERAL = r"""
    [rbuf]{0,2}
    (?: (?P<block>'''|\"""|`) (?P<block_body>(?:\\.|[^\\])*?) (?P=block)
      | (?P<quote>["']) (?P<body>(?:\\.|[^\\\n])*?) (?P=quote) )
"""
_FLAGS = re.IGNORECASE | re.VERBOSE | re.DOTALL
_JOINED_LITERAL = re.compile(r"\s{0,99} \+? \s{0,99}" + _LITERAL, _FLAGS)

# What a secret's name ends with; `token_url` and `secret_name` name something else. Repetitions
# are bounded, so that no input makes a search slow.
_NAMED = re.compile(
    r"""
    (?: secret(?:[_-]?key)? | passw(?:or)?d | passphrase | pwd | token
      | (?:private|api|signing|sign|jwt|hmac|master|encryption|access)[_-]?key
    ) s? \d{0,3}
    ["'`]? [ ]{0,4} \]? [ ]{0,4}
    (?: : [ ]{0,4} [A-Za-z_][\w.]{0,60} (?: \[ [^\]\n]{0,60} \]{1,3} )?
        (?: [ ]?\|[ ]?[\w.]{1,60} ){0,3} [ ]{0,4} )?
    (?: [=!]?==? | => | := | : )
    \s{0,99} \(? \s{0,99}
    """
    + _LITERAL,
    _FLAGS,
)
# os.getenv("JWT_SECRET", "..."): the name stays, the default goes.
_DEFAULT = re.compile(
    r"""
    \( \s{0,99} ["'] [\w.-]{0,60}? (?: secret(?:_key)? | passw(?:or)?d | token | _key ) ["']
    \s{0,99} , \s{0,99} (?: \w{1,20} [ ]{0,4} = [ ]{0,4} )?
    """
    + _LITERAL,
    _FLAGS,
)
_VERSION = r"""
    [~^<>=v]{0,2} [ ]? \d{1,3} (?:\.(?:\d{1,5}|[xX*])){1,3}
    (?: -(?:alpha|beta|rc|next|canary|dev)(?:\.?\d{1,5}){0,3} )?
"""
# Names of things, not things: algorithms, variables of the environment, kinds of tokens, versions
# and ranges of them (a package is called jsonwebtoken).
_HARMLESS = re.compile(
    rf"""
    | [HREP]S(?:256|384|512) | ES256K | EdDSA | dir | [Nn]one | [Bb]earer | JWT | headers
    | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+ | latest
    | (?:workspace:)? {_VERSION} (?: (?:[ ]\|\|)?[ ] (?:-[ ])? {_VERSION} ){{0,4}}
    | (?:access|refresh|id|csrf|xsrf|auth|session|jwt|api)[_-]?token(?:_cookie)? | token
    """,
    re.VERBOSE,
)

_PEM = r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----"
_SHAPES = (
    # A token, or what is left of one; a header's first bytes are always {" which is eyJ.
    re.compile(r"(?P<secret>(?<![a-z_])eyJ[\w-]{8,}(?:\.[\w-]*){0,4})", re.ASCII),
    re.compile(_PEM + r"(?P<secret>(?:(?!-----BEGIN).){1,20000}?)-----END", re.DOTALL),
    # A private key without its end: base64 lines, in whatever quotes.
    re.compile(
        _PEM + r"""(?P<secret>(?:(?:\\[nr]|[\s"'+,()`]){0,60}[A-Za-z0-9+/=]{16,}){1,500})"""
    ),
    # Private members of a JWK.
    re.compile(
        r"""["'](?:d|k|p|q|dp|dq|qi)["']\s{0,9}:\s{0,9}b?["'](?P<secret>[\w+/=-]{16,})["']"""
    ),
    re.compile(r"[Bb]earer (?P<secret>[\w.~+/=-]{16,})"),
    re.compile(r"""://[^\s:/@"']{1,99}:(?P<secret>[^\s/@"']{1,199})@"""),
)


def _named_secrets(text: str) -> Iterator[Span]:
    """Literals that stand behind a name which says that they are secret."""
    for pattern in (_NAMED, _DEFAULT):
        for match in pattern.finditer(text):
            if _HARMLESS.fullmatch(match[match.lastgroup or 0]):
                continue
            literal: re.Match[str] | None = match
            while literal:
                yield Span(*literal.span(literal.lastgroup or 0))
                literal = _JOINED_LITERAL.match(text, literal.end())


def _shaped_secrets(text: str) -> Iterator[Span]:
    """What gives itself away by its form."""
    for pattern in _SHAPES:
        for match in pattern.finditer(text):
            yield Span(*match.span("secret"))


def _masked(text: str, spans: Iterable[Span]) -> str:
    """The text with the spans masked; line ends stay, so that lines hold too."""
    parts, done = [], 0
    for start, end in sorted(spans):
        if end > done:
            start = max(start, done)  # noqa: PLW2901
            parts += [text[done:start], re.sub(r"[^\r\n]", MASK, text[start:end])]
            done = end
    return "".join(parts) + text[done:]


_QUOTED = re.compile(r"""[A-Za-z]{0,3}(?P<quote>'''|\"""|["'`])(?P<body>.*)(?P=quote)""", re.DOTALL)


def _inside_quotes(text: str, span: Span) -> Span:
    match = _QUOTED.fullmatch(text, *span)
    return Span(*match.span("body")) if match else span


def _occurrence(secret: str) -> str:
    """Where a secret's text is taken for the secret, as a pattern.

    A short word such as "secret" is also what names and sentences are made of; there only the
    whole literal counts.
    """
    if re.fullmatch(r"[A-Za-z_]{,10}", secret):
        return rf"(?<=[\"']){secret}(?=[\"'])"
    return re.escape(secret)


# -- findings ------------------------------------------------------------------------------------


class Redactor:
    """Turns what checks say into what may be printed.

    Findings of one rule that have the same anchor are told apart by the order in which they
    come; use ``findings`` for all of them, or call ``finding`` in the order of position.
    """

    def __init__(
        self,
        sources: Callable[[str], Source | None],
        secrets: Iterable[Place] = (),
        texts: Iterable[str] = (),
        *,
        show_secrets: bool = False,
    ) -> None:
        """Take everything that is secret in this run.

        Args:
            sources: path -> file; None where there is none.
            secrets: literals of keys and tokens, quotes included.
            texts: their values, which may also stand elsewhere.
            show_secrets: print them all the same. Fingerprints never depend on this.
        """
        self._sources = sources
        self._show = show_secrets
        self._places: dict[str, list[Span]] = {}
        known = set(texts)
        for place in set(secrets):
            if source := sources(place.path):
                span = _inside_quotes(source.text, place.span)
                self._places.setdefault(place.path, []).append(span)
                known.add(source.text[span.start : span.end])
        occurrences = {_occurrence(text) for text in known if len(text) >= _SHORTEST_SECRET}
        # The longest first: an alternation takes the first that fits.
        ordered = sorted(occurrences, key=lambda pattern: (-len(pattern), pattern))
        self._known = re.compile("|".join(ordered)) if ordered else None
        self._files: dict[str, tuple[str, LineHashes]] = {}
        self._seen: Counter[tuple[str, str, str]] = Counter()

    def text(self, text: str) -> str:
        """A message as it may be printed."""
        return printable(text if self._show else self._mask(text))

    def location(self, place: Place) -> Location:
        """A place in lines and columns, with its lines as they may be shown."""
        source = self._sources(place.path)
        if source is None:
            return Location(place.path, 1, 1, 1, 1, 0, 0)
        span = Span(*(min(max(offset, 0), len(source.text)) for offset in place.span))
        start, end = source.position(span.start), source.position(span.end)
        # A span that takes the line's end with it does not reach into the next line.
        last = end.line - 1 if end.column == 1 and end.line > start.line else end.line
        last = min(last, start.line + MAX_LINES - 1)
        lines, shift = _frame(
            self.shown(source),
            [source.line_span(number) for number in range(start.line, last + 1)],
            start.column,
        )
        return Location(
            place.path,
            *start,
            *end,
            source.byte_offset(span.start),
            source.byte_offset(span.end),
            lines,
            shift,
        )

    def findings(self, drafts: Iterable[tuple[Draft, RuleLike]]) -> list[Finding]:
        """The findings of a run, by position."""
        ordered = sorted(
            drafts,
            key=lambda pair: (pair[0].place, pair[1].id, pair[0].anchor, pair[0].message),
        )
        return [self.finding(draft, rule) for draft, rule in ordered]

    def finding(self, draft: Draft, rule: RuleLike, notes: Iterable[str] = ()) -> Finding:
        """A draft, ready to print; ``notes`` are added to its own."""
        location = self.location(draft.place)
        anchor = self._mask(draft.anchor)
        key = (rule.id, draft.place.path, anchor)
        occurrence = self._seen[key]
        self._seen[key] += 1
        source = self._sources(draft.place.path)
        return Finding(
            rule_id=rule.id,
            rule_name=rule.name,
            severity=rule.severity,
            confidence=draft.confidence,
            message=self.text(draft.message),
            location=location,
            trace=self._steps(draft.trace),
            related=self._steps(draft.related),
            advice=self.text(draft.advice),
            notes=tuple(map(self.text, (*draft.notes, *notes))),
            fingerprint=identity(*key, occurrence),
            line_hash=self._file(source)[1].of(location.start_line) if source else "",
        )

    def _steps(self, places: Iterable[tuple[Place, str]]) -> tuple[Step, ...]:
        return tuple(Step(self.location(place), self.text(text)) for place, text in places)

    def _mask(self, text: str, places: Iterable[Span] = ()) -> str:
        spans = [*places, *_shaped_secrets(text), *_named_secrets(text)]
        if self._known:
            spans += [Span(*match.span()) for match in self._known.finditer(text)]
        return _masked(text, spans)

    def shown(self, source: Source) -> str:
        """A file's text as it may be shown: every character in its place."""
        return source.text if self._show else self._file(source)[0]

    def _file(self, source: Source) -> tuple[str, LineHashes]:
        """A file's masked text, and the hashes of its lines."""
        if source.path not in self._files:
            masked = self._mask(source.text, self._places.get(source.path, ()))
            mark = "\ufeff" if source.data.startswith(b"\xef\xbb\xbf") else ""
            self._files[source.path] = masked, LineHashes(mark + masked)
        return self._files[source.path]


def _frame(text: str, spans: list[Span], column: int) -> tuple[tuple[str, ...], int]:
    """The lines of the spans, cut to ``MAX_WIDTH`` around a column, and how much was cut left."""
    longest = max(span.end - span.start for span in spans)
    shift = 0
    if longest > MAX_WIDTH:
        shift = max(0, min(column - 1 - MAX_WIDTH // 4, longest - MAX_WIDTH))
    lines = []
    for start, end in spans:
        line = text[start + shift : min(end, start + shift + MAX_WIDTH)]
        if shift and line:
            line = _ELLIPSIS + line[1:]
        if end > start + shift + MAX_WIDTH:
            line = line[:-1] + _ELLIPSIS
        lines.append(_frame_line(line))
    return tuple(lines), shift
