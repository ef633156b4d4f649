"""The JavaScript and TypeScript front end: tree-sitter trees, lowered to facts.

The parser goes on after what it does not understand, so a broken file is read as far as it goes.
"""

from __future__ import annotations

import contextlib
import functools
import re
import time
from typing import TYPE_CHECKING

from tree_sitter import Language, Parser

from jwtaudit import facts as f
from jwtaudit.frontends import Unparsable, language_of, markup
from jwtaudit.frontends.javascript_slicing import left_out
from jwtaudit.frontends.javascript_statements import Statements
from jwtaudit.frontends.text import marks, whole_text
from jwtaudit.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Tree

    from jwtaudit.frontends.triage import Vocabulary
    from jwtaudit.source import Source

# tree-sitter counts bytes. With every other character written as one byte they are characters,
# and no table is needed; none of these means anything in code but as a part of names and texts.
_BLANK = re.compile(r"[\x85\xa0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u3000\ufeff]")
_WIDE = re.compile(r"[^\x00-\x7f]")
_TYPED = (".ts", ".mts", ".cts")
# What JSX shows, between tags and in attributes; `&` in it that is no `&nbsp;`.
_SHOWN = re.compile(r"[>}][^<>{}=&]*&[^<>{}=]*[<{]|=\"[^\"&\n]*&[^\"\n]*\"")
_BARE = re.compile(r"&(?!#?\w{1,31};)")
_KEEPING = re.compile(r"Storage\.setItem\(|document\.cookie\s?=|\.postMessage\(")
_SECONDS = 5.0
_SECOND_LOOK = 0.5
_PIECE = 64 * 1024


def lower_page(source: Source, vocabulary: Vocabulary | None = None) -> f.Facts:
    """Turn the scripts of a page, a component or a template into facts, and its text into one.

    What cannot be understood there goes unsaid: pages are seldom whole before they are filled in.
    """
    body: tuple[f.Statement, ...] = ()
    script = markup.scripts(source.path, source.text)
    if script is not None:
        tree = _parse(script.grammar, script.text)
        lowering = Statements(script.text, omit=left_out(script.text, tree, vocabulary))
        body = lowering.module(tree.root_node.named_children)
    return f.Facts(
        source.path, "javascript", body, texts=whole_text(source), comments=marks(source)
    )


def lower_string(source: Source, span: Span) -> f.Facts | None:
    """The scripts in a string of a program; None when there are none."""
    script = markup.scripts_in_string(source.text, *span)
    if script is None:
        return None
    tree = _parse(script.grammar, script.text)
    body = Statements(script.text).block(tree.root_node.named_children)
    return f.Facts(source.path, "javascript", body) if body else None


def lower(source: Source, vocabulary: Vocabulary | None = None) -> f.Facts:
    """Turn a file into facts; with a vocabulary, only the functions that can matter to it."""
    tree = parse(source.path, source.text)
    lowering = Statements(source.text, omit=left_out(source.text, tree, vocabulary))
    body = lowering.module(tree.root_node.named_children)
    damaged = _damage(tree, lowering.damaged_at)
    return f.Facts(
        source.path,
        "javascript",
        body,
        tuple(lowering.texts),
        _comments(source.text, tree),
        damaged=0 if damaged is None else source.position(damaged).line,
        scripts=tuple(_in_strings(source, lowering.texts)),
    )


def _in_strings(source: Source, texts: list[f.TextFact]) -> Iterator[f.Facts]:
    """The scripts in strings: of pages that a server sends, of views in an app."""
    for text in texts:
        if _KEEPING.search(text.text) and (inner := lower_string(source, text.span)) is not None:
            yield inner


def lower_function(source: Source, start: int) -> f.Function | None:
    """The function that begins at an offset, with its body; None when there is none."""
    text, tree = _tree(source)
    for node in _descend(tree.root_node, start):
        if node.start_byte == start and node.child_by_field_name("body") is not None:
            return Statements(text).function(node, "", method=node.type == "method_definition")
    return None


def parse(path: str, text: str) -> Tree:
    """The syntax tree of a file, whose offsets count characters."""
    if path.endswith(_TYPED):
        return _parse("typescript", text)
    grammar = "tsx" if path.endswith(".tsx") else "javascript"
    tree = _parse(grammar, text)
    if tree.root_node.has_error:
        with contextlib.suppress(Unparsable):
            for other in _other_readings(text):
                if not other.root_node.has_error:
                    return other
    return tree


def _other_readings(text: str) -> Iterator[Tree]:
    """Trees of a text in which something is not understood.

    Flow writes types into .js; and the grammars take every ``&`` in JSX for a character's name.
    """
    yield _parse("tsx", text, _SECOND_LOOK)
    plain = _SHOWN.sub(lambda shown: _BARE.sub("+", shown[0]), text)
    if plain != text:
        yield _parse("tsx", plain, _SECOND_LOOK)


@functools.lru_cache(maxsize=128)
def _parse(grammar: str, text: str, seconds: float = _SECONDS) -> Tree:
    """The syntax tree of a text, whose offsets count characters.

    Raises:
        Unparsable: garbage can take the parser minutes.
    """
    plain = text if text.isascii() else _WIDE.sub("x", _BLANK.sub(" ", text))
    data = plain.encode("ascii")
    parser = _parser(grammar)
    end = time.monotonic() + seconds
    try:
        # Only a text that is given in pieces can be given up.
        return parser.parse(
            lambda offset, _: data[offset : offset + _PIECE],
            progress_callback=lambda *_: time.monotonic() > end,
        )
    except ValueError:
        parser.reset()
        raise Unparsable("the parser takes too long over it") from None


def _tree(source: Source) -> tuple[str, Tree]:
    """A script, or a page's scripts: the text and its syntax tree."""
    text, grammar = source.text, ""
    if language_of(source.path) == "markup":
        text, grammar = markup.scripts(source.path, text) or ("", "javascript")
    return text, _parse(grammar, text) if grammar else parse(source.path, text)


@functools.cache
def _parser(grammar: str) -> Parser:
    if grammar == "javascript":
        import tree_sitter_javascript  # noqa: PLC0415 - each grammar is loaded when it is needed

        return Parser(Language(tree_sitter_javascript.language()))
    import tree_sitter_typescript  # noqa: PLC0415

    if grammar == "tsx":
        return Parser(Language(tree_sitter_typescript.language_tsx()))
    return Parser(Language(tree_sitter_typescript.language_typescript()))


def _damage(tree: Tree, found: int | None) -> int | None:
    """Where the first thing stands that was not understood."""
    if not tree.root_node.has_error:
        return found
    at = min((n.start_byte for n in _errors(tree.root_node)), default=None)
    return found if at is None else at if found is None else min(at, found)


def _errors(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            stack.extend(node.children)


def _descend(root: Node, start: int) -> Iterator[Node]:
    """The nodes around an offset, outermost first."""
    node: Node | None = root
    while node is not None:
        yield node
        inside = [c for c in node.children if c.start_byte <= start < c.end_byte]
        node = inside[0] if inside else None


def _comments(text: str, tree: Tree) -> tuple[f.Comment, ...]:
    if "jwtaudit:" not in text:
        return ()
    found: list[f.Comment] = []
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.type == "comment":
            part = text[node.start_byte : node.end_byte]
            if "jwtaudit:" in part:
                found.append(f.Comment(Span(node.start_byte, node.end_byte), part))
        stack.extend(reversed(node.children))
    return tuple(found)
