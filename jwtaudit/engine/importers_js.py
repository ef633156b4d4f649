"""Finds the JavaScript files that use a project's own token code.

As in Python, what the first pass has found tells what to look for: the modules that use token
code, in files that import them, and the names that these give.
"""

from __future__ import annotations

import re
from collections import defaultdict
from posixpath import basename, dirname, join, normpath
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.engine.importers import mentions, tells
from jwtaudit.frontends.triage import finds, is_letter
from jwtaudit.program.context import is_test
from jwtaudit.program.nodes import nodes
from jwtaudit.resources import words_of_data

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from jwtaudit.facts import Facts

# from "./tokens", import "./tokens", import("./tokens"), require("./tokens"): behind the word
_SPECIFIERS = {
    b"from": re.compile(rb"""\s*["']([^"'\n]+)"""),
    b"import": re.compile(rb"""(?:[ \t]*\()?\s*["']([^"'\n]+)"""),
    b"require": re.compile(rb"""[ \t]*\(\s*["']([^"'\n]+)"""),
}
_BEGINNING = re.compile(rb"\b(?:import|const|let|var)\b|;")
_STATEMENT = 300
_ALL = re.compile(rb"\bexport\s*\*")
_NAME = re.compile(rb"[\w$]+")
_END = re.compile(r"\.(?:d\.)?[cm]?[jt]sx?$|\.vue$|\.svelte$")
_SMALL_CLASS = 12
_MANY = 12
"""Where more names than that lead to a look into tokens, the module is about something else."""
_DECODERS = frozenset({"atob", "Buffer"})
_SIGNING = frozenset({"sign", "verify"})
_WHOLE = "*"
"""Stands for what a module is as a whole, which others may call what they like."""


class ScriptImporters:
    """What to look for; the arguments are those of ``Importers``.

    Args:
        meant: gives the paths that an import in a folder may mean by the project's own settings.
        imports: what files import that were looked at before; those looked at now are added.
        earlier: the modules that were looked for before, with what they give.

    Attributes:
        aliases: what files call the modules that they import as a whole.
    """

    def __init__(
        self,
        facts: Iterable[Facts],
        words: Sequence[str],
        names: Collection[str],
        meant: Callable[[str, str], Iterable[str]],
        imports: dict[str, tuple[str, ...]],
        earlier: Mapping[str, frozenset[str]],
    ) -> None:
        self._meant = meant
        self._imports = imports
        self.modules: dict[str, frozenset[str]] = {}
        for fact in facts:
            if fact.language != "javascript" or is_test(fact.path):
                continue
            given = _token_names(fact, words) | _passed_on(fact, names, earlier)
            if given:
                self.modules[_module(fact.path)] = given
        self.aliases: dict[str, frozenset[str]] = {}
        self.names = frozenset(n for given in self.modules.values() for n in given if n != _WHOLE)
        self._ends = {basename(module) for module in self.modules}

    @property
    def seeks(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.modules)

    def is_out(self, path: str) -> bool:
        """Whether a file that was looked at before imports none of the modules."""
        imports = self._imports.get(path)
        return imports is not None and not any(self._given(path, name) for name in imports)

    def match(self, path: str, data: bytes) -> bool:
        """Whether a file imports one of the modules and mentions one of its names."""
        given: set[str] = set()
        aliases: set[str] = set()
        specifiers = tuple(_specifiers(data))
        self._imports[path] = tuple(specifier for _, specifier in specifiers)
        for start, specifier in specifiers:
            names = self._given(path, specifier)
            given |= names
            if _WHOLE in names:
                before = data[max(0, start - _STATEMENT) : start]
                aliases.update(n.decode() for n in _NAME.findall(_BEGINNING.split(before)[-1]))
        if not given:
            return False
        if _WHOLE not in given and not _ALL.search(data):
            return not {name.encode() for name in given}.isdisjoint(_NAME.findall(data))
        self.aliases[path] = frozenset(aliases)
        return True

    def _given(self, path: str, specifier: str) -> frozenset[str]:
        """The names that an import may bring."""
        if not specifier.startswith("."):
            for base in self._meant(dirname(path), specifier):
                if (given := self.modules.get(_module(base))) is not None:
                    return given
        end = _module(specifier)
        if basename(end) not in self._ends and not specifier.endswith((".", "/", "index")):
            return frozenset()
        if specifier.startswith("."):
            return self.modules.get(_meant(path, specifier), frozenset())
        # behind an alias, or below a root that is not known
        tail = end.lstrip("/").partition("/")[2]
        if not tail:
            return frozenset()
        found = (g for module, g in self.modules.items() if f"/{module}".endswith(f"/{tail}"))
        return next(found, frozenset())


def _specifiers(data: bytes) -> Iterator[tuple[int, str]]:
    """What a file imports, and where it does; a search for words is faster than an expression."""
    for word, behind in _SPECIFIERS.items():
        for start in finds(data, word):
            named = behind.match(data, start + len(word))
            if named and not is_letter(data[start - 1 : start]):
                yield start, named[1].decode("utf-8", "replace")


def _module(path: str) -> str:
    """A file's name as imports write it."""
    return _END.sub("", path).removesuffix("/index")


def _token_names(fact: Facts, words: Sequence[str]) -> frozenset[str]:
    """The names that a module gives and that stand for token code."""
    wanted = {
        node.alias
        for node in nodes(fact.body)
        if isinstance(node, f.Import)
        and any(word in f"{node.module}.{node.name}".lower() for word in words)
    }
    inside: dict[str, set[str]] = defaultdict(set)
    by_hand: set[str] = set()
    known = {owner for owner, _ in _definitions(fact.body)}
    for owner, statement in _definitions(fact.body):
        inside[owner] |= (mentioned := mentions(statement))  # a function, and its export
        if _takes_apart(statement, mentioned):
            by_hand.add(owner)
        if not words_of_data("keeping", "browser-storages").isdisjoint(
            mentioned
        ) and _keeps_anything(statement, known):
            wanted.add(owner)
        if "jwt" in mentioned and not _SIGNING.isdisjoint(mentioned):
            wanted.add(owner)  # of a server that has a plugin: `app.jwt.sign(...)`
    through = _reaching(inside, {name for name in by_hand if tells(name)}) | by_hand
    found = (
        _reaching(inside, wanted)
        | (wanted & inside.keys())
        | (through if len(through) <= _MANY else by_hand)
    )
    return frozenset(name for name in found if name == _WHOLE or tells(name))


def _reaching(inside: Mapping[str, Collection[str]], wanted: Collection[str]) -> set[str]:
    """The definitions that mention some names, and those that mention these in turn."""
    found: set[str] = set()
    wanted = set(wanted)
    while wanted:
        new = {name for name, mentioned in inside.items() if not wanted.isdisjoint(mentioned)}
        wanted = {name for name in new - found if tells(name)}
        found |= new
    return found


def _takes_apart(statement: f.Statement, mentioned: Collection[str]) -> bool:
    """Whether a statement may read a token by hand: it splits at dots, decodes, and parses."""
    return (
        {"split", "parse"} <= set(mentioned)
        and not _DECODERS.isdisjoint(mentioned)
        and any(isinstance(node, f.Literal) and node.value == "." for node in nodes(statement))
    )


def _keeps_anything(statement: f.Statement, known: Collection[str]) -> bool:
    """Whether a statement keeps what it is given, under a name that is no constant of the file."""
    return any(
        isinstance(node, f.Call)
        and isinstance(node.function, f.Attribute)
        and node.function.name in words_of_data("keeping", "browser-setters")
        and any(
            isinstance(part, f.Name) and part.id not in known and not part.id.isupper()
            for argument in node.arguments[:1]
            for part in nodes(argument)
        )
        for node in nodes(statement)
    )


def _passed_on(
    fact: Facts, known: Collection[str], earlier: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The names that a module passes on from token code, under the same name or another."""
    return frozenset(
        node.alias.removeprefix("exports.").partition("*")[0] or _WHOLE
        for node in fact.body
        if isinstance(node, f.Import)
        and node.alias.startswith("exports.")
        and (
            node.alias.startswith("exports.*")
            or node.name in known
            or (
                node.name == "default" and _WHOLE in earlier.get(_meant(fact.path, node.module), ())
            )
        )
    )


def _meant(path: str, specifier: str) -> str:
    """The module that a file's relative import means."""
    return _module(normpath(join(dirname(path), specifier)))


def _definitions(body: Iterable[f.Statement]) -> Iterator[tuple[str, f.Statement]]:
    for statement in body:
        if isinstance(statement, f.Class):
            # Who uses a class that does much else as well is known by the methods that matter.
            methods = [s for s in statement.body if isinstance(s, f.Function)]
            yield from ((method.name, method) for method in methods)
            if len(methods) <= _SMALL_CLASS:
                yield statement.name, statement
        elif isinstance(statement, f.Function):
            yield statement.name, statement
        elif isinstance(statement, f.Export):
            is_named = statement.name not in (None, "default")
            yield (statement.name or _WHOLE) if is_named else _WHOLE, statement
        elif isinstance(statement, f.Assign):
            for target in statement.targets:
                if isinstance(target, f.Name):
                    yield target.id, statement
                elif isinstance(target, f.Attribute) and isinstance(statement.value, f.Closure):
                    yield target.name, statement  # a method of a record: `schema.methods.make`
