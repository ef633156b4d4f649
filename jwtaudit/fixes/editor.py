"""From a change to splices of one file.

``Editor`` knows the layout of the file; the ``Dialect`` of its language knows how literals, names
and arguments are written there. A change that cannot be made cleanly is refused with
``CannotError``: then the finding keeps its advice, and nothing is edited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.fixes.arguments import ArgumentWriter
from jwtaudit.fixes.dialects import CannotError
from jwtaudit.fixes.lists import has_comment, remove
from jwtaudit.fixes.masking import MASK, masked
from jwtaudit.fixes.splices import Splice
from jwtaudit.fixes.variables import variable
from jwtaudit.repair import EnvVar, Filled, Insist, Mask, Named, Replace, ReplaceText
from jwtaudit.source import Span

if TYPE_CHECKING:
    from jwtaudit.fixes.layout import Group, Layout
    from jwtaudit.repair import Await, CallFurther, CallInstead, Change, DropFactor, Unwrap
    from jwtaudit.source import Place

_FORMATTED = re.compile(r"([fF])[rR]?[\"'](?:(?![\"']\s*[\w\"']).)*\Z", re.DOTALL)
"""A single text in which something is filled in; the letter says nothing where nothing is."""
_THOUSAND = re.compile(r"\s*\*\s*(?:1000|1_000|1e3)(?![\w.])")


class Editor(ArgumentWriter):
    """Makes the splices for changes of one file."""

    def splices(self, change: Change) -> list[Splice]:
        """The splices that carry out a change.

        Raises:
            CannotError: it cannot be done here.
        """
        handler = getattr(self, f"_{type(change).__name__.lower()}")
        found: list[Splice] = handler(change)
        if not isinstance(change, (Mask, ReplaceText)) and any(
            self.layout.in_string(splice.start, splice.end) for splice in found
        ):
            raise CannotError  # its quotes and escapes are another language
        keeps = isinstance(change, Insist) and len(found) > 1
        if (
            isinstance(change, (Replace, Insist))
            and not keeps
            and any(
                token.kind == "comment" and change.place.span.contains(Span(token.start, token.end))
                for token in self.layout.tokens
            )
        ):
            raise CannotError  # somebody's words would be lost
        return found

    # -- expressions -------------------------------------------------------------------------------

    def _replace(self, change: Replace) -> list[Splice]:
        code = change.code
        if isinstance(code, EnvVar) and not code.name:
            code = code._replace(name=variable(self.layout, change.place))
        text, more = self._text(code, change.place.span.start)
        span = change.place.span
        if isinstance(code, EnvVar) and self.layout.text[span.end - 1] == ")":
            span = self._as_text(span)
        if isinstance(code, Filled):
            text = self._folded(text, span)
        if isinstance(code, Named):
            text = text.replace("@", self.layout.text[span.start : span.end])
        group = self.layout.around(span)
        if group is not None and self.layout.is_bare(group) and not has_comment(self.layout, group):
            alone = not self.layout.text[group.start + 1 : span.start].strip()
            if alone and not self.layout.text[span.end : group.end - 1].strip():
                span = Span(group.start, group.end)
        return [Splice(*span, text), *more]

    def _folded(self, text: str, span: Span) -> str:
        """A call in the place of another expression; each argument below where it is too long."""
        layout = self.layout
        around = layout.columns(layout.line_to(span.start))
        rest = layout.line_end(span.end) - span.end
        if around + len(text) + rest <= layout.width:
            return text
        call = type(layout)(text, layout.language)
        end = f"{layout.newline}{layout.indent(span.start)}"
        if links := self._links_of(call):
            for at in reversed(links):
                text = f"{text[:at]}{end}{layout.step}{text[at:]}"
            return text
        group = next((group for group in call.groups if len(call.items(group)) > 1), None)
        if group is None:
            return text
        room = layout.width - around
        return self._below(call, group, end, room)

    def _links_of(self, call: Layout) -> list[int]:
        """Where a chain of calls is broken."""
        return []

    def _below(self, call: Layout, group: Group, end: str, room: int) -> str:
        """A call with each argument on a line of its own; ``room`` is left on the first line."""
        text = call.text
        given = (text[item.span.start : item.span.end] for item in call.items(group))
        below = "".join(f"{end}{self.layout.step}{argument}," for argument in given)
        return f"{text[: group.start + 1]}{below}{end}{text[group.end - 1 :]}"

    def _as_text(self, call: Span) -> Span:
        """A call with what makes a text of its result."""
        follows = re.compile(r"\.(hex|bytes|int)\b").match(self.layout.text, call.end)
        if follows and follows[1] != "hex":
            raise CannotError
        call = Span(call.start, follows.end()) if follows else call
        inner = self.layout.bracketed(call)
        group = self.layout.around(inner)
        if group is not None and len(self.layout.items(group)) == 1:
            to_text = re.search(r"(?<![\w.])str\s*\Z", self.layout.text[: group.start])
            if to_text and has_comment(self.layout, group):
                raise CannotError  # somebody's words would be lost
            before = self.layout.text[group.start + 1 : inner.start]
            behind = self.layout.text[inner.end : group.end - 1]
            if to_text and not before.strip() and behind.strip() in {"", ","}:
                return Span(to_text.start(), group.end)
        return call

    def _mask(self, change: Mask) -> list[Splice]:
        literal, _ = self._text(MASK, change.place.span.start)
        return masked(self.layout, change.place.span, change.names, literal)

    def _dropfactor(self, change: DropFactor) -> list[Splice]:
        start, end = change.place.span
        found = list(_THOUSAND.finditer(self.layout.text, start, end))
        if len(found) != 1:
            raise CannotError
        return [Splice(*found[0].span(), "")]

    def _insist(self, change: Insist) -> list[Splice]:
        text = self.layout.text
        group = self._call(change.place)
        function = text[change.place.span.start : group.start].rstrip()
        given = [text[item.span.start : item.span.end] for item in self.layout.items(group)]
        if change.method:
            called = re.fullmatch(r"([\w.$?!]+[.])\w+(\s*<.*>)?", function, re.DOTALL)
            if called is None or not given:
                raise CannotError
            written = f"{called[1]}{change.method}{called[2] or ''}({given[0]})"
            return [Splice(*change.place.span, written)]
        if len(given) == 2 and function.endswith(".get") and self.layout.language == "python":
            if has_comment(self.layout, group):
                return self._entry_of(change.place, group)
            return [Splice(*change.place.span, f"{function[:-4]}[{given[0]}]")]
        if len(given) == 3 and function == "getattr" and given[1][1:-1].isidentifier():
            return [Splice(*change.place.span, f"{given[0]}.{given[1][1:-1]}")]
        raise CannotError

    def _entry_of(self, place: Place, group: Group) -> list[Splice]:
        """``a.get(k, d)`` as ``a[k]``, with the comments that stand in it."""
        layout = self.layout
        called = re.search(r"\s*\.\s*get\s*\Z", layout.text[place.span.start : group.start])
        if called is None:
            raise CannotError
        first, second = layout.items(group)
        splices = [
            Splice(place.span.start + called.start(), group.start + 1, "["),
            *remove(layout, group, second),
            Splice(group.end - 1, group.end, "]"),
        ]
        for token in group.tokens:  # with a comma behind it, it would be a tuple
            if getattr(token, "kind", "") == "comma" and token.start >= first.span.end:
                covered = (s.start <= token.start and token.end <= s.end for s in splices)
                if not any(covered):
                    splices.append(Splice(token.start, token.end, ""))
        return [s._replace(text="") if s.text == "," else s for s in splices]

    def _replacetext(self, change: ReplaceText) -> list[Splice]:
        start, end = change.place.span
        line = self.layout.text[start:end]
        before = r"(?<![\w.])" if re.match(r"\w", change.old) else ""
        behind = r"(?![\w.])" if re.search(r"\w\Z", change.old) else ""
        found = [m.start() for m in re.finditer(f"{before}{re.escape(change.old)}{behind}", line)]
        if len(found) != 1 or "--hash" in line or line.endswith("\\"):
            raise CannotError
        at = start + found[0]
        splices = [Splice(at, at + len(change.old), change.new)]
        text = self.layout.text[start:at] + self.layout.text[at + len(change.old) : end]
        prefix = _FORMATTED.match(text) if self.layout.language == "python" else None
        if prefix and "{" not in text and "}" not in text:
            splices.insert(0, Splice(start + prefix.start(1), start + prefix.end(1), ""))
        return splices

    def _callinstead(self, change: CallInstead) -> list[Splice]:
        group = self._call(change.place)
        text, more = self._text(change.function, change.place.span.start)
        splices = [Splice(change.place.span.start, group.start, text), *more]
        follows = re.compile(r"\.(?:hex|bytes|int)\b").match(self.layout.text, group.end)
        if follows and follows[0] != ".hex":
            raise CannotError
        if follows and text.endswith("token_hex"):  # of a UUID
            splices.append(Splice(group.end, follows.end(), ""))
        return splices

    def _callfurther(self, change: CallFurther) -> list[Splice]:
        text, more = self._text(change.code, change.place.span.start)
        end = change.place.span.end
        link = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?=\.)").match(self.layout.text, end)
        return [Splice(end, end, (link[0] if link else "") + text), *more]

    def _unwrap(self, change: Unwrap) -> list[Splice]:
        layout, start = self.layout, change.place.span.start
        group = self._call(change.place)
        items = layout.items(group)
        if has_comment(layout, group) or layout.breaks(start, group.end):
            raise CannotError
        if change.method:
            called = re.search(r"\.\w+\Z", layout.text[start : group.start])
            if called is None:
                raise CannotError
            return [Splice(start + called.start(), group.end, "")]
        if len(items) != 1 or items[0].key.start != items[0].key.end:
            raise CannotError
        first, end = items[0].span
        return [Splice(start, first, ""), Splice(end, group.end, "")]

    def _await(self, change: Await) -> list[Splice]:
        start, end = change.place.span
        if re.match(r"\s*(?:\?\.|[.(\[!])", self.layout.text[end:]):
            return [Splice(start, start, "(await "), Splice(end, end, ")")]
        return [Splice(start, start, "await ")]
