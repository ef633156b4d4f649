"""How a project reads environment variables: a fix reads one as the project reads its others."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit import frontends
from jwtaudit.engine.habits_js import injected
from jwtaudit.facts import Assign, Import, Name
from jwtaudit.fixes.dialects import Lookup
from jwtaudit.models import SCRIPT
from jwtaudit.program.classes import is_settings_class, prefix
from jwtaudit.program.context import is_test
from jwtaudit.repair import AddStatement, EnvVar, Repair, Replace, Snippet
from jwtaudit.source import BLOCK, Place
from jwtaudit.values import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtaudit.engine.run import Run
    from jwtaudit.program import Project
    from jwtaudit.repair import Change
    from jwtaudit.source import Source

_OF_TEXT = re.compile(r"(?:.*\.)?(?!(?:bool|int|float|json|list|dict|bytes|tuple|url)$)\w+")
"""A reader of settings that gives text: not ``env.int``."""
_BEGINS = r"(?:\A|[\r\n;])[ \t]*"
_IMPORTED = r"(?:\A(?:\xef\xbb\xbf)?|[\r\n;])[ \t]*from {module} import\b[^\r\n;]*\b{name}\b"
_MOST = 500
"""The most further files that are looked into for a reader that they import."""
_CALLED = ".__call__"


class _Settings(NamedTuple):
    """A settings object as a file names it; of its class, the last field and all names."""

    name: str
    last: Place
    fields: frozenset[str]


class Habits:
    """Finds the functions that a project reads its environment with, and that fail without it."""

    def __init__(self, run: Run, source: Callable[[str], Source | None]) -> None:
        """Take a run that has judged, and what reads its files."""
        self.run = run
        self.source = source

    def lookups(self, path: str) -> list[Lookup]:
        """How the project reads environment variables, as seen from a file."""
        if not path.endswith(".py"):
            source = self.source(path)
            is_script = source is not None and frontends.language_of(path) == "javascript"
            return list(injected(source.text, self._script_readers)) if source and is_script else []
        seen = [
            lookup._replace(start=start if file == path else -1)
            for file, start, lookup in self._called
        ]
        return [*seen, *self._made(path), *self._further]

    @cached_property
    def _called(self) -> list[tuple[str, int, Lookup]]:
        """The calls that read a variable, in files that matter."""
        found = []
        project = self.run.project
        for site in project.sites("environment") if project else ():
            source = self.source(site.place.path)
            shown = BLOCK in site.place.path
            if source is None or shown or site.model.effect != "raises":
                continue
            start, end = site.place.span
            function = source.text[start:end].partition("(")[0].strip()
            named = function.isascii() and function.replace(".", "").isidentifier()
            if named and _OF_TEXT.fullmatch(function):
                module = self._module_of(site.place.path, function.partition(".")[0])
                found.append((site.place.path, start, Lookup(function, start, module)))
        return sorted(set(found))

    def _module_of(self, path: str, name: str) -> str:
        for statement in self._imports(path):
            if statement.alias == name and not statement.level:
                return statement.module if statement.name == name else ""
        return ""

    def _imports(self, path: str) -> Iterator[Import]:
        facts = self.run.facts.get(path)
        yield from (s for s in (facts.body if facts else ()) if isinstance(s, Import))

    # -- objects that read -------------------------------------------------------------------------

    def _made(self, path: str) -> Iterator[Lookup]:
        """The objects that read variables and are made in a file, or where it imports from."""
        for name, start in self._makes(path):
            yield Lookup(name, start)
        project = self.run.project
        for statement in self._imports(path) if project else ():
            if project is None or statement.name is None or statement.level:
                continue  # what is imported already goes round in no circle
            file = project.python.find(path, statement.module, 0)
            for name, _ in self._makes(file) if file else ():
                yield Lookup(name, -1, statement.module)

    def _makes(self, path: str) -> Iterator[tuple[str, int]]:
        source = self.source(path)
        for module, kind in self._kinds if source else ():
            if source is None or module not in source.text:
                continue
            gap = r"(?:[ \t]|\\\r?\n?)*"
            made = (
                rf"{_BEGINS}(\w+){gap}(?::[^=\r\n]+)?={gap}(?:\(\s*)?(?:{module}\.)?{kind}{gap}\("
            )
            for match in re.finditer(made, source.text):
                yield match[1], match.start(1)

    @cached_property
    def _readers(self) -> list[str]:
        """The functions and objects of libraries that read a variable, and fail without it."""
        return self._readers_of("python")

    @cached_property
    def _script_readers(self) -> list[str]:
        return self._readers_of("javascript")

    def _readers_of(self, language: str) -> list[str]:
        models = self.run.models.with_role("environment")
        failing = (m for m in models if m.library.language == language and m.effect == "raises")
        return sorted({model.name.removeprefix(SCRIPT) for model in failing})

    @cached_property
    def _kinds(self) -> list[tuple[str, str]]:
        """The module and the name of each class of objects that read variables."""
        called = (name.removesuffix(_CALLED) for name in self._readers if name.endswith(_CALLED))
        return [(module, kind) for module, _, kind in (name.rpartition(".") for name in called)]

    # -- settings classes --------------------------------------------------------------------------

    def through_settings(self, repair: Repair) -> Repair:
        """The same with variables read by the settings object that a file imports, if it does."""
        changes: list[Change] = []
        for change in repair.changes:
            code = change.code if isinstance(change, Replace) else None
            found = None
            if isinstance(change, Replace) and isinstance(code, EnvVar) and not code.binary:
                found = self._settings(change.place.path)
            field = code.name.lower() if isinstance(code, EnvVar) else ""
            if found is None or not isinstance(change, Replace) or field in found.fields:
                changes.append(change)
                continue
            changes.append(Replace(change.place, Snippet(f"{found.name}.{field}")))
            changes.append(AddStatement(found.last, Snippet(f"{field}: str")))
        if len(changes) == len(repair.changes):
            return repair
        plain = Repair(repair.title, *repair.changes, otherwise=repair.otherwise, safe=repair.safe)
        return Repair(repair.title, *changes, otherwise=plain, safe=repair.safe)

    def _settings(self, path: str) -> _Settings | None:
        """The object of a settings class, without a prefix for variables, that a file imports."""
        project = self.run.project
        for statement in self._imports(path) if project else ():
            if project is None or statement.name is None:
                continue
            file = project.python.find(path, statement.module, statement.level)
            place = Place(path, statement.span)
            value = project.python.export(file, statement.name, place) if file else None
            scope = project.classes.get(value.cls.id) if isinstance(value, Instance) else None
            if scope is None or not is_settings_class(project, scope) or prefix(project, scope):
                continue
            fields = {
                target.id: field
                for field in scope.definition.body
                if isinstance(field, Assign) and field.annotation is not None
                for target in field.targets
                if isinstance(target, Name)
            }
            if not all(_is_section(project, field) for field in fields.values()):
                *_, last = fields.values()
                span = Place(scope.ref.id.path, last.span)
                return _Settings(statement.alias, span, frozenset(map(str.lower, fields)))
        return None

    # -- other files -------------------------------------------------------------------------------

    @cached_property
    def _further(self) -> list[Lookup]:
        """The readers that files import in which nothing else matters."""
        functions = [
            (module, name)
            for module, _, name in (reader.rpartition(".") for reader in self._readers)
            if module and "." not in module and _OF_TEXT.fullmatch(name)
        ]
        paths = [p for p in self.run.files.tree.files if p.endswith(".py") and not is_test(p)]
        contents = [self.run.files.content(path) for path in paths[:_MOST]]
        return [
            Lookup(name, -1, module)
            for module, name in functions
            for pattern in [_IMPORTED.format(module=module, name=name).encode()]
            if any(data and re.search(pattern, data) for data in contents)
        ]


def _is_section(project: Project, field: Assign) -> bool:
    """Whether a field holds settings of its own: its type is a class of the project."""
    kind = field.annotation
    return isinstance(kind, Name) and any(
        scope.definition.name == kind.id for scope in project.classes.values()
    )
