"""Finds the files that refuse to start with a setting that token code uses as its key.

``if config.SECRET == "changeme": sys.exit()`` stands where a program starts, in a file that holds
none of the words that libraries go by.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.engine.importers import dotted, tells
from jwtaudit.program.context import is_test
from jwtaudit.program.names import words
from jwtaudit.program.nodes import nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from jwtaudit.facts import Facts

_KEYS = frozenset({"secret", "key"})
_CONDITION = re.compile(
    rb"^[ \t]*(?:el)?if\b([^\n]+):[ \t]*(?:#[^\n]*)?\n"
    rb"(?:[^\n]*\n){0,12}?[ \t]+(?:raise|sys\.exit|exit)\b",
    re.MULTILINE,
)
_NAME = re.compile(rb"\w+")


def refusing(
    facts: Collection[Facts], files: Iterable[str], read: Callable[[str], bytes | None]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The files that refuse to start with a setting that token code uses, and where they do.

    Args:
        facts: the files that matter; of these, as of others, functions may have been left out.
        files: all files.
        read: gives the content of a file.
    """
    names = frozenset(map(str.encode, _key_names(facts)))
    reach = _Reach({fact.path for fact in facts})
    for path in files if names else ():
        if not path.endswith(".py") or is_test(path):
            continue
        data = read(path)
        if data and reach.holds(path, data) and (places := tuple(_refusals(data, names))):
            yield path, places


def _key_names(facts: Iterable[Facts]) -> frozenset[str]:
    """The names by which token code calls what may be a key that comes from elsewhere."""
    python = (fact for fact in facts if fact.language == "python")
    found = {
        name
        for fact in python
        for node in nodes(fact.body)
        if (name := _named(node)) is not None and name.isidentifier()
    }
    return frozenset(
        name for name in found if tells(name) and not _KEYS.isdisjoint(words(name)[-1:])
    )


def _named(node: object) -> str | None:
    """The name of an attribute or an import, and that of an entry: ``config["SECRET_KEY"]``."""
    if isinstance(node, (f.Attribute, f.Import)):
        return node.name
    return node.value if isinstance(node, f.Literal) and isinstance(node.value, str) else None


def _refusals(data: bytes, names: frozenset[bytes]) -> Iterator[int]:
    """Where a file leaves the program, or raises, because of one of these names."""
    if any(name in data for name in names):
        for condition in _CONDITION.finditer(data):
            if not names.isdisjoint(_NAME.findall(condition[1])):
                yield condition.start(1)


class _Reach:
    """The files that can use what some modules use: those around them, and their importers.

    It is a cheap question, put to every file of a tree before any other.

    Args:
        paths: the files of the modules.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._folders = {path.partition("/")[0] for path in paths}
        heads = sorted({re.escape(dotted(path).partition(".")[0]).encode() for path in paths})
        self._imports = re.compile(
            rb"\n(?:\xef\xbb\xbf)?[ \t]*(?:from|import)[ \t]+(?:%s)\b" % b"|".join(heads)
        )

    def holds(self, path: str, data: bytes) -> bool:
        """Whether a file lies in a folder of the modules, at the root, or imports from them."""
        folder, slash, _ = path.partition("/")
        return not slash or folder in self._folders or bool(self._imports.search(b"\n" + data))
