"""Modules of JavaScript: which file an import means, and what that file gives.

CommonJS and ES modules are told apart nowhere: ``require`` of a module that exports names and a
default import of one that exports an object mean what interpreters and bundlers make of them.
"""

from __future__ import annotations

from functools import cached_property
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.program.aliases_js import ScriptAliases
from jwtaudit.values import ABSENT, Const, Env, ModuleRef, Symbol, Table, Unknown, Value, merge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import ModuleScope
    from jwtaudit.source import Place

_ENDS = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte", ".json")
# TypeScript imports its own files by the names that they will be compiled to.
_COMPILED = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
_ALIASES = ("@/", "/@/", "~/", "~~/", "$lib/")
_ROOTS = ("", "src/", "app/", "src/lib/")
_WORKSPACES = ("packages", "libs", "apps")
_GLOBAL = f"{SCRIPT}globalThis."
_DEFAULT = "default"


class ScriptModules:
    """The modules of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._found: dict[tuple[str, str], str | None] = {}
        self._followed: set[tuple[str, str]] = set()
        self._aliases = ScriptAliases(project.files, self._text)

    # -- files -----------------------------------------------------------------------------------

    def find(self, importer: str, module: str) -> str | None:
        """The file that an import means; None when it is not in the project."""
        key = (dirname(importer), module)
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def _find(self, folder: str, module: str) -> str | None:
        if module.startswith("."):
            return self._file(normpath(join(folder, module)))
        if self._is_library(module):
            return None
        for base in self._aliases.meant(folder, module):
            if (found := self._file(base)) is not None:
                return found
        for alias in _ALIASES:
            if module.startswith(alias):
                return self._below(folder, module[len(alias) :])
        if module.startswith(("@", "#")):
            return self._scoped(folder, module)
        return self._below(folder, module) if "/" in module or module.endswith(".json") else None

    def dependencies(self, path: str) -> frozenset[str]:
        """The packages that the manifest nearest to a file asks for."""
        return self._aliases.dependencies(dirname(path))

    def _text(self, path: str) -> str | None:
        return None if self.project.loader is None else self.project.loader.text(path)

    def _is_library(self, module: str) -> bool:
        return any(root in self.project.models.roots for root in _heads(SCRIPT + module))

    def _scoped(self, folder: str, module: str) -> str | None:
        """An alias like ``@app/config``, or another package of the same repository."""
        name, _, inside = module.partition("/")[2].partition("/")
        if not name:
            return None
        guesses = [module[1:]]
        for place in _WORKSPACES:
            guesses += [f"{place}/{name}/src/{inside}", f"{place}/{name}/{inside}"]
        found = (self._below(folder, guess.rstrip("/")) for guess in guesses)
        return next((path for path in found if path is not None), None)

    def _below(self, folder: str, relative: str) -> str | None:
        """A file below one of the usual roots, the nearest first."""
        while True:
            for root in _ROOTS:
                found = self._file(normpath(join(folder, root, relative)))
                if found is not None:
                    return found
            if not folder:
                return None
            folder = dirname(folder)

    def _file(self, base: str) -> str | None:
        if base in self.project.files:
            return base
        stem, dot, end = base.rpartition(".")
        for other in _COMPILED.get(dot + end, ()):
            if stem + other in self.project.files:
                return stem + other
        return self._by_stem.get(base) or self._by_stem.get(f"{base}/index")

    @cached_property
    def _by_stem(self) -> dict[str, str]:
        """The files by what imports call them: without the ending."""
        found: dict[str, str] = {}
        for end in reversed(_ENDS):
            for path in self.project.files:
                if path.endswith(end):
                    found[path.removesuffix(end)] = path
        return found

    # -- what an import binds --------------------------------------------------------------------

    def import_module(self, importer: str, module: str, place: Place) -> Value:
        """What ``require(module)`` gives."""
        path = self.find(importer, module)
        if path is None:
            if module.startswith("."):
                return Unknown(f"module {module}", place=place)
            return Symbol(SCRIPT + _canonical(module), place=place)
        scope = self.project.module(path, importer)
        if scope is None:
            return Unknown(f"module {module}", place=place)
        if scope.facts.language == "config":
            return _as_table(scope, place)
        return scope.exports.get(None) or ModuleRef(path, place=place)

    def import_name(self, importer: str, module: str, name: str, place: Place) -> Value:
        """What ``import { name } from module`` binds."""
        whole = self.import_module(importer, module, place)
        if isinstance(whole, Symbol) or name != _DEFAULT:
            return self.project.interpreter.attribute(whole, name, place)
        if isinstance(whole, ModuleRef):
            return self.project.module_name(whole.path, name, place)
        return whole

    def export(self, scope: ModuleScope, name: str, place: Place) -> Value:
        """What a module gives under a name."""
        key = (scope.path, name)
        if key in self._followed:
            return Unknown(name, place=place)
        self._followed.add(key)
        try:
            return self._export(scope, name, place)
        finally:
            self._followed.discard(key)

    def _export(self, scope: ModuleScope, name: str, place: Place) -> Value:
        interpreter = self.project.interpreter
        found = scope.exports.get(name) or scope.names.get(f"exports.{name}")
        if found is not None:
            return interpreter.followed(found)
        whole = scope.exports.get(None)
        if whole is not None:
            return whole if name == _DEFAULT else interpreter.attribute(whole, name, place)
        if name == _DEFAULT:
            return ModuleRef(scope.path, place=place)
        for star, value in scope.names.items():
            if star.startswith("exports.*"):
                passed = interpreter.attribute(interpreter.followed(value), name, place)
                if not isinstance(passed, Unknown):
                    return passed
        return Unknown(name, place=place)

    # -- libraries -------------------------------------------------------------------------------

    def symbol(self, name: str, place: Place) -> Value:
        """Something of a library or of the language by its name."""
        if name.startswith(_GLOBAL):
            name = SCRIPT + name[len(_GLOBAL) :]
        owner, _, last = name.rpartition(".")
        if last == _DEFAULT:
            return Symbol(owner, place=place)
        for model in self.project.models.exactly(owner):
            if model.role == "environment":
                return Env(last, Const(None, place=place), place=place)
            if model.role == "settings-object":
                return self.project.python.setting(last, owner, place)
        return Symbol(name, place=place)


def _heads(name: str) -> Iterator[str]:
    """A module's name and the names of what it is a part of."""
    while name:
        yield name
        name = name.rpartition("/")[0]


def _canonical(module: str) -> str:
    """A package's name, however it is spelt."""
    return module.removeprefix("node:").removesuffix("/")


def _as_table(scope: ModuleScope, place: Place) -> Value:
    """A configuration file as an object: its dotted names taken apart, the rest not known."""
    table = Table({}, (Unknown("not read", place=place),), place=place)
    for dotted, value in scope.names.items():
        table = _put(table, dotted.split("."), value)
    return table


def _put(table: Table, path: list[str], value: Value) -> Table:
    head, *rest = path
    if rest:
        inner = table.entries.get(head, ABSENT)
        below = inner if isinstance(inner, Table) else Table({}, table.rest, place=value.place)
        value = _put(below, rest, value)
    return merge(table, (Table({head: value}),))
