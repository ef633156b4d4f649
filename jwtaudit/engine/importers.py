"""Finds the files that use a project's own token code, though no word of theirs says so.

``from app.security import issue`` holds none of the words that libraries go by. What the first
pass has found tells the names to look for: the functions and classes that use token code, in
files that import them.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.engine.handed import handed, kept
from jwtaudit.program.context import is_test
from jwtaudit.program.names import words as name_words
from jwtaudit.program.nodes import nodes
from jwtaudit.resources import words_of_data

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from jwtaudit.facts import Facts

_COMMON = frozenset(name for kind in (str, bytes, dict, list, set, object) for name in dir(kind))
_SHORTEST = 4
# What a part of a token is decoded with, whatever it is imported as.
_DECODING = "b64decode"
_IMPORTED = re.compile(
    rb"^(?:\xef\xbb\xbf)?[ \t]*"
    rb"(?:from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*|[^\n#]*)|import[ \t]+([^\n#]*))",
    re.MULTILINE,
)
_CLASS = re.compile(rb"(?m)^class[ \t]+(\w+)")
_WORD = re.compile(rb"[\w.]+")
# A name that is used: one that is defined here is another.
_NAME = re.compile(rb"(?<!\w)(?<!def )(?<!class )\w+")
_CALLED = re.compile(r"(?<!\w)(?<!def )(\w+)[ \t]*\(")


class _Reach:
    """The files that can import one of some modules at all: a cheap question, asked of every file.

    Args:
        paths: the files of the modules. Programs start in any folder above them.
    """

    def __init__(self, paths: Collection[str]) -> None:
        parts = [path.removesuffix(".py").split("/") for path in paths]
        heads = sorted({re.escape(part).encode() for names in parts for part in names})
        self._absolute = re.compile(
            rb"\n(?:\xef\xbb\xbf)?[ \t]*(?:from[ \t]+|import[ \t](?:[^\n#]*[ \t,])?)(?:%s)\b"
            % b"|".join(heads)
        )
        self._folders = {"/".join(names[:end]) for names in parts for end in range(len(names))}

    def __bool__(self) -> bool:
        return bool(self._folders)

    def holds(self, path: str, data: bytes) -> bool:
        """Whether a file imports from what is called like a module, or a folder around one."""
        text = b"\n" + data
        if self._absolute.search(text):
            return True
        dots = max(map(len, _RELATIVE.findall(text)), default=0)
        return dots > 0 and "/".join(path.split("/")[:-dots]) in self._folders


_RELATIVE = re.compile(rb"\n[ \t]*from[ \t]+(\.+)")


class Importers:
    """What to look for.

    Args:
        facts: the files that matter.
        words: the words of token libraries' module names.
        is_library: whether a module belongs to a known library, whose users are known by it.
        names: what was looked for before.
        earlier: all that was ever looked for, for what objects of it are handed to.
    """

    def __init__(
        self,
        facts: Iterable[Facts],
        words: tuple[str, ...],
        is_library: Callable[[str], bool],
        names: Collection[str] = (),
        earlier: Collection[str] = (),
    ) -> None:
        self.modules: dict[str, frozenset[str]] = {}
        near: set[str] = set()
        candidates = [
            fact
            for fact in facts
            if fact.language == "python"
            and not is_test(fact.path)
            and not is_library(dotted(fact.path))
        ]
        used = [_token_names(fact, words) for fact in candidates]
        known = frozenset(names).union(*(filter(tells, defined) for defined in used))
        told = known.union(earlier)
        # Classes that are handed objects of token code, and how what an application keeps is read.
        self._handed: set[bytes] = set()
        self._kept: set[bytes] = set()
        # Names that tell nothing by themselves count where they are taken from their module.
        self._taken: set[str] = set()
        self._untold: dict[str, set[bytes]] = {}
        # What calls tell users of a class that token code is called by, or is given.
        self._told_by: dict[str, set[bytes]] = {}
        for fact, defined in zip(candidates, used, strict=True):
            module = dotted(fact.path)
            self._taken.update(f"{_end(module)}.{name}" for name in defined)
            untold = {name.encode() for name in defined if not tells(name)}
            self._untold.setdefault(_end(module), set()).update(untold)
            for path, name, calls in (*_interfaces(fact, defined), *_given_types(fact, defined)):
                self._told_by.setdefault(name, set()).update(calls)
                near.add(path)
            self._handed.update(map(str.encode, handed(fact, told | defined)))
            self._kept |= kept(fact, told | defined)
            found = frozenset(filter(tells, defined)) | _passed_on(fact, known)
            if found:
                self.modules[module] = found
            if found or defined:
                near.add(fact.path)
        self._reach = _Reach(near)
        self.names = frozenset(name for names in self.modules.values() for name in names)
        self.words = self.names.union(*used, filter(_is_of_settings, self._told_by))
        self._asked = _calls_of(self.names)
        self._methods = re.compile(
            rb"\.(?:%s)\(" % "|".join(sorted(n for n in told if n[0].islower())).encode()
        )
        self._tops = {path.partition("/")[0] for path in near}
        self._names_by_end: dict[str, set[bytes]] = {}
        for module, given in self.modules.items():
            self._names_by_end.setdefault(_end(module), set()).update(map(str.encode, given))
        self._names_by_package: dict[str, set[bytes]] = {}
        for module, given in self.modules.items():
            for package in _packages(module):
                self._names_by_package.setdefault(package, set()).update(map(str.encode, given))

    @property
    def seeks(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._reach)

    def match(self, path: str, data: bytes) -> bool:
        """Whether a file imports one of the modules and mentions one of its names."""
        if b"\n" not in data:
            data = data.replace(b"\r", b"\n")  # lines end so, too
        if self._is_handed(data):
            return True
        if not self._reach.holds(path, data):
            return self._asks(path, data)
        names: set[bytes] = set()
        for module in _imports(path, data):
            package, _, name = module.rpartition(".")
            if any(f"{end}.{name}" in self._taken for end in _ends(path, package)):
                return True
            if any(call in data for call in self._told_by.get(name, ())):
                return True
            for end in _ends(path, module):
                names |= self._names_by_end.get(end, set())
                if _calls_on(module, self._untold.get(end, ()), data):
                    return True
            if self._is_passed_on(module, data):
                return True
        return bool(names) and not names.isdisjoint(_NAME.findall(data))

    def users(self, fact: Facts, text: str) -> list[f.Function]:
        """The functions left out of a file that call one of the names, or such a function.

        ``text`` is what the file holds.
        """
        left_out = [n for n in nodes(fact.body) if isinstance(n, f.Function) and n.omitted]
        said = {n.span.start: set(_CALLED.findall(text, *_extent(n))) for n in left_out}
        wanted = {name for name in self.names if not name[0].isupper()}
        found: list[f.Function] = []
        while new := [n for n in left_out if not said[n.span.start].isdisjoint(wanted)]:
            found += new
            left_out = [n for n in left_out if n not in new]
            wanted = {n.name for n in new if tells(n.name)}
        return found

    def _asks(self, path: str, data: bytes) -> bool:
        """Whether a file calls a method that reads tokens, of an object that it was given."""
        near = path.partition("/")[0] in self._tops
        return near and self._asked is not None and self._asked.search(data) is not None

    def _is_handed(self, data: bytes) -> bool:
        """Whether a file calls methods of an object that it was handed by others."""
        told = any(text in data for text in self._kept) or (
            self._handed and not self._handed.isdisjoint(_CLASS.findall(data))
        )
        return bool(told) and self._methods.search(data) is not None

    def _is_passed_on(self, module: str, data: bytes) -> bool:
        """Whether a name is taken from a package that may import it from one of the modules.

        ``module`` is the package, or the name behind the package's.
        """
        package, _, name = module.rpartition(".")
        if name.encode() in self._names_by_package.get(package, ()):
            return True
        names = self._names_by_package.get(module, set())
        member = module.encode() + b"."
        if not names or member not in data:
            return False
        return not names.isdisjoint(re.findall(re.escape(member) + rb"(\w+)", data))


def _extent(function: f.Function) -> tuple[int, int]:
    return function.span.start, function.span.end


def _calls_of(names: Iterable[str]) -> re.Pattern[bytes] | None:
    """What calls one of some methods that read tokens, on whatever object."""
    reading = {"claims", "decode"}
    found = sorted(name for name in names if not reading.isdisjoint(name_words(name)))
    return re.compile(rb"\.(?:%s)\(" % "|".join(found).encode()) if found else None


def _calls_on(module: str, names: Collection[bytes], data: bytes) -> bool:
    """Whether a file calls one of a module's functions as that of the module."""
    if not names or not any(b"." + name + b"(" in data for name in names):
        return False
    last = re.escape(module.rpartition(".")[2]).encode()
    called = {last, *re.findall(rb"(?<!\w)%s[ \t]+as[ \t]+(\w+)" % last, data)}
    calls = rb"(?<!\w)(?:%s)\.(?:%s)\(" % (b"|".join(called), b"|".join(map(re.escape, names)))
    return re.search(calls, data) is not None


def _end(module: str) -> str:
    return ".".join(module.split(".")[-2:])


def _ends(path: str, module: str) -> Iterator[str]:
    """The ends of the names that a module, imported in a file, may have.

    One without a package lies at the root, or in a folder from which the program starts: that of
    the file, or one above it.
    """
    yield _end(module)
    if "." not in module:
        yield from (f"{folder}.{module}" for folder in path.split("/")[:-1])


def _packages(module: str) -> Iterator[str]:
    """The packages around a module, each by every name it may have: from whatever root."""
    parts = module.split(".")[:-1]
    for end in range(1, len(parts) + 1):
        for start in range(end):
            yield ".".join(parts[start:end])


def dotted(path: str) -> str:
    """The name by which a file is imported; ``src`` is a root, no package."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    if "src" in parts[:-1]:
        parts = parts[parts.index("src") + 1 :]
    return ".".join(parts)


def _imports(path: str, data: bytes) -> Iterator[str]:
    """The modules that a file imports, or may import."""
    package = dotted(path).split(".")
    if not path.endswith("/__init__.py"):
        package.pop()
    for source, names, plain in _IMPORTED.findall(data):
        if plain:
            modules = [word.decode() for word in _WORD.findall(plain)]
        else:
            base = source.decode()
            dots = len(base) - len(base.lstrip("."))
            if dots:
                above = package[: len(package) - dots + 1]
                base = ".".join([*above, base[dots:]]).strip(".")
            parts = [word.decode() for word in _WORD.findall(names)]
            modules = [base, *(f"{base}.{part}" for part in parts)]
        yield from modules


def _token_names(fact: Facts, words: tuple[str, ...]) -> frozenset[str]:
    """The functions, classes and objects of a module that use what it imports from token code."""
    wanted = {
        node.alias
        for node in nodes(fact.body)
        if isinstance(node, f.Import) and _says(f"{node.module}.{node.name}".lower(), words)
    }
    inside = {owner: mentions(body) for owner, body in _definitions(fact.body)}
    named = {owner: _names(body) for owner, body in _definitions(fact.body)}
    apart = _taking_apart(fact, inside)
    wanted |= apart
    found = set(apart)
    changed = bool(wanted)
    while changed:
        new = {name for name, mentioned in inside.items() if mentioned & wanted}
        # a variable means the module's own function, a method so called may be any object's
        new |= {name for name, mentioned in named.items() if mentioned & found}
        new -= found
        found |= new
        wanted = {name for name in new if tells(name)}
        changed = bool(new)
    taken = {name for owner in found for name in named.get(owner, ())}
    return frozenset(found).union(_setting(fact, taken))


def _setting(fact: Facts, taken: set[str]) -> Iterator[str]:
    """The functions that set variables of their module which token code takes."""
    for owner, body in _definitions(fact.body):
        if isinstance(body, f.Function) and any(
            isinstance(node, f.Scope) and not taken.isdisjoint(node.names)
            for node in nodes((body,))
        ):
            yield owner


_Told = tuple[str, str, set[bytes]]


def _interfaces(fact: Facts, used: Collection[str]) -> Iterator[_Told]:
    """What classes that use token code derive from: the module's file, the name, their methods.

    Whoever is given such an object imports that, and not what stands behind it. The file is told
    without regard to the root from which it is imported.
    """
    imports = _imported(fact)
    for node in fact.body:
        if not isinstance(node, f.Class) or node.name not in used:
            continue
        calls = {
            f".{member.name}(".encode()
            for member in node.body
            if isinstance(member, f.Function) and member.name in used and member.name[0] != "_"
        }
        for base in node.bases:
            source = imports.get(_name_of(base.value))
            if source is not None and calls:
                yield _file_of(fact, source), source.name or "", calls


def _given_types(fact: Facts, used: Collection[str]) -> Iterator[_Told]:
    """The types of the settings that classes are given which use token code, and their making.

    Who makes them need not know what for: a container brings them together by these types.
    """
    imports = _imported(fact)
    for node in fact.body:
        for member in node.body if isinstance(node, f.Class) and node.name in used else ():
            types: list[f.Expression | None] = []
            if isinstance(member, f.Function) and member.name == "__init__":
                types += [parameter.annotation for parameter in member.parameters]
            elif isinstance(member, f.Assign):
                types.append(member.annotation)
            for name in map(_name_of, types):
                source = imports.get(name)
                if source is not None and source.name and _is_of_settings(source.name):
                    yield _file_of(fact, source), source.name, {f"{source.name}(".encode()}


def _is_of_settings(name: str) -> bool:
    return not words_of_data("name-words", "settings").isdisjoint(name_words(name))


def _imported(fact: Facts) -> dict[str, f.Import]:
    """What a module imports by name."""
    found = (node for node in fact.body if isinstance(node, f.Import))
    return {node.alias: node for node in found if node.name is not None}


def _name_of(node: f.Expression | None) -> str:
    return node.id if isinstance(node, f.Name) else ""


def _file_of(fact: Facts, source: f.Import) -> str:
    above = fact.path.split("/")[: -source.level] if source.level else ()
    return "/".join((*above, *source.module.split("."))) + ".py"


def _taking_apart(fact: Facts, mentioned: Mapping[str, set[str]]) -> set[str]:
    """The functions that take tokens apart: they split at dots, in a module that decodes."""
    if not any(name.endswith(_DECODING) for names in mentioned.values() for name in names):
        return set()
    return {
        owner
        for owner, body in _definitions(fact.body)
        if isinstance(body, f.Function) and any(map(_splits_at_dot, nodes((body,))))
    }


def _splits_at_dot(node: object) -> bool:
    return (
        isinstance(node, f.Call)
        and isinstance(node.function, f.Attribute)
        and node.function.name == "split"
        and any(
            isinstance(argument.value, f.Literal) and argument.value.value in (".", b".")
            for argument in node.arguments
        )
    )


@functools.lru_cache(maxsize=4096)
def _says(name: str, words: tuple[str, ...]) -> bool:
    return any(word in name for word in words)


def _passed_on(fact: Facts, known: Collection[str]) -> frozenset[str]:
    """The names that a module imports from token code, so that others find them in it."""
    return frozenset(
        node.alias for node in fact.body if isinstance(node, f.Import) and node.name in known
    )


def _definitions(body: Iterable[f.Statement]) -> Iterator[tuple[str, f.Statement]]:
    for statement in body:
        if isinstance(statement, f.Class):
            yield statement.name, statement
            yield from _definitions(statement.body)
        elif isinstance(statement, f.Function) and not statement.omitted:
            yield statement.name, statement
        elif isinstance(statement, f.Assign):
            for target in statement.targets:
                if isinstance(target, f.Name):
                    yield target.id, statement


def _names(statement: f.Statement) -> set[str]:
    """The variables that a statement holds, without the names of attributes."""
    return {node.id for node in nodes((statement,)) if isinstance(node, f.Name)}


def mentions(statement: f.Statement) -> set[str]:
    """The names that a statement holds."""
    return {
        node.id if isinstance(node, f.Name) else node.name
        for node in nodes((statement,))
        if isinstance(node, (f.Name, f.Attribute))
    }


def tells(name: str) -> bool:
    """Whether a name is so much a project's own that it can be looked for."""
    return len(name) >= _SHORTEST and not name.startswith("__") and name not in _COMMON
