"""Modules of Python: which file an import means, and what that file gives."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from jwtaudit.facts import Import
from jwtaudit.program.containers import METHODS
from jwtaudit.program.scopes import Assigned, FunctionScope, Returned, Stored
from jwtaudit.source import filled_in
from jwtaudit.values import (
    ABSENT,
    Closure,
    Const,
    Instance,
    ModuleRef,
    Outcome,
    Setting,
    Symbol,
    Unknown,
    Value,
    hop,
    join,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import ModuleScope
    from jwtaudit.source import Place

_ASKED = "__getattr__"
_BLANKS = re.compile(r"_{2,}")
_COMMAND = "manage.py"  # by which an application is run, and which names its settings
_FOLLOWED = Unknown("imports itself")  # what stands for a name while its import is followed


class PythonModules:
    """The modules of a project, and the settings that its settings modules hold."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._found: dict[tuple[str, str, int], str | None] = {}
        self._texts: dict[str, str | None] = {}
        self._libraries: dict[tuple[str, str], bool] = {}

    def find(self, importer: str, module: str, level: int) -> str | None:
        """The file that an import in ``importer`` means; None when it is not in the project."""
        key = (importer, module, level)
        if key not in self._found:
            self._found[key] = self._find(importer, module, level)
        return self._found[key]

    def _find(self, importer: str, module: str, level: int) -> str | None:
        relative = filled_in(module).replace(".", "/")
        folder = importer.rpartition("/")[0]
        if level:
            for _ in range(level - 1):
                folder = folder.rpartition("/")[0]
            return self._file(folder, relative)
        while True:
            found = self._file(folder, relative)
            found = found or self._file(f"{folder}/src".lstrip("/"), relative)
            if found is not None:
                if found == importer or self._is_library(module, found):
                    return None
                return found
            if not folder:
                return None
            folder = folder.rpartition("/")[0]

    def _is_library(self, module: str, found: str) -> bool:
        """Whether an absolute import means a library, though the project holds its files.

        A single file of that name shadows the library, unless it is a module of a package, which
        has another name for those who import it, or itself imports what it is named after. A whole
        package is the library itself, vendored, or installed below the scan root.
        """
        head = module.partition(".")[0]
        if not self.project.models.is_library(module):
            return False
        folder, _, file = found.rpartition("/")
        if file != f"{head}.py" or (folder and f"{folder}/__init__.py" in self.project.files):
            return True
        facts = self.project.facts.get(found)
        return facts is not None and any(
            isinstance(node, Import) and not node.level and node.module.partition(".")[0] == head
            for node in facts.body
        )

    def _file(self, root: str, relative: str) -> str | None:
        base = f"{root}/{relative}".strip("/")
        # a package comes before a module of its name, as Python itself looks for them
        for candidate in (f"{base}/__init__.py", f"{base}.py", f"{base}.pyi"):
            if candidate in self.project.files:
                return candidate
            if self._templates and (found := self._templates.get(_named_later(candidate))):
                return found
        return None

    @cached_property
    def _templates(self) -> dict[str, str]:
        """The files below folders whose names are filled in, by what they are called in imports."""
        return {_named_later(path): path for path in self.project.files if "{{" in path}

    def import_module(self, importer: str, module: str, level: int, place: Place) -> Value:
        """What ``import module`` binds."""
        path = self.find(importer, module, level)
        if path is not None:
            return ModuleRef(path, place=place)
        library = self._vendored(module, level)
        if library:
            return Symbol(library, place=place)
        if level:
            return Unknown(f"module {module}", place=place)
        return Symbol(module, place=place)

    def import_name(self, importer: str, module: str, name: str, level: int, place: Place) -> Value:
        """What ``from module import name`` binds."""
        path = self.find(importer, module, level)
        if path is not None:
            return self.project.module_name(path, name, place)
        if level:
            dotted = f"{module}.{name}" if module else name
            submodule = self.find(importer, dotted, level)
            if submodule is not None:
                return ModuleRef(submodule, place=place)
            library = self._vendored(dotted, level)
            return Symbol(library, place=place) if library else Unknown(name, place=place)
        dotted = f"{module}.{name}"
        path = self.find(importer, dotted, 0)
        if path is not None:
            return ModuleRef(path, place=place)
        return self.symbol(self._vendored(dotted, level) or dotted, place)

    def _vendored(self, module: str, level: int) -> str:
        """The library's own name for what is put into a package of the project when it is built.

        Its files are not in the repository: ``from app.vendor import jwt``.
        """
        first, *rest = module.split(".")
        known = self.project.models.is_library
        if not level and (first not in self._folders or known(module)):
            return ""  # a folder called `jose` is no package that holds `jose.jwt`
        starts = (".".join(rest[n:]) for n in range(len(rest)))
        return next((name for name in starts if self.project.models.is_library(name)), "")

    def export(self, path: str, name: str, place: Place) -> Value:
        """A name that a module of the project gives."""
        scope = self.project.module(path, place.path)
        found = None if scope is None else scope.names.get(name)
        if scope is not None and found is not None and found is not _FOLLOWED:
            scope.names[name] = _FOLLOWED  # `from . import name` comes by here again
            scope.names[name] = value = self.project.interpreter.followed(found)
            return value
        folder, _, file = path.rpartition("/")
        if file == "__init__.py":
            submodule = self._file(folder, name)
            if submodule is not None:
                return ModuleRef(submodule, place=place)
        stand_in = None if scope is None or name == _ASKED else self._stand_in(scope)
        if stand_in is not None:
            return self.project.interpreter.attribute(stand_in, name, place)
        return Unknown(name, place=place)

    def _stand_in(self, scope: ModuleScope) -> Value | None:
        """The object whose attributes a module gives for its own.

        By ``sys.modules[__name__] = settings``, or what its ``__getattr__`` asks (PEP 562).
        """
        own = scope.names.get(_ASKED)
        function = self.project.scope(own.id) if isinstance(own, Closure) else None
        if function is not None:
            self.project.interpreter.function(function)
            returned = [e.value for e in function.events if isinstance(e, Returned)]
            asked = [v.call.arguments for v in returned if isinstance(v, Outcome)]
            given = [options(a[0].value) for a in asked if a]
            stand_in = given[0][0] if len(given) == len(returned) == 1 else None
            return stand_in if isinstance(stand_in, Instance) else None
        for event in scope.body.events if scope.body is not None else ():
            if (
                isinstance(event, Stored)
                and isinstance(event.base, Symbol)
                and event.base.name == "sys.modules"
                and isinstance(event.value, Instance)
            ):
                return event.value
        return None

    def symbol(self, name: str, place: Place) -> Value:
        """A name of a library; a member of a settings object is a setting."""
        if name.partition(".")[0] in self._folders:  # a package without an __init__.py
            path = self.find(place.path, name, 0)
            if path is not None:
                return ModuleRef(path, place=place)
            owner_path = self.find(place.path, name.rpartition(".")[0], 0)
            if owner_path is not None:
                return self.project.module_name(owner_path, name.rpartition(".")[2], place)
        owner, _, last = name.rpartition(".")
        if last in METHODS or last.startswith("from_"):  # what such an object can do
            return Symbol(name, place=place)
        for model in self.project.models.exactly(owner):
            if model.role == "settings-object":
                return self.setting(last, owner, place)
        return Symbol(name, place=place)

    def is_library_itself(self, path: str) -> bool:
        """Whether a file is of a library that is scanned itself, by the modules that it has."""
        top = "src/" if path.startswith("src/") else ""
        head = path.removeprefix(top).partition("/")[0]
        if (top, head) not in self._libraries:
            modules = {
                name.rpartition(".")[0].replace(".", "/")
                for name in self.project.models.names_below(head)
            }
            self._libraries[top, head] = any(
                "/" in module and self._file(top, module) is not None for module in modules
            )
        return self._libraries[top, head]

    @cached_property
    def _folders(self) -> frozenset[str]:
        """The names of the folders that hold source files."""
        return frozenset(part for path in self.project.files for part in path.split("/")[:-1])

    def setting(self, name: str, owner: str, place: Place) -> Value:
        """A member of a settings object, with the values that the project's files give it."""
        holding = {
            path: scope.names[name]
            for path in self.settings_files
            if (scope := self.project.module(path)) is not None and name in scope.names
        }
        found = [
            self.project.interpreter.followed(holding[path])
            for path in self._of_one_application(holding, place.path)
        ] or [*self._stored_settings(owner, name), *self._settings_of_classes(name, place)]
        if found:
            return hop(join(*found), place, f"read as setting `{name}`")
        return Setting(name, ABSENT, owner, place=place)

    def _of_one_application(self, paths: Iterable[str], reader: str) -> list[str]:
        """The files of the reader's own application, where a repository holds several."""
        around = [folder for folder in self._applications if reader.startswith(folder)]
        own = max(around, key=len, default="")
        return [path for path in paths if path.startswith(own)] or list(paths)

    @cached_property
    def _applications(self) -> tuple[str, ...]:
        """The folders, each with its slash, that hold the command of an application."""
        return tuple(
            path.removesuffix(_COMMAND)
            for path in self.project.files
            if path.rpartition("/")[2] == _COMMAND
        )

    def _stored_settings(self, owner: str, name: str) -> Iterator[Value]:
        """What settings files put into the settings object itself, where the project has none."""
        for body in self.settings_saying((owner,)):
            for event in body.events:
                if (
                    isinstance(event, Stored)
                    and isinstance(event.base, Symbol)
                    and event.base.name == owner
                    and isinstance(event.key, Const)
                    and event.key.value == name
                ):
                    yield Setting(name, event.value, owner, place=event.value.place)

    def _settings_of_classes(self, name: str, place: Place) -> Iterator[Value]:
        """What classes in settings files say of a setting, where no other class says it anew."""
        for _ in self.settings_saying((f"{name} ", f"{name}:", f"{name}=")):
            pass  # so that their classes are known
        saying = [
            scope
            for scope in tuple(self.project.declaring.get(name, {}).values())
            if scope.ref.id.path in self.settings_files
        ]
        for scope in saying:
            if not any(scope.ref in other.bases for other in saying):
                yield self.project.interpreter.attribute(scope.ref, name, place)

    def settings_saying(self, words: Collection[str]) -> Iterator[FunctionScope]:
        """What the settings files do in which one of some words stands.

        They are read now if nothing has led there: a framework finds them by itself.
        """
        for path in self.settings_files:
            text = None if path in self.project.modules else self._settings_text(path)
            if text is None or any(word in text for word in words):
                module = self.project.module(path)
                if module is not None and module.body is not None:
                    yield module.body

    def named_in_settings(self, roots: Collection[str]) -> Iterator[tuple[str, Place | None]]:
        """Where settings files name something of a package: the file, and the place in it."""
        starts = tuple(f"{root}." for root in roots)
        words = [f"{q}{root}{end}" for root in roots for q in "\"'" for end in (".", q)]
        for body in self.settings_saying(words):
            for event in body.events:
                for part in walk(event.value) if isinstance(event, Assigned) else ():
                    if (
                        isinstance(part, Const)
                        and isinstance(part.value, str)
                        and f"{part.value}.".startswith(starts)
                    ):
                        yield body.id.path, part.place

    def _settings_text(self, path: str) -> str | None:
        if path not in self._texts:
            loader = self.project.loader
            self._texts[path] = None if loader is None else loader.text(path)
        return self._texts[path]

    @cached_property
    def settings_files(self) -> tuple[str, ...]:
        """The files that hold a project's settings, as their names say."""
        return tuple(
            sorted(
                path
                for path in self.project.files
                if "settings" in path and path.endswith(".py") and _holds_settings(path)
            )
        )


def _named_later(path: str) -> str:
    """A path without what a template fills in, whatever blanks there are in its tags."""
    return _BLANKS.sub("_", filled_in(path))


def _holds_settings(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name.startswith("settings") or "/settings/" in f"/{folder}/"
