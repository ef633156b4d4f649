"""Ways to write the same program: what a fix must cope with, and must leave as it is.

``LAYOUTS`` change bytes, and mean the same whatever the text is: the fix of such a variant is the
variant of the fix. ``FORMS`` write calls, statements and functions in another way; there, what
the fixed program does has to be the same.
"""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
from bisect import bisect
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.frontends import javascript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tree_sitter import Node

    Insertion = tuple[int, str]

SCRIPTS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")


def is_python(path: str) -> bool:
    """Whether a file is a Python program."""
    return path.endswith(".py")


def is_program(path: str) -> bool:
    """Whether a file is one that the variants of programs are made of."""
    return path.endswith((".py", *SCRIPTS))


# -- layouts: the bytes of a file ------------------------------------------------------------------


def _cookie(path: str, text: str) -> bytes | None:
    if not is_python(path) or text.startswith("#!"):
        return None
    try:
        return f"# -*- coding: latin-1 -*-\n# \xe9\xfc\n{text}".encode("latin-1")
    except UnicodeEncodeError:
        return None


def _tabs(_path: str, text: str) -> bytes | None:
    if '"""' in text or "`" in text:
        return None
    step = 4 if re.search(r"^ {4}", text, re.MULTILINE) and "\n  }" not in text else 2
    lines = text.split("\n")
    if any((len(line) - len(line.lstrip(" "))) % step for line in lines):
        return None

    def tabbed(line: str) -> str:
        bare = line.lstrip(" ")
        return "\t" * ((len(line) - len(bare)) // step) + bare

    return "\n".join(map(tabbed, lines)).encode()


def _before_functions(path: str, text: str, what: str) -> bytes | None:
    if not is_python(path):
        return None
    return re.sub(r"^(?=def |class |@)", what, text, flags=re.MULTILINE).encode()


def _comment(path: str) -> str:
    return "#" if is_python(path) else "//"


LAYOUTS: dict[str, Callable[[str, str], bytes | None]] = {
    "crlf": lambda _, text: text.replace("\n", "\r\n").encode(),
    "cr": lambda _, text: text.replace("\n", "\r").encode(),
    "bom": lambda _, text: codecs.BOM_UTF8 + text.encode(),
    "bom and crlf": lambda _, text: codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode(),
    "cookie": _cookie,
    "tabs": _tabs,
    "form feeds": lambda path, text: _before_functions(path, text, "\f\n"),
    "no last newline": lambda _, text: text.removesuffix("\n").encode(),
    "beyond ascii": lambda path, text: f"{_comment(path)} \xe9 \u4e2d \U0001f511\n{text}".encode(),
    "single quotes": lambda _, text: (
        None
        if '"' not in text or re.search(r"'|`|\\|\"\"\"|\bf\"", text)
        else text.replace('"', "'").encode()
    ),
}
"""Path and text -> the same in other bytes; None where it cannot be written that way."""


def mixed(text: str) -> str:
    """Every second line ends in another way."""
    lines = text.split("\n")
    return (
        "".join(line + ("\r\n" if number % 2 else "\n") for number, line in enumerate(lines[:-1]))
        + (lines[-1])
    )


# -- forms of Python -------------------------------------------------------------------------------


def _offsets(text: str) -> Callable[[int, int], int]:
    """From a line and a column in UTF-8 to an offset."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return lambda line, column: starts[line - 1] + len(lines[line - 1].encode()[:column].decode())


class _Call:
    """A call's brackets and arguments, as offsets."""

    def __init__(self, node: ast.Call, at: Callable[[int, int], int], text: str) -> None:
        arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
        self.end = at(node.end_lineno or 0, node.end_col_offset or 0) - 1
        self.starts = sorted(at(a.lineno, a.col_offset) for a in arguments)
        values = [a.value if isinstance(a, (ast.keyword, ast.Starred)) else a for a in arguments]
        self.values = [
            (at(v.lineno, v.col_offset), at(v.end_lineno or 0, v.end_col_offset or 0))
            for v in values
        ]
        self.keywords = [
            (at(k.lineno, k.col_offset), at(k.end_lineno or 0, k.end_col_offset or 0))
            for k in node.keywords
        ]
        self.comma = text[: self.end].rstrip().endswith((",", "("))
        line = text[text.rfind("\n", 0, at(node.lineno, node.col_offset)) + 1 :]
        self.indent = line[: len(line) - len(line.lstrip(" "))]


def _bare(text: str) -> str:
    """A Python program without comments, so that lines can be joined."""
    lines = text.split("\n")
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token in reversed(tokens):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines)


def _calls(text: str) -> Iterator[_Call]:
    at, tree = _offsets(text), ast.parse(text)
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in inside:
            continue
        given = [*node.args, *node.keywords]
        if given and not any(isinstance(argument, ast.GeneratorExp) for argument in given):
            yield _Call(node, at, text)


def _inserted(text: str, insertions: Iterable[Insertion]) -> str:
    for at, new in sorted(insertions, reverse=True):
        text = text[:at] + new + text[at:]
    return text


def _each_call(write: Callable[[_Call], Iterable[Insertion]]) -> Callable[[str], str]:
    def change(text: str) -> str:
        bare = _bare(text)
        return _inserted(bare, (one for call in _calls(bare) for one in write(call)))

    return change


def _exploded(call: _Call) -> Iterator[Insertion]:
    for start in call.starts:
        yield start, f"\n{call.indent}    "
    yield call.end, ("" if call.comma else ",") + f"\n{call.indent}"


def _hanging(call: _Call) -> Iterator[Insertion]:
    for start in call.starts[1:]:
        yield start, f"\n{call.indent}        "


def _open(call: _Call) -> Iterator[Insertion]:
    for start in call.starts:
        yield start, f"\n{call.indent}    "
    yield call.end, f"\n{call.indent}"


def _commented(call: _Call) -> Iterator[Insertion]:
    for number, start in enumerate(call.starts):
        yield start, f"  # before {number}\n{call.indent}    # above {number}\n{call.indent}    "
    yield call.end, ("" if call.comma else ",") + f"  # last, (or) [not\n{call.indent}"


def _comma(call: _Call) -> Iterator[Insertion]:
    if not call.comma:
        yield call.end, ","


def _parenthesised(call: _Call) -> Iterator[Insertion]:
    for start, end in call.values:
        yield start, "("
        yield end, ")"


def _spaced(call: _Call) -> Iterator[Insertion]:
    for start, end in call.values:
        yield start, "  "
        yield end, " "


def _all_parenthesised(text: str) -> str:
    bare, found = _bare(text), []
    at = _offsets(bare)
    for node in ast.walk(ast.parse(bare)):
        if isinstance(node, (ast.Assign, ast.Return)) and node.value is not None:
            value = node.value
            found.append((at(value.lineno, value.col_offset), "(\n"))
            found.append((at(value.end_lineno or 0, value.end_col_offset or 0), "\n)"))
    return _inserted(bare, found)


def _keywords_turned(text: str) -> str:
    """The keywords of the outermost calls in the opposite order."""
    bare, done = _bare(text), -1
    parts, written = [], 0
    for call in sorted(_calls(bare), key=lambda call: call.starts[0]):
        if call.starts[0] < done or len(call.keywords) < 2:
            continue
        if any(bare[start] == "*" for start, _ in call.keywords):
            continue
        done = call.end
        turned = list(reversed(call.keywords))
        for (start, end), other in zip(call.keywords, turned, strict=True):
            parts += [bare[written:start], bare[slice(*other)]]
            written = end
    return "".join(parts) + bare[written:]


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield block


def _is_simple(node: ast.stmt) -> bool:
    return not (hasattr(node, "body") or hasattr(node, "cases"))


def _joined(text: str) -> str:
    """Statements that follow one another on one line."""
    bare = _bare(text)
    at, cuts = _offsets(bare), []
    for block in _blocks(ast.parse(bare)):
        for one, other in pairwise(block):
            if _is_simple(one) and _is_simple(other):
                end = at(one.end_lineno or 0, one.end_col_offset or 0)
                cuts.append((end, at(other.lineno, other.col_offset)))
    for start, end in sorted(cuts, reverse=True):
        if not bare[start:end].strip():
            bare = f"{bare[:start]}; {bare[end:]}"
    return bare


def _one_line(text: str) -> str:
    """Blocks of simple statements behind their colon."""
    bare = _joined(text)
    at, cuts = _offsets(bare), []
    for node in ast.walk(ast.parse(bare)):
        if isinstance(node, (ast.FunctionDef, ast.If, ast.For, ast.While)) and all(
            map(_is_simple, node.body)
        ):
            first, last = node.body[0], node.body[-1]
            start = at(first.lineno, first.col_offset)
            colon = len(bare[:start].rstrip())
            if first.lineno == last.lineno and bare[colon - 1] == ":":
                cuts.append((colon, start))
    for start, end in sorted(cuts, reverse=True):
        bare = f"{bare[:start]} {bare[end:]}"
    return bare


def _decorated(text: str) -> str:
    """Every function has a decorator more, which does nothing."""
    given = "\n\ndef _as_is(function):\n    return function\n\n\n"
    found, at, tree = [], _offsets(text), ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            start = text.rfind("\n", 0, at(node.lineno, node.col_offset)) + 1
            indent = text[start : at(node.lineno, node.col_offset)]
            found.append((start, f"{indent}@_as_is\n"))
    if not found:
        return text
    first = next(
        (
            node
            for node in tree.body
            if not isinstance(node, (ast.Import, ast.ImportFrom))
            and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        ),
        None,
    )
    if first is None:
        return text
    lines = [d.lineno for d in getattr(first, "decorator_list", ())]
    top = at(min([first.lineno, *lines]), 0)
    return _inserted(
        text,
        [
            *(f for f in found if f[0] != top),
            (top, given),
            *((at_, new) for at_, new in found if at_ == top),
        ],
    )


def _continued(text: str) -> str:
    """A backslash and a new line behind every assignment sign."""
    bare, found = _bare(text), []
    at = _offsets(bare)
    for node in ast.walk(ast.parse(bare)):
        if isinstance(node, (ast.Assign, ast.Return)) and node.value is not None:
            start = at(node.value.lineno, node.value.col_offset)
            if bare[start - 1] == " ":
                found.append((start, "\\\n        "))
    return _inserted(bare, found)


def _with_head(text: str) -> str:
    doc = '"""What this module is for: jwt, os and datetime."""\n\n'
    if ast.get_docstring(ast.parse(text)) is not None or "from __future__" in text:
        return text
    return f"#!/usr/bin/env python3\n{doc}from __future__ import annotations\n\n{text}"


def _trailing_blanks(text: str) -> str:
    return text if _LONG.search(text) else re.sub(r"(?<=[,({\[])$", "  ", text, flags=re.MULTILINE)


_LONG = re.compile(r"`|\"\"\"")

PYTHON_FORMS: dict[str, Callable[[str], str]] = {
    "one argument a line": _each_call(_exploded),
    "hanging arguments": _each_call(_hanging),
    "no comma behind the last argument": _each_call(_open),
    "comments in calls": _each_call(_commented),
    "commas behind the last arguments": _each_call(_comma),
    "values in brackets": _each_call(_parenthesised),
    "blanks around values": _each_call(_spaced),
    "statements in brackets": _all_parenthesised,
    "keywords turned round": _keywords_turned,
    "statements on one line": _joined,
    "blocks on one line": _one_line,
    "decorators": _decorated,
    "backslashes": _continued,
    "trailing blanks": _trailing_blanks,
    "a docstring and a future import": _with_head,
}

# -- forms of JavaScript ---------------------------------------------------------------------------


def nodes(path: str, text: str) -> Iterator[Node]:
    """The nodes of a script, in order."""
    waiting = [javascript.parse(path, text).root_node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


_LISTS = {"arguments", "object", "array"}
_SIGNS = {"(", ")", "{", "}", "[", "]", ",", "comment"}


def _each_list(write: Callable[[_List], Iterable[Insertion]]) -> Callable[[str], str]:
    def change(text: str) -> str:
        if "`" in text:
            return text
        lists = (node for node in nodes("app.ts", text) if node.type in _LISTS)
        return _inserted(text, (one for node in lists for one in write(_List(node, text))))

    return change


class _List:
    """The brackets of a call, an object or an array, and what is in them."""

    def __init__(self, node: Node, text: str) -> None:
        found = [(c.start_byte, c.end_byte) for c in node.children if c.type not in _SIGNS]
        plain = found and all(c.type != "comment" for c in node.children)
        self.items = found if plain else []
        self.end = node.end_byte - 1
        self.comma = text[: self.end].rstrip().endswith((",", "(", "{", "["))
        line = text[text.rfind("\n", 0, node.start_byte) + 1 :]
        self.indent = line[: len(line) - len(line.lstrip(" "))]


def _script_exploded(these: _List) -> Iterator[Insertion]:
    for start, _ in these.items:
        yield start, f"\n{these.indent}  "
    if these.items:
        yield these.end, ("" if these.comma else ",") + f"\n{these.indent}"


def _script_open(these: _List) -> Iterator[Insertion]:
    for start, _ in these.items:
        yield start, f"\n{these.indent}  "
    if these.items:
        yield these.end, f"\n{these.indent}"


def _script_commented(these: _List) -> Iterator[Insertion]:
    for number, (start, _) in enumerate(these.items):
        yield start, f" // before {number}\n{these.indent}  /* above {number}, */ "
    if these.items:
        yield (
            these.end,
            ("" if these.comma else ",") + f" // last, (or) [not\n{these.indent}",
        )


def _script_comma(these: _List) -> Iterator[Insertion]:
    if not these.comma:
        yield these.end, ","


def _script_spaced(these: _List) -> Iterator[Insertion]:
    for start, end in these.items:
        yield start, "  "
        yield end, " "


def _unended(text: str) -> str:
    """Without the semicolons at the ends of lines."""
    if re.search(r"\n\s*[\[(`/+-]", text):
        return text
    return re.sub(r";$", "", text, flags=re.MULTILINE)


SCRIPT_FORMS: dict[str, Callable[[str], str]] = {
    "one argument a line": _each_list(_script_exploded),
    "no comma behind the last argument": _each_list(_script_open),
    "comments in calls": _each_list(_script_commented),
    "commas behind the last arguments": _each_list(_script_comma),
    "blanks around values": _each_list(_script_spaced),
    "no semicolons": _unended,
    "trailing blanks": _trailing_blanks,
}


# -- what a program does ---------------------------------------------------------------------------


def meaning(path: str, text: str) -> object:
    """What of a program does not change with its form."""
    if not is_python(path):
        return _script_meaning(path, text)
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords.sort(key=lambda keyword: keyword.arg or "")
    tree.body.sort(key=lambda node: ast.dump(node) if _is_import(node) else "")
    tree.body.sort(key=lambda node: not _is_import(node))
    return ast.dump(tree)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _script_meaning(path: str, text: str) -> list[str]:
    root = javascript.parse(path, text).root_node
    assert not root.has_error, text
    found = [
        text[node.start_byte : node.end_byte]
        for node in nodes(path, text)
        if node.type in _WHOLE or (not node.children and not (node.parent and _inner(node)))
    ]
    kept = [piece for piece in found if piece != ";"]
    following = [*kept[1:], ""]
    return [a for a, b in zip(kept, following, strict=True) if not (a == "," and b in ")}]")]


_WHOLE = {"string", "template_string"}


def _inner(node: Node) -> bool:
    """Whether a node is part of a comment or of a string."""
    outer: Node | None = node
    while outer is not None:
        if outer.type == "comment" or (outer is not node and outer.type in _WHOLE):
            return True
        outer = outer.parent
    return False


class Piece(NamedTuple):
    """A token of a program, or a comment."""

    text: str
    line: int
    is_comment: bool


def pieces(path: str, text: str) -> list[Piece]:
    """The tokens and the comments of a program, in order."""
    if not is_python(path):
        return [
            Piece(text[node.start_byte : node.end_byte], node.start_point[0], is_comment)
            for node in nodes(path, text)
            for is_comment in [node.type == "comment"]
            if is_comment
            or node.type in _WHOLE
            or not (node.children or (node.parent and _inner(node)))
        ]
    readline = io.StringIO(text, newline="").readline
    return [
        Piece(token.string, token.start[0], token.type == tokenize.COMMENT)
        for token in tokenize.generate_tokens(readline)
        if token.string.strip()
    ]


def comments(path: str, text: str) -> Counter[str]:
    """How often a program holds each comment."""
    return Counter(piece.text for piece in pieces(path, text) if piece.is_comment)


def orphans(path: str, text: str, fixed: str) -> list[str]:
    """The comments that are gone although the code that they stand beside is not.

    That is the code before it in its line, or else what follows; of brackets it is what they hold.
    """
    old, new = pieces(path, text), pieces(path, fixed)
    steps = SequenceMatcher(None, [p.text for p in old], [p.text for p in new], autojunk=False)
    kept = {at + n for at, _, size in steps.get_matching_blocks() for n in range(size)}
    moved = comments(path, fixed)
    moved.subtract(old[at].text for at in kept if old[at].is_comment)
    code = [at for at, piece in enumerate(old) if not piece.is_comment and piece.text not in ",;"]
    found = []
    for at, piece in enumerate(old):
        if not piece.is_comment or at in kept:
            continue
        if moved[piece.text] > 0:
            moved[piece.text] -= 1
            continue
        following = bisect(code, at)
        before, behind = (code[max(following - 1, 0)], code[min(following, len(code) - 1)])
        is_before = old[before].line == piece.line and old[before].text not in "([{"
        if (before if is_before or old[behind].text in ")]}" else behind) in kept:
            found.append(piece.text)
    return found
