"""Edits of JavaScript: arguments go by position, options are objects, statements have braces."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from jwtaudit.fixes.dialects import CannotError, snippets
from jwtaudit.fixes.editor import Editor
from jwtaudit.fixes.imports_js import ScriptImports
from jwtaudit.fixes.lists import append, has_comment
from jwtaudit.fixes.splices import Splice
from jwtaudit.fixes.statements import TARGET
from jwtaudit.source import Span

if TYPE_CHECKING:
    from jwtaudit.fixes.layout import Group, Item, Layout
    from jwtaudit.repair import (
        AddStatement,
        CallInstead,
        Code,
        DropStatement,
        RenameKey,
        SetArgument,
    )
    from jwtaudit.source import Place

_FUNCTION = re.compile(r"(?:async\b\s*)?(?:function\b|\w+\s*=>|\([^()]*\)\s*=>)")
_CALLBACK = frozenset({"cb", "callback", "done", "next"})
_NOTHING = re.compile(r"(?:undefined|null|void 0|\{\s*\})\Z")
_NO_KEY = re.compile(r"\w+\Z")
_WRAPPED = re.compile(r"(?:await|void)\s+\Z")
_VARIABLE = re.compile(r"(?:process|meta)\.env(?:\.\w+|\[[^\[\]]+\])\Z")
_CHAIN = re.compile(r"([\w$]+)(?:\s*\.\s*\w+(?:\s*\([^()]*\))?)+\Z")
_LINK, _CHAINED = re.compile(r"(?<=\))\.\w+\("), 3
_DEFAULTED = re.compile(r"([\w$]+(?:\s*:\s*[\w$]+)?)\s*=\s*")
_TO_TEXT = r"\s*\.(?:toString|substring|substr|slice|toUpperCase|toLowerCase)\([\d\s,-]*\)"
# A line that begins so would become the end of the one before.
_JOINS = tuple("([`+-/")


class ScriptEditor(Editor):
    """Makes the splices for changes of one script."""

    # -- arguments ---------------------------------------------------------------------------------

    def _setargument(self, change: SetArgument) -> list[Splice]:
        group = self._call(change.call)
        items = self.layout.items(group)
        text, more = self._text(change.code, group.start)
        if change.key:
            text = self.dialect.mapping(self.dialect.entry(change.key, text))
        given = items[change.position] if 0 <= change.position < len(items) else None
        if given is None:
            if change.position != len(items):
                raise CannotError
            return [*append(self.layout, group, text), *more]
        written = self.layout.text[given.span.start : given.span.end]
        if _NOTHING.match(written):
            return [Splice(*given.span, text), *more]
        if change.key and written[0] == "{":
            return self._put_entry(self._object(given), change.key, change.code)
        if self._is_function(written):
            return [Splice(given.span.start, given.span.start, f"{text}, "), *more]
        raise CannotError

    def _is_function(self, written: str) -> bool:
        """Whether an argument is a callback, by how it is written or what it is called."""
        if not written.isidentifier():
            return bool(_FUNCTION.match(written))
        made = rf"\bfunction\s+{written}\b|\b{written}\s*=\s*{_FUNCTION.pattern}"
        return written in _CALLBACK or bool(re.search(made, self.layout.text))

    def _object(self, item: Item) -> Group:
        group = self.layout.starting(item.span.start)
        if group is None or group.end != item.span.end:
            raise CannotError
        return group

    def _put_entry(self, group: Group, key: str, code: Code) -> list[Splice]:
        named = self._named(group, key)
        text, more = self._text(code, group.start)
        if named is not None and named.key.start == named.key.end:  # { key }
            return [Splice(*named.span, self.dialect.entry(key, text)), *more]
        if named is not None:
            return [Splice(*named.value, text), *more]
        return [*self._appended(group, self.dialect.entry(key, text)), *more]

    def _appended(self, group: Group, text: str) -> list[Splice]:
        """A further entry; an object that becomes too long for its line gets several."""
        layout = self.layout
        if layout.breaks(group.start, group.end) or has_comment(layout, group):
            return append(layout, group, text)
        items = layout.items(group)
        line = layout.columns(layout.line_to(group.end)) + layout.line_end(group.end) - group.end
        if not items:
            return [Splice(group.start + 1, group.end - 1, f" {text} ")]
        if line + len(text) + 2 <= layout.width:
            return [Splice(items[-1].span.end, items[-1].span.end, f", {text}")]
        indent = layout.indent(group.start)
        inner = f"{layout.newline}{indent}{layout.step}"
        splices = [Splice(group.start + 1, items[0].span.start, inner)]
        for item, following in pairwise(items):
            splices.append(Splice(item.span.end, following.span.start, f",{inner}"))
        end = f",{inner}{text},{layout.newline}{indent}"
        return [*splices, Splice(items[-1].span.end, group.end - 1, end)]

    def _named(self, group: Group, name: str) -> Item | None:
        text = self.layout.text
        for item in self.layout.items(group):
            if name == text[item.span.start : item.span.end]:
                return item
        return super()._named(group, name)

    def _renamekey(self, change: RenameKey) -> list[Splice]:
        _, item = self._item(change.place)
        written = self.layout.text[item.span.start : item.span.end]
        if item.key.start == item.key.end and _NO_KEY.match(written):  # { algorithm }
            return [Splice(item.span.start, item.span.start, f"{change.name}: ")]
        return super()._renamekey(change)

    def _emptied(self, outer: Group, holder: Item) -> bool:
        """Whether an argument that says nothing may go: nothing that counts stands behind it."""
        items = self.layout.items(outer)
        behind = items[items.index(holder) + 1 :]
        texts = (self.layout.text[item.span.start : item.span.end] for item in behind)
        return all(map(self._is_function, texts))

    def _required(self, end: int) -> str:
        root = _CHAIN.search(self.layout.text, 0, end)
        if root is None or ".required()" in root[0]:
            return ""
        for module, (text, *_) in snippets().get("required", {}).items():
            if ScriptImports(self.layout).binds(root[1], module):
                return text
        return ""

    def _without_alternative(self, span: Span) -> list[Splice] | None:
        group = self.layout.around(span)
        if group is not None and self.layout.text[group.start] == "{":
            for item in self.layout.items(group):  # const { name = "..." } = ...
                given = self.layout.text[item.span.start : span.start]
                named = _DEFAULTED.fullmatch(given) if item.span.end == span.end else None
                if named:
                    return [Splice(item.span.start + named.end(1), span.end, "")]
        splices = super()._without_alternative(span)
        kept = splices and _VARIABLE.search(self.layout.text, 0, splices[0].start)
        if splices and kept and self.layout.typed:  # what is left may be undefined by its type
            return [splices[0]._replace(text="!")]
        return splices

    # -- calls -------------------------------------------------------------------------------------

    def _links_of(self, call: Layout) -> list[int]:
        links = [m.start() for m in _LINK.finditer(call.text) if not call.depth(m.start())]
        return links if len(links) >= _CHAINED else []

    def _below(self, call: Layout, group: Group, end: str, room: int) -> str:
        """Options that come last are the part that is broken, if what is before them fits."""
        *_, last = call.items(group)
        written = call.text[last.span.start : last.span.end]
        inner = call.starting(last.span.start)
        if inner is None or written[0] != "{" or last.span.start + 1 > room:
            return super()._below(call, group, end, room)
        entries = (call.text[item.span.start : item.span.end] for item in call.items(inner))
        below = "".join(f"{end}{self.layout.step}{entry}," for entry in entries)
        behind = call.text[group.end - 1 :]
        return f"{call.text[: last.span.start]}{{{below}{end}}}{behind}"

    def _callinstead(self, change: CallInstead) -> list[Splice]:
        """With arguments in its snippet, also for what makes a text of the call's result."""
        if "(" not in change.function.text:
            return super()._callinstead(change)
        text, more = self._text(change.function, change.place.span.start)
        return [Splice(*self._as_text(change.place.span), text), *more]

    def _as_text(self, call: Span) -> Span:
        """A call with what makes a text of its result, and what is added to it alike."""
        whole = self.layout.text
        if not re.match(rf"{_TO_TEXT}|\s*[-+*/.\[?]", whole[call.end :]):
            return call
        written = re.escape(whole[call.start : call.end])
        chain = rf"{written}(?:{_TO_TEXT})+"
        for match in re.finditer(rf"{chain}(?:\s*\+\s*{chain})*", whole):
            if match.start() <= call.start < match.end():
                around = whole[: match.start()].rstrip()[-1:]
                behind = whole[match.end() :].lstrip()[:1]
                if around in "+*-/" or behind in {"+", "*", "-", "/", ".", "[", "?"}:
                    break
                return Span(*match.span())
        raise CannotError

    # -- statements --------------------------------------------------------------------------------

    def _addstatement(self, change: AddStatement) -> list[Splice]:
        """Behind a declaration that stands on lines of its own: ``const key = ...;``."""
        layout = self.layout
        span = self._statement(change.place)
        text, more = self.dialect.render(change.code)
        target = TARGET.fullmatch(layout.text[span.start : change.place.span.start])
        behind = layout.text[span.end : layout.line_end(span.end)].lstrip(" \t")
        before = layout.text[layout.line_start(span.start) : span.start].strip()
        if target is None or span.end != change.place.span.end or before:
            raise CannotError
        end = ";" if behind.startswith(";") else ""
        if not re.fullmatch(r";?[ \t]*(?://.*)?", behind):
            raise CannotError
        at = layout.line_end(span.end)
        line = f"{layout.newline}{layout.indent(span.start)}"
        name = re.findall(r"[\w$]+", layout.text[change.place.span.start : span.end])[-1]
        text = text.replace("{target}", target[1]).replace("@", name)
        return [Splice(at, at, f"{line}{text}{end}"), *more]

    def _dropstatement(self, change: DropStatement) -> list[Splice]:
        self._refuse_effects(change.place)
        return self.without(self._whole(change.place))

    def _whole(self, place: Place) -> Span:
        """The statement that a call is, with its semicolon."""
        statement = self._statement(place)
        text = self.layout.text
        head = text[statement.start : place.span.start]
        if (head and not _WRAPPED.fullmatch(head)) or statement.end != place.span.end:
            raise CannotError
        return statement

    def without(self, span: Span) -> list[Splice]:
        """Take out a statement; a block that held nothing else says so.

        Raises:
            CannotError: it cannot be done here.
        """
        layout = self.layout
        start, end = layout.line_start(span.start), layout.line_end(span.end)
        behind = layout.text[span.end : end].strip(" \t;")
        before = layout.text[start : span.start].strip()
        following = layout.text[end:].lstrip()
        ended = layout.text[span.end : end].lstrip(" \t").startswith(";")
        if not ended and following.startswith(_JOINS):
            raise CannotError
        if behind.startswith("//"):
            behind = ""
        if before.endswith("{") and behind.startswith("}"):  # { f(); }
            around = self._within(span)
            if around is not None:
                return [Splice(around.start + 1, around.end - 1, "")]
        if before or behind:
            raise CannotError
        return [self._without_lines(span)]

    def _within(self, span: Span) -> Group | None:
        """The braces that hold nothing but a statement."""
        group = self.layout.around(span)
        text = self.layout.text
        if group is None or text[group.start + 1 : span.start].strip():
            return None
        return None if text[span.end : group.end - 1].strip(" \t;") else group
