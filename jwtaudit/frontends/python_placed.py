"""Python parsed by libcst, with the place of every node in the file.

libcst's own position metadata costs 2.4 parses. Positions are taken instead from a code
generator that writes nothing and only counts characters (0.3 parses): the generated text is the
source, so an offset in it is an offset in the file.
"""

from __future__ import annotations

import ast
import functools
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import libcst as cst
from libcst._nodes.expression import BaseExpression
from libcst._nodes.internal import CodegenState

from jwtaudit.frontends import Unparsable
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class PlacedTree:
    """The syntax tree of a text, and where its nodes stand.

    Args:
        text: what is parsed.
        moved: how far the text stands from the file's beginning.
        offsets: where each of its characters stands in the file, for what is not written plainly.
    """

    def __init__(self, text: str, moved: int = 0, offsets: list[int] | None = None) -> None:
        with _light():
            self.module, text = _parsed(text)
            counter = _Counter(self.module)
            self.module._codegen(counter)
        self._spans = counter.spans
        self._offsets = _Offsets(self.module, text, counter.offset, moved, offsets)

    def span(self, node: cst.CSTNode) -> Span:
        """Where a node stands in the file."""
        found = self._spans.get(id(node))
        return self._offsets.span(*found) if found else Span(0, 0)


@contextmanager
def refusals(text: str) -> Iterator[None]:
    """Turn what the parser raises into one exception with a message for people."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except cst.ParserSyntaxError as error:
        raise _syntax_error(text, error) from None
    except RecursionError:
        raise Unparsable("nested too deeply") from None
    except (cst.CSTValidationError, SyntaxError, ValueError, KeyError, LookupError) as error:
        raise Unparsable(f"cannot be parsed ({type(error).__name__})") from None


def _syntax_error(text: str, error: cst.ParserSyntaxError) -> Unparsable:
    """The error in the words and at the line of the interpreter, where it sees one, too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as better:
        return Unparsable(f"syntax error: {better.msg}", better.lineno)
    except (ValueError, RecursionError, MemoryError):
        pass
    return Unparsable("syntax error", error.raw_line)


def _parsed(text: str) -> tuple[cst.Module, str]:
    """The syntax tree, and the text that it is of.

    Python 2 is read as if it were Python 3, and a template as what it is filled in to be.
    """
    try:
        return cst.parse_module(text), text
    except cst.ParserSyntaxError:
        from jwtaudit.frontends.python2 import as_python3  # noqa: PLC0415 - rarely met
        from jwtaudit.frontends.python_templates import without_tags  # noqa: PLC0415

        other = as_python3(without_tags(text))
        if other == text:
            raise
        with suppress(cst.ParserSyntaxError):
            return cst.parse_module(other), other
        raise


@contextmanager
def _light() -> Iterator[None]:
    """Let libcst leave out what a tree that is only read does not need.

    Validation is meant for nodes that programs put together. Spaces, two nodes of five, are the
    same node wherever they are alike. An expression without parentheses needs no generator to
    stand between none and none.
    """
    with (
        _replaced(cst.CSTNode, "__post_init__", lambda _: None),
        _replaced(cst, "SimpleWhitespace", _space),
        _replaced(_Space, "_codegen", _count_space),
        _replaced(BaseExpression, "_parenthesize", _parenthesize),
    ):
        yield


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


_Space = cst.SimpleWhitespace
_space = functools.lru_cache(maxsize=256)(_Space)


def _count_space(node: _Space, state: _Counter) -> None:
    state.offset += len(node.value)


def _parenthesize(node: BaseExpression, state: _Counter) -> AbstractContextManager[None]:
    return _parenthesized(node, state) if node.lpar else state.record_syntactic_position(node)


_parenthesized = BaseExpression._parenthesize


class _Counter(CodegenState):
    """A code generation state that counts characters instead of keeping them.

    As a context it notes where a node begins and ends while it is "generated".
    """

    offset = 0

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.tokens.append("")  # a module without any would be given a line end
        self.spans: dict[int, tuple[int, int]] = {}
        self.begun: list[tuple[int, int]] = []

    def add_token(self, value: str) -> None:
        self.offset += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.offset += len(token)

    def pop_trailing_newline(self) -> None:
        pass

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: object = None, end_node: object = None
    ) -> _Counter:
        self.begun.append((id(node), self.offset))
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        node, start = self.begun.pop()
        self.spans[node] = (start, self.offset)


class _Offsets:
    """Maps offsets in generated code to offsets in the text.

    libcst drops some characters (a form feed before a statement, a lone CR at the end); where
    the two differ, the dropped ones are found by walking both.
    """

    def __init__(
        self,
        module: cst.Module,
        text: str,
        length: int,
        moved: int,
        written: list[int] | None = None,
    ) -> None:
        self.moved = moved
        self.written = written
        self.table: list[int] | None = None
        # libcst only ever drops characters: of equal length is equal text. A line end that is
        # missing at the end is counted, as it is generated and then taken back.
        added = 0 if module.has_trailing_newline else len(module.default_newline)
        if length == len(text) + added and "\f" not in text:
            return
        code = module.code
        if code == text:
            return
        table, j = [], 0
        for char in code:
            while j < len(text) and text[j] != char:
                j += 1
            table.append(j)
            j += 1
        table.append(len(text))
        self.table = table

    def span(self, start: int, end: int) -> Span:
        found = self._span(start, end)
        if self.written is None:
            return found
        last = len(self.written) - 1
        end = self.written[min(max(found.end - 1, 0), last)] + 1
        return Span(self.written[min(found.start, last)], end)

    def _span(self, start: int, end: int) -> Span:
        if self.table is None:
            return Span(start + self.moved, end + self.moved)
        last = len(self.table) - 1
        start = self.table[min(start, last)]
        end = self.table[min(end - 1, last)] + 1 if end else 0
        return Span(start + self.moved, end + self.moved)
