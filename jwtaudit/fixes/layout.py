"""The layout of a file: its tokens, and what stands between its brackets.

Facts say what a program means and where its values stand; between these stand commas, comments,
keywords and line ends, and those an edit has to respect. All languages that have brackets, commas,
strings and comments are read alike; what differs is in their patterns.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.blocks import statements
from jwtaudit.source import Span

if TYPE_CHECKING:
    from jwtaudit.source import Source

_PYTHON = r"""
  (?P<string>[rbuftRBUFT]{0,3}(?:\"""(?:\\.|[^\\])*?\"""|'''(?:\\.|[^\\])*?'''
      |"(?:\\(?:\r\n|.)|[^"\\\r\n])*"|'(?:\\(?:\r\n|.)|[^'\\\r\n])*'))
| (?P<comment>\#[^\r\n]*)
| (?P<space>(?:[ \t\f]|\\(?:\r\n|\r|\n))+)
"""
_JAVASCRIPT = r"""
  (?P<string>"(?:\\(?:\r\n|.)|[^"\\\r\n])*"|'(?:\\(?:\r\n|.)|[^'\\\r\n])*'
      |`(?:\\.|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}|[^`\\])*`)
| (?P<comment>//[^\r\n]*|/\*.*?\*/)
| (?P<regex>(?<=[(,=:\[!&|?{};])\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\r\n])*\]|[^/\\\r\n])+/\w*)
| (?P<space>[ \t\f\v\ufeff]+)
"""
_CONFIG = r"""
  (?P<string>\"""(?:\\.|[^\\])*?\"""|'''.*?'''|"(?:\\.|[^"\\\r\n])*"|'[^'\r\n]*')
| (?P<comment>\#[^\r\n]*)
| (?P<space>[ \t]+)
"""
_COMMON = r"""
| (?P<newline>\r\n|\r|\n)
| (?P<word>\w+)
| (?P<open>[\[({])
| (?P<close>[\])}])
| (?P<comma>,)
| (?P<operator>==|!=|<=|>=|:=|=>|->|\*\*|.)
"""
_PATTERNS = {
    language: re.compile(own + _COMMON, re.VERBOSE | re.DOTALL)
    for language, own in (("python", _PYTHON), ("javascript", _JAVASCRIPT), ("config", _CONFIG))
}


class Token(NamedTuple):
    """A piece of the text; ``kind`` is the name of its group in the patterns."""

    kind: str
    start: int
    end: int


class Item(NamedTuple):
    """What stands between two commas, without blanks and comments around it.

    ``value`` is the part behind ``name=`` or ``key:``; without these it is the whole item, and
    ``key`` is empty.
    """

    span: Span
    key: Span
    value: Span


@dataclass(slots=True, eq=False)
class Group:
    """A pair of brackets: the offsets of the two, and the tokens directly between them."""

    start: int
    end: int = -1
    parent: Group | None = None
    tokens: list[Token | Group] = field(default_factory=list, repr=False)


@dataclass
class Layout:
    """The layout of one file's text; ``typed`` where an absent value has a type of its own."""

    text: str
    language: str
    typed: bool = False

    @cached_property
    def tokens(self) -> list[Token]:
        """All tokens; they cover the text."""
        pattern = _PATTERNS.get(self.language, _PATTERNS["config"])
        return [
            Token(match.lastgroup or "operator", *match.span())
            for match in pattern.finditer(self.text)
        ]

    @cached_property
    def _tree(self) -> tuple[list[Token | Group], list[Group]]:
        """What stands outside of all brackets, and all closed pairs of them."""
        found: list[Group] = []
        outside: list[Token | Group] = []
        current: Group | None = None
        for token in self.tokens:
            if token.kind == "open":
                current = Group(token.start, parent=current)
            elif token.kind == "close":
                if current is not None:
                    current.end = token.end
                    found.append(current)
                    current = current.parent
                    (current.tokens if current else outside).append(found[-1])
            else:
                (current.tokens if current else outside).append(token)
        return outside, sorted(found, key=lambda group: group.start)

    @property
    def groups(self) -> list[Group]:
        """All closed pairs of brackets, in the order of their beginnings."""
        return self._tree[1]

    @cached_property
    def _depths(self) -> tuple[list[int], list[int]]:
        """Where the depth of brackets changes, and to what."""
        starts, depths = [0], [0]
        for token in self.tokens:
            if token.kind in ("open", "close"):
                starts.append(token.end if token.kind == "open" else token.start)
                depths.append(max(0, depths[-1] + (1 if token.kind == "open" else -1)))
        return starts, depths

    def depth(self, offset: int) -> int:
        """How many brackets are open at an offset."""
        starts, depths = self._depths
        return depths[bisect.bisect_right(starts, offset) - 1]

    def ending(self, end: int) -> Group | None:
        """The brackets that close at an offset: those of the call that ends there."""
        return next((group for group in self.groups if group.end == end), None)

    def starting(self, start: int) -> Group | None:
        """The brackets that open at an offset: a display."""
        return next((group for group in self.groups if group.start == start), None)

    def around(self, span: Span) -> Group | None:
        """The innermost brackets around a span."""
        found = None
        for group in self.groups:
            if group.start >= span.start:
                break
            if group.end >= span.end:
                found = group
        return found

    def items(self, group: Group) -> list[Item]:
        """What stands between the commas of brackets."""
        parts: list[list[Token | Group]] = [[]]
        for token in group.tokens:
            if isinstance(token, Token) and token.kind == "comma":
                parts.append([])
            elif isinstance(token, Group) or token.kind not in ("space", "newline", "comment"):
                parts[-1].append(token)
        return [self._item(group, part) for part in parts if part]

    def _item(self, group: Group, part: list[Token | Group]) -> Item:
        span = Span(part[0].start, part[-1].end)
        sign = ":" if self.text[group.start] == "{" else "="
        for index, token in enumerate(part):
            if isinstance(token, Token) and self.text[token.start : token.end] == sign and index:
                behind = part[index + 1 :]
                if sign == "=" and index != 1:
                    break
                if behind:
                    key = Span(part[0].start, part[index - 1].end)
                    return Item(span, key, Span(behind[0].start, behind[-1].end))
        return Item(span, Span(span.start, span.start), span)

    def is_call(self, group: Group) -> bool:
        """Whether round brackets hold arguments."""
        if self.text[group.start] != "(":
            return False
        before = self.text[: group.start].rstrip(" \t")
        word = re.search(r"\w+$", before)
        if word:
            return word[0] not in _NOT_CALLED
        return before.endswith((")", "]", '"', "'")) or bool(_TYPED_CALL.search(before))

    def is_bare(self, group: Group) -> bool:
        """Whether round brackets only hold a value together."""
        return (
            self.text[group.start] == "("
            and not self.is_call(group)
            and len(self.items(group)) == 1
            and not any(isinstance(t, Token) and t.kind == "comma" for t in group.tokens)
        )

    def bracketed(self, span: Span) -> Span:
        """A value with the round brackets that only hold it together."""
        group = self.around(span)
        while group is not None and self.is_bare(group):
            span = Span(group.start, group.end)
            group = self.around(span)
        return span

    def holder(self, span: Span) -> tuple[Group, Item] | None:
        """The item that a span is the value of, or the whole of, and the brackets around it."""
        span = self.bracketed(span)
        group = self.around(span)
        for item in self.items(group) if group else ():
            if group and span in (item.value, item.span):
                return group, item
        return None

    def in_string(self, start: int, end: int) -> bool:
        """Whether a range lies within a string, between its quotes."""
        strings = self._strings
        index = bisect.bisect_left(strings, (start, -1)) - 1
        return index >= 0 and end < strings[index][1]

    @cached_property
    def _strings(self) -> list[tuple[int, int]]:
        return [(token.start, token.end) for token in self.tokens if token.kind == "string"]

    # -- lines -------------------------------------------------------------------------------------

    @cached_property
    def newline(self) -> str:
        """The line end that the file uses first."""
        match = re.search(r"\r\n|\r|\n", self.text)
        return match[0] if match else "\n"

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def line_to(self, offset: int) -> str:
        """What stands before an offset in its line."""
        return self.text[self.line_start(offset) : offset]

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, without its line end."""
        match = re.compile(r"[\r\n]|\Z").search(self.text, offset)
        return match.start() if match else len(self.text)

    def next_line(self, offset: int) -> int:
        """Where the line behind that of an offset begins."""
        match = re.compile(r"\r\n|\r|\n|\Z").search(self.text, offset)
        return match.end() if match else len(self.text)

    def indent(self, offset: int) -> str:
        """The blanks with which the line of an offset begins."""
        match = re.compile(r"[ \t\f]*").match(self.text, self.line_start(offset))
        return match[0] if match else ""

    def breaks(self, start: int, end: int) -> bool:
        """Whether there is a line end in a range."""
        return "\n" in self.text[start:end] or "\r" in self.text[start:end]

    @cached_property
    def quote(self) -> str:
        """The quote that the file's strings use most."""
        quotes = [quote for _, quote in self._quotes]
        return max('"', "'", key=quotes.count)

    def quote_at(self, offset: int) -> str:
        """The quote of the statement at an offset, where all of its strings have the same."""
        around = self.statement(offset)
        if around is None:
            return self.quote
        first = bisect.bisect_left(self._quotes, (around.start, ""))
        behind = bisect.bisect_left(self._quotes, (around.end, ""))
        found = {quote for _, quote in self._quotes[first:behind]}
        return found.pop() if len(found) == 1 else self.quote

    @cached_property
    def _quotes(self) -> list[tuple[int, str]]:
        """Where strings begin, and with which quote, as far as another one could have been used."""
        found = []
        for token in self.tokens:
            if token.kind == "string":
                text = self.text[token.start : token.end].lstrip("rbuftRBUFT")
                if text[0] in "\"'" and text[:3] != '"""' and not re.search("[\"']", text[1:-1]):
                    found.append((token.start, text[0]))
        return found

    @cached_property
    def width(self) -> int:
        """How long the file's lines may be: as long as its longest one, within reason.

        What cannot be broken, a text with what closes behind it or a comment, says nothing of it.
        """
        longest = _BLACK
        for token in self.tokens:
            if token.kind in ("word", "open"):
                longest = max(longest, self.columns(self.line_to(token.end)))
                if longest >= _WIDEST:
                    return _WIDEST
        return longest

    def columns(self, text: str) -> int:
        """How wide a text is; a tab counts as a step of those who indent with blanks."""
        return len(text.expandtabs(_TAB.get(self.language, 4)))

    @cached_property
    def step(self) -> str:
        """By what a line is indented more than the one around it."""
        found = re.findall(r"(?:\A|[\r\n])(\t| {2,8})(?=[^\s*])", self.text)
        return min(found, default=" " * _TAB.get(self.language, 4), key=len)

    # -- statements --------------------------------------------------------------------------------

    @cached_property
    def statements(self) -> list[Span]:
        """The simple statements and the heads of compound ones, outside of all brackets.

        Where blocks stand in braces, also those in blocks, behind what they are part of.
        """
        if self.language == "javascript":
            return statements(self.text, self._tree[0])
        found: list[Span] = []
        start = end = -1
        depth = 0
        for token in self.tokens:
            if token.kind in ("space", "comment"):
                continue
            if depth == 0 and (
                token.kind == "newline" or self.text[token.start : token.end] == ";"
            ):
                if start >= 0:
                    found.append(Span(start, end))
                start = -1
                continue
            if token.kind == "newline":
                continue
            depth += (token.kind == "open") - (token.kind == "close")
            depth = max(0, depth)
            if start < 0:
                start = token.start
            end = token.end
        if start >= 0:
            found.append(Span(start, end))
        return found

    def statement(self, offset: int) -> Span | None:
        """The statement that holds an offset."""
        found = None
        for span in self.statements:
            if span.start > offset:
                break
            if offset <= span.end:
                found = span
        return found


_BLACK, _WIDEST = 88, 120
_TAB = {"javascript": 2}
_TYPED_CALL = re.compile(r"[\w$]<[^<>()=;]*(?:<[^<>()=;]*>[^<>()=;]*)?>$|[\w$)\]]\?\.$")  # f<T>(
_NOT_CALLED = frozenset(
    "and as assert await case del elif else except for from if import in is lambda match not or"
    " raise return while with yield typeof new delete void throw of".split()
)


_TYPED = (".ts", ".tsx", ".mts", ".cts")


def layout_of(source: Source, language: str) -> Layout:
    """The layout of a file that is a program in a language."""
    return Layout(source.text, language, typed=source.path.endswith(_TYPED))
