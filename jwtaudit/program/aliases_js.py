"""What imports of JavaScript mean by the project's own settings.

``compilerOptions`` of the nearest ``tsconfig.json`` or ``jsconfig.json``, the ``imports`` of the
nearest ``package.json``, and the names of the packages of a workspace.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from posixpath import basename, dirname, join, normpath
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

_CONFIGS = ("tsconfig.json", "jsconfig.json")
_MANIFEST = "package.json"
_REGISTERED = "_moduleAliases"
_ASKED = ("dependencies", "devDependencies", "peerDependencies")
_ENTRIES = ("source", "module", "main", "types")
_MAX_PACKAGES = 500
_MAX_EXTENDED = 8
_MAX_CONDITIONS = 8
_MAX_LENGTH = 200_000
# Texts are kept, comments and commas before a closing bracket are not. What is not closed goes on
# to the end, so that nothing is looked at twice.
_COMMENTS = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_COMMAS = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|,(?=\s*[}\]])')


class _Options(NamedTuple):
    """Where a compiler looks for modules.

    Attributes:
        base: the folder in which bare names are looked up.
        paths: pattern -> what to try in its place, below the project's root.
    """

    base: str | None = None
    paths: Mapping[str, tuple[str, ...]] = {}


class ScriptAliases:
    """The aliases of a project.

    Args:
        files: its files.
        text: gives the text of one; None where it cannot be read.
    """

    def __init__(self, files: Collection[str], text: Callable[[str], str | None]) -> None:
        self._files = files
        self._text = text
        self._read: dict[str, dict[str, Any]] = {}
        self._options: dict[str, _Options] = {}

    def meant(self, folder: str, module: str) -> Iterator[str]:
        """Paths, endings left out perhaps, that an import in a folder may mean; best first."""
        if module.startswith("#"):
            yield from self._own(folder, module)
        yield from self._registered(folder, module)
        options = self._nearest(folder)
        yield from _matched(options.paths, module)
        if options.base is not None:
            yield normpath(join(options.base, module))
        yield from self._packaged(folder, module)

    def dependencies(self, folder: str) -> frozenset[str]:
        """The packages that the manifest nearest to a folder asks for."""
        path = join(folder, _MANIFEST)
        if path in self._files:
            document = self._json(path)
            return frozenset(name for key in _ASKED for name in _table(document.get(key)))
        return self.dependencies(dirname(folder)) if folder else frozenset()

    # -- compilers -------------------------------------------------------------------------------

    def _nearest(self, folder: str) -> _Options:
        if folder not in self._options:
            names = (join(folder, name) for name in _CONFIGS)
            found = next((name for name in names if name in self._files), None)
            if found is not None:
                self._options[folder] = self._of(found, folder, set())
            else:
                self._options[folder] = self._nearest(dirname(folder)) if folder else _Options()
        return self._options[folder]

    def _of(self, path: str, leaf: str, seen: set[str]) -> _Options:
        """The options of a file, with those that it takes over from others."""
        if path in seen or len(seen) >= _MAX_EXTENDED:
            return _Options()
        seen.add(path)
        document = self._json(path)
        options = _Options()
        for other in _texts(document.get("extends")):
            if (above := self._extended(path, other)) is not None:
                inherited = self._of(above, leaf, seen)
                options = _over(options, inherited.base, inherited.paths)
        own = _table(document.get("compilerOptions"))
        base = own.get("baseUrl")
        folder = dirname(path)
        if isinstance(base, str):
            options = options._replace(base=_within(folder, leaf, base))
        if isinstance(own.get("paths"), dict):
            root = folder if options.base is None else options.base
            written = own["paths"].items()
            paths = {k: tuple(_within(root, leaf, t) for t in _texts(v)) for k, v in written}
            options = options._replace(paths=paths)
        if options == _Options():  # a file that only names those of its parts
            parts = document.get("references")
            for part in parts if isinstance(parts, list) else ():
                named = _table(part).get("path")
                if isinstance(named, str) and (below := self._extended(path, f"./{named}")):
                    options = _over(self._of(below, leaf, seen), options.base, options.paths)
        return options

    def _extended(self, path: str, other: str) -> str | None:
        """The file that another one names, ``.json`` left out or not."""
        if other.startswith("."):
            bases = [normpath(join(dirname(path), other))]
        else:
            bases = [join(folder, inside) for folder, inside in self._package_of(other)]
        tried = (base + end for base in bases for end in ("", ".json", "/tsconfig.json"))
        return next((name for name in tried if name in self._files), None)

    # -- packages --------------------------------------------------------------------------------

    def _own(self, folder: str, module: str) -> Iterator[str]:
        """What a package calls its own files: ``#config``."""
        while True:
            manifest = join(folder, _MANIFEST)
            if manifest in self._files:
                named = _table(self._json(manifest).get("imports"))
                below = {k: tuple(_within(folder, "", t) for t in _leaves(named[k])) for k in named}
                yield from _matched(below, module)
                return
            if not folder:
                return
            folder = dirname(folder)

    def _registered(self, folder: str, module: str) -> Iterator[str]:
        """What a manifest has put in place at run time: names of folders and files."""
        while True:
            manifest = join(folder, _MANIFEST)
            if manifest in self._files:
                for name, target in _table(self._json(manifest).get(_REGISTERED)).items():
                    if isinstance(target, str) and f"{module}/".startswith(f"{name}/"):
                        yield _within(folder, "", f"{target}{module[len(name) :]}")
                return
            if not folder:
                return
            folder = dirname(folder)

    def _packaged(self, importer: str, module: str) -> Iterator[str]:
        """Files of the package that a name stands for."""
        for folder, inside in self._package_of(module):
            document = self._json(join(folder, _MANIFEST))
            if f"{importer}/".startswith(f"{folder}/" if folder else "") and (
                "exports" not in document
            ):
                return  # a package without exports does not import itself by name
            named = f"./{inside}" if inside else "."
            given = _table(document.get("exports"))
            if not any(key.startswith(".") for key in given):
                given = {".": document.get("exports")}
            below = {k: tuple(_within(folder, "", t) for t in _leaves(given[k])) for k in given}
            yield from _matched(below, named)
            if inside:
                yield normpath(join(folder, inside))
                yield normpath(join(folder, "src", inside))
                return
            for entry in _ENTRIES:
                if isinstance(document.get(entry), str):
                    yield _within(folder, "", document[entry])
            yield normpath(join(folder, "src"))
            yield normpath(folder)

    def _package_of(self, module: str) -> Iterator[tuple[str, str]]:
        name = "/".join(module.split("/")[: 2 if module.startswith("@") else 1])
        if name in self._packages:
            yield self._packages[name], module[len(name) + 1 :]

    @cached_property
    def _packages(self) -> dict[str, str]:
        """The packages of a workspace: name -> folder."""
        manifests = sorted((f for f in self._files if basename(f) == _MANIFEST), key=len)
        found: dict[str, str] = {}
        for manifest in manifests[:_MAX_PACKAGES]:
            name = self._json(manifest).get("name")
            if isinstance(name, str) and name:
                found.setdefault(name, dirname(manifest))
        return found

    def _json(self, path: str) -> dict[str, Any]:
        if path not in self._read:
            text = self._text(path)
            self._read[path] = {} if text is None else _parsed(text)
        return self._read[path]


def _parsed(text: str) -> dict[str, Any]:
    """A document of JSON, comments and trailing commas allowed; empty where it is none."""
    if len(text) > _MAX_LENGTH:
        return {}
    text = _COMMENTS.sub(lambda m: m[1] or " ", text.removeprefix("\ufeff"))
    try:
        return _table(json.loads(_COMMAS.sub(lambda m: m[1] or "", text)))
    except (ValueError, RecursionError):
        return {}


def _over(options: _Options, base: str | None, paths: Mapping[str, tuple[str, ...]]) -> _Options:
    """Options under those that are nearer."""
    return _Options(options.base if base is None else base, paths or options.paths)


def _within(folder: str, leaf: str, path: str) -> str:
    return normpath(join(folder, path.replace("${configDir}", f"/{leaf}"))).lstrip("/")


def _matched(patterns: Mapping[str, tuple[str, ...]], module: str) -> Iterator[str]:
    """What stands for a name: of the patterns that fit the one with the longest beginning."""
    if module in patterns:
        yield from patterns[module]
        return
    for pattern in sorted(patterns, key=lambda p: len(p.partition("*")[0]), reverse=True):
        before, star, after = pattern.partition("*")
        long = len(module) >= len(before) + len(after)
        if star and long and module.startswith(before) and module.endswith(after):
            held = module[len(before) : len(module) - len(after)]
            yield from (normpath(target.replace("*", held)) for target in patterns[pattern])
            return


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _leaves(value: object, depth: int = 0) -> Iterator[str]:
    """All targets of an export, whatever their conditions."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)) and depth < _MAX_CONDITIONS:
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part, depth + 1)
