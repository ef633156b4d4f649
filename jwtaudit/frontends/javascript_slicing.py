"""Leaves out the bodies of JavaScript functions that cannot matter, before they are lowered.

Parsing is fast, lowering and evaluating are not. A function matters when a word stands in it that
has to do with tokens, or when it mentions a function that matters. A body that turns out to be
needed is read later.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.frontends import TEXT_NEEDLES
from jwtaudit.searches import searches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tree_sitter import Node, Tree

    from jwtaudit.frontends.triage import Vocabulary
    from jwtaudit.searches import Searches

_FUNCTIONS = frozenset(
    {"function_declaration", "generator_function_declaration", "arrow_function", "function",
     "function_expression", "generator_function", "method_definition"}
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
# What the code around tokens speaks of, wherever they come from.
_TOKENS = (
    "token", "jwt", "auth", "secret", "cookie", "session", "claim", "bearer", "storage",
    "credential", "private_key", "privatekey", *(needle.lower() for needle in TEXT_NEEDLES),
)  # fmt: skip
# What holds an object of a class: `private tokens: TokenService`, `tokens = new TokenService(`.
_HOLDER = re.compile(
    r"([A-Za-z_$][\w$]{0,60})(?:[?!]?:|[ \t]{0,4}=[ \t]{0,4}(?:new[ \t]{1,4}|inject\())"
    r"[ \t]{0,4}([A-Za-z_$][\w$]{0,60})"
)
_IMPORT = re.compile(
    r"""\b(?:import|const|let|var)\s{1,9}(?P<names>[^;'"`=()]{1,300}?)\s{0,9}
    (?:\bfrom\s{0,9}|=\s{0,9}require\(\s{0,9})["'`](?P<module>[^"'`\n]{1,100})""",
    re.VERBOSE,
)
# Below this much text a whole look costs less than the choice.
_SMALL = 3000


class _Function(NamedTuple):
    start: int
    name: str
    words: frozenset[str]
    matters: bool


def left_out(text: str, tree: Tree, vocabulary: Vocabulary | None) -> Callable[[int], bool] | None:
    """Tells by its beginning whether a function's body is left out; None where none is."""
    if vocabulary is None:
        return None
    if vocabulary.any_file and not vocabulary.calls:
        return lambda _start: True
    if not vocabulary.any_file and len(text) < _SMALL:
        return None
    names = frozenset(vocabulary.calls)
    if vocabulary.any_file:
        names |= {m[1] for m in _HOLDER.finditer(text) if m[2] in names}
    else:
        names = frozenset(_imported(text, vocabulary.imports))

    speaking = _speaking(vocabulary.imports)

    def matters(body: str, words: frozenset[str]) -> bool:
        if not words.isdisjoint(names):
            return True
        if vocabulary.any_file:
            return False
        lower = body.lower().encode()
        return any(search(lower) for search, _ in speaking)

    functions = []
    for node in _outermost(tree):
        body = text[node.start_byte : node.end_byte]
        words = frozenset(_WORD.findall(body))
        functions.append(_Function(node.start_byte, _name(text, node), words, matters(body, words)))
    kept = _spread(functions)
    return lambda start: start not in kept


@functools.lru_cache(maxsize=8)
def _speaking(imports: tuple[str, ...]) -> Searches:
    """The searches for what code around tokens speaks of."""
    return searches(map(str.encode, (*_TOKENS, *imports)))


def _imported(text: str, libraries: Collection[str]) -> Iterator[str]:
    """The names under which a file has libraries: ``const simple = require("jwt-simple")``."""
    for bound in _IMPORT.finditer(text):
        if any(library in bound["module"].lower() for library in libraries):
            yield from _WORD.findall(bound["names"])


def _outermost(tree: Tree) -> Iterator[Node]:
    """The functions that are in no other."""
    stack = [tree.root_node]
    while stack:
        node = stack.pop()
        if node.type in _FUNCTIONS:
            yield node
        else:
            stack.extend(reversed(node.named_children))


def _name(text: str, node: Node) -> str:
    named = node.child_by_field_name("name")
    if named is None and node.parent is not None:
        around = node.parent
        named = around.child_by_field_name("name") or around.child_by_field_name("left")
        named = named or around.child_by_field_name("key") or around.child_by_field_name("property")
    return "" if named is None else text[named.start_byte : named.end_byte].rpartition(".")[2]


def _spread(functions: list[_Function]) -> frozenset[int]:
    """Where the functions begin that matter, and those that mention one by its name."""
    kept = {function.start for function in functions if function.matters}
    names = {function.name for function in functions if function.matters} - {"", "constructor"}
    changed = True
    while changed:
        changed = False
        for function in functions:
            if function.start not in kept and function.words & names:
                kept.add(function.start)
                changed = True
                if function.name not in ("", "constructor"):
                    names.add(function.name)
    return frozenset(kept)
