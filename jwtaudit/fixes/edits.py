"""From what a check asks for to text: each change becomes splices of one file.

``Editor`` knows the layout of the file; the ``Dialect`` of its language knows how literals, names
and arguments are written there. A change that cannot be made cleanly is refused with
``CannotError``: then the finding keeps its advice, and nothing is edited.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.dialects import CannotError, dialect_of
from jwtaudit.fixes.layout import layout_of
from jwtaudit.fixes.lists import Splice, append, has_comment, remove
from jwtaudit.fixes.variables import variable
from jwtaudit.repair import (
    AddItem,
    AddStatement,
    Await,
    CallFurther,
    CallInstead,
    DropArgument,
    DropFactor,
    DropItem,
    DropStatement,
    EnvVar,
    Filled,
    Given,
    Insist,
    Named,
    RenameKey,
    Replace,
    ReplaceText,
    SetArgument,
    SetEntry,
    Snippet,
    SwapDecorators,
)
from jwtaudit.source import Place, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jwtaudit.fixes.dialects import Dialect, Lookup
    from jwtaudit.fixes.layout import Group, Item, Layout
    from jwtaudit.repair import Change, Code, Repair
    from jwtaudit.source import Source


_ENTRY = re.compile(r"[\w.]+(?:\[[^\[\]=]+\])+\s*=\s*")
_TARGET = re.compile(r"(?:(?:const|let|var)\s+)?(\w+)\s*(?::[^=]+)?=(?!=)\s*")
_THOUSAND = re.compile(r"\s*\*\s*(?:1000|1_000|1e3)(?![\w.])")
_AS_TEXT = re.compile(r"(?:\b(?:str|repr|len|type)|\.(?:format|decode|hex|upper|lower))\s*\Z")

_READABLE = re.compile(r"([A-Za-z_$][\w$]*)(?:\.[\w$]+|\[(?:\"[\w-]+\"|'[\w-]+')\])*")
"""What can be written elsewhere, too: a name, its attributes and entries."""
_BOUND = (
    r"(?:(?:from|import)\b.*\bNAME\b(?!\s+as\b)|(?:export\s+)?(?:const|let|var)\b[^=]*\bNAME\b"
    r"|(?:export\s+)?(?:def|class|function)\s+NAME\b|NAME\s*(?::[^=]+)?=(?!=))"
)


class Edit(NamedTuple):
    """Text in place of what stands at a place."""

    place: Place
    text: str


def edits_of(
    repair: Repair,
    files: Callable[[str], tuple[Source, str] | None],
    lookups: Callable[[str], Sequence[Lookup]],
) -> tuple[Edit, ...] | None:
    """The edits that carry out a repair; None where it cannot be done.

    Args:
        repair: what is asked for.
        files: path -> the file and its language.
        lookups: path -> how environment variables are read in that file and in its project.
    """
    found: dict[Edit, None] = {}
    editors: dict[str, Editor] = {}
    try:
        for change in repair.changes:
            place = change.call if isinstance(change, (SetArgument, DropArgument)) else change.place
            if place.path not in editors:
                given = files(place.path)
                if given is None:
                    return None
                source, language = given
                editors[place.path] = editor_of(source, language, lookups(place.path))
            for splice in editors[place.path].splices(change):
                found[Edit(Place(place.path, Span(splice.start, splice.end)), splice.text)] = None
    except CannotError:
        return None
    edits = tuple(_merged(sorted(found)))
    return None if _overlap(edits) else edits


def editor_of(source: Source, language: str, lookups: Sequence[Lookup] = ()) -> Editor:
    """Who edits a file."""
    from jwtaudit.fixes.scripts import ScriptEditor  # noqa: PLC0415 - the two know each other

    layout = layout_of(source, language)
    kind = ScriptEditor if language == "javascript" else Editor
    return kind(layout, dialect_of(layout, lookups))


def _merged(edits: Sequence[Edit]) -> Iterator[Edit]:
    """The edits with those made one that add text where others of the same repair add or take."""
    last: Edit | None = None
    for edit in edits:
        if last is None or not _meet(last, edit):
            if last is not None:
                yield last
            last = edit
        else:
            last = _joined(last, edit)
    if last is not None:
        yield last


def _meet(one: Edit, other: Edit) -> bool:
    """Whether one of two edits in order only adds, in the region of the other."""
    a, b = one.place.span, other.place.span
    adds = a.start == a.end or b.start == b.end
    return one.place.path == other.place.path and adds and b.start <= a.end


def _joined(one: Edit, other: Edit) -> Edit:
    a, b = one.place.span, other.place.span
    taken = a if a.start < a.end else b
    text = one.text + other.text
    added = re.match(r"(,?)(\r\n|\r|\n)", text)
    if taken.start < taken.end and added and taken.end > (b if taken is a else a).end:
        text = text[added.end() :] + added[2]  # a whole line for a whole line
    return Edit(Place(one.place.path, Span(min(a.start, b.start), max(a.end, b.end))), text)


def _overlap(edits: Sequence[Edit]) -> bool:
    return any(
        one.place.path == other.place.path
        and (one.place.span.end > other.place.span.start or one.place.span == other.place.span)
        for one, other in pairwise(edits)
    )


class Editor:
    """Makes the splices for changes of one file."""

    def __init__(self, layout: Layout, dialect: Dialect) -> None:
        """Take the file's layout and how its language is written."""
        self.layout = layout
        self.dialect = dialect

    def splices(self, change: Change) -> list[Splice]:
        """The splices that carry out a change.

        Raises:
            CannotError: it cannot be done here.
        """
        handler = getattr(self, f"_{type(change).__name__.lower()}")
        found: list[Splice] = handler(change)
        if not isinstance(change, ReplaceText) and any(
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

    def _text(self, code: Code, at: int) -> tuple[str, list[Splice]]:
        if isinstance(code, Given):
            return self._given(code, at), []
        if not isinstance(code, Filled):
            return self.dialect.render(code, at)
        text, more = self.dialect.render(Snippet(code.text))
        for name, inner in code.fields.items():
            written, further = self._text(inner, at)
            text = text.replace(f"${name}", written)
            more += further
        return text, more

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

    # -- expressions -------------------------------------------------------------------------------

    def _replace(self, change: Replace) -> list[Splice]:
        code = change.code
        if isinstance(code, EnvVar) and not code.name:
            code = code._replace(name=variable(self.layout, change.place))
        text, more = self._text(code, change.place.span.start)
        span = change.place.span
        if isinstance(code, Named):
            text = text.replace("@", self.layout.text[span.start : span.end])
        group = self.layout.around(span)
        if group is not None and self.layout.is_bare(group) and not has_comment(self.layout, group):
            alone = not self.layout.text[group.start + 1 : span.start].strip()
            if alone and not self.layout.text[span.end : group.end - 1].strip():
                span = Span(group.start, group.end)
        return [Splice(*span, text), *more]

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
        found = [
            m.start() for m in re.finditer(rf"(?<![\w.]){re.escape(change.old)}(?![\w.])", line)
        ]
        if len(found) != 1 or "--hash" in line or line.endswith("\\"):
            raise CannotError
        at = start + found[0]
        return [Splice(at, at + len(change.old), change.new)]

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

    def _await(self, change: Await) -> list[Splice]:
        start, end = change.place.span
        if re.match(r"\s*(?:\?\.|[.(\[!])", self.layout.text[end:]):
            return [Splice(start, start, "(await "), Splice(end, end, ")")]
        return [Splice(start, start, "await ")]

    def _renamekey(self, change: RenameKey) -> list[Splice]:
        _, item = self._item(change.place)
        if item.key.start == item.key.end:
            raise CannotError
        old = self.layout.text[item.key.start : item.key.end]
        quote = old[0] if old[0] in "\"'" else ""
        return [Splice(*item.key, f"{quote}{change.name}{quote}")]

    # -- arguments and entries ---------------------------------------------------------------------

    def _call(self, place: Place) -> Group:
        group = self.layout.ending(place.span.end)
        if group is None or group.start < place.span.start or not self.layout.is_call(group):
            raise CannotError
        return group

    def _setargument(self, change: SetArgument) -> list[Splice]:
        group = self._call(change.call)
        named = self._named(group, change.name)
        if not change.key:
            return self._put(group, named, change.name, change.code)
        if named is None:
            text, more = self._text(change.code, group.start)
            mapping = self.dialect.mapping(self.dialect.entry(change.key, text))
            return [*append(self.layout, group, self.dialect.argument(change.name, mapping)), *more]
        inner = self.layout.starting(named.value.start)
        if inner is None or inner.end != named.value.end:
            raise CannotError
        return self._put_entry(inner, change.key, change.code)

    def _put(self, group: Group, named: Item | None, name: str, code: Code) -> list[Splice]:
        text, more = self._text(code, group.start)
        if named is not None:
            return [Splice(*named.value, text), *more]
        return [*append(self.layout, group, self.dialect.argument(name, text)), *more]

    def _setentry(self, change: SetEntry) -> list[Splice]:
        group = self.layout.starting(change.place.span.start)
        if group is None:
            group = self.layout.ending(change.place.span.end)
            if group is not None and self.layout.is_call(group):  # dict(a=1)
                return self._put(group, self._named(group, change.key), change.key, change.code)
            raise CannotError
        return self._put_entry(group, change.key, change.code)

    def _put_entry(self, group: Group, key: str, code: Code) -> list[Splice]:
        named = self._named(group, key)
        text, more = self._text(code, group.start)
        if named is not None:
            return [Splice(*named.value, text), *more]
        return [*append(self.layout, group, self.dialect.entry(key, text)), *more]

    def _additem(self, change: AddItem) -> list[Splice]:
        group = self.layout.starting(change.place.span.start)
        if group is None or group.end != change.place.span.end:
            raise CannotError
        text, more = self._text(change.code, group.start)
        return [*append(self.layout, group, text), *more]

    def _named(self, group: Group, name: str) -> Item | None:
        for item in self.layout.items(group):
            if self.layout.text[item.key.start : item.key.end].strip("\"'") == name:
                return item
        return None

    def _dropargument(self, change: DropArgument) -> list[Splice]:
        group = self._call(change.call)
        named = self._named(group, change.name)
        if named is None:
            raise CannotError
        return remove(self.layout, group, named)

    def _dropitem(self, change: DropItem) -> list[Splice]:
        alternative = self._without_alternative(self.layout.bracketed(change.place.span))
        if alternative:
            return alternative
        return self._taken_out(*self._item(change.place), claim=change.claim)

    def _taken_out(self, group: Group, item: Item, *, claim: bool) -> list[Splice]:
        layout = self.layout
        only = len(layout.items(group)) == 1
        if claim and layout.is_call(group):
            statement = layout.statement(group.start)
            callee = layout.text[statement.start : group.start] if statement else ""
            if not re.search(r"(?:^|[\s.=(,])(?:dict|update)$", callee):
                raise CannotError
            if only and statement and statement.end == group.end and "=" not in callee:
                return self._without(statement)  # claims.update() does nothing
        default = re.search(r"\s*\.default\s*\Z", layout.text[: group.start])
        if only and default and layout.is_call(group):
            return [Splice(default.start(), group.end, self._required(default.start()))]
        whole = self.layout.bracketed(Span(group.start, group.end))
        outer = layout.around(whole)
        if only and layout.text[group.start] == "{" and outer and layout.is_call(outer):
            for holder in layout.items(outer):  # options={} says nothing
                if holder.value == whole and self._emptied(outer, holder):
                    return self._taken_out(outer, holder, claim=claim)
        return remove(layout, group, item)

    def _required(self, _end: int) -> str:
        """What a schema's field that ends somewhere needs in the place of its default."""
        return ""

    def _emptied(self, _outer: Group, _holder: Item) -> bool:
        """Whether an argument that says nothing may go."""
        return True

    def _item(self, place: Place) -> tuple[Group, Item]:
        found = self.layout.holder(place.span)
        if found is None:
            raise CannotError
        return found

    def _without_alternative(self, span: Span) -> list[Splice] | None:
        """``a or b`` without b, ``name: type = value`` without the value."""
        statement = self.layout.statement(span.start)
        start = statement.start if statement else 0
        text = self.layout.text
        before = text[start : span.start]
        either = re.search(r"\s*(?:\bor|\|\||\?\?)\s*$", before)
        if either:
            return [Splice(start + either.start(), span.end, "")]
        group = self.layout.around(span)
        if statement and group is not None and self.layout.is_call(group):
            # SecretStr("...") as the default of a field is the default
            callee = re.search(r"[\w.]+\s*$", text[start : group.start])
            if callee and len(self.layout.items(group)) == 1:
                whole = self.layout.bracketed(Span(start + callee.start(), group.end))
                if whole.end == statement.end:
                    before, span, group = text[start : whole.start], whole, None
        if (
            statement
            and (group is None or group.start < statement.start)
            and statement.end == span.end
            and re.fullmatch(r"\w+\s*:[^=]+?\s*=\s*", before)
        ):
            return [Splice(start + len(before.rstrip()[:-1].rstrip()), span.end, "")]
        if statement and statement.end == span.end and _ENTRY.fullmatch(before):
            return self._without(statement)  # options["verify"] = False
        return None

    # -- statements --------------------------------------------------------------------------------

    def _statement(self, place: Place) -> Span:
        found = self.layout.statement(place.span.start)
        if found is None:
            raise CannotError
        return found

    def _addstatement(self, change: AddStatement) -> list[Splice]:
        layout = self.layout
        span = self._statement(change.place)
        text, more = self.dialect.render(change.code)
        if "{target}" in text:
            head = layout.text[span.start : change.place.span.start]
            target = _TARGET.fullmatch(head)
            if re.fullmatch(r"return\s+", head):
                return [*self._named_result(span, change.place.span, text), *more]
            rest = layout.text[change.place.span.end : span.end]
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
        """``return f()`` becomes ``claims = f()``, what follows, and ``return claims``."""
        layout = self.layout
        taken = self._call(Place("", call))
        words = {layout.text[t.start : t.end] for t in layout.tokens if t.kind == "word"}
        name = next(n for n in ("claims", "decoded", "verified_claims", "_") if n not in words)
        rest = layout.text[call.end : statement.end]
        indent = layout.indent(statement.start)
        alone = not layout.text[layout.line_start(statement.start) : statement.start].strip()
        if not alone or not re.fullmatch(r"[\w.]*", rest) or taken.end != call.end or name == "_":
            raise CannotError
        line = f"{layout.newline}{indent}"
        behind = f"{line}{text.replace('{target}', name)}{line}return {name}{rest}"
        return [
            Splice(statement.start, call.start, f"{name} = "),
            Splice(call.end, statement.end, behind),
        ]

    def _dropstatement(self, change: DropStatement) -> list[Splice]:
        self._refuse_effects(change.place)
        return self._without(self._statement(change.place))

    def _refuse_effects(self, place: Place) -> None:
        """Refuse to take out a statement in which more than its own call may do something."""
        statement = self._statement(place)
        for group in self.layout.groups:
            inner = statement.start < group.start and group.end < statement.end
            if inner and self.layout.is_call(group) and not self._is_plain(group):
                raise CannotError

    def _is_plain(self, group: Group) -> bool:
        """Whether a call only turns its arguments into text."""
        return bool(_AS_TEXT.search(self.layout.text[: group.start]))

    def _without(self, span: Span) -> list[Splice]:
        layout = self.layout
        start, end = layout.line_start(span.start), layout.line_end(span.end)
        if layout.text[start : span.start].strip() or layout.text[span.end : end].strip(" \t;"):
            raise CannotError
        if self._is_whole_block(span):
            return [Splice(span.start, span.end, "pass")]
        return [Splice(start, layout.next_line(span.end), "")]

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
