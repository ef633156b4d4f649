"""Which files are parts of one program, as far as their imports tell."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit import facts as f

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project

_tied: WeakKeyDictionary[Project, tuple[int, frozenset[str]]] = WeakKeyDictionary()


def are_one_program(project: Project, one: str, other: str) -> bool:
    """Whether two files are the same, or each imports others of the project, or is imported.

    A folder may hold many small programs, such as examples, that look up the same variable.
    """
    known, tied = _tied.get(project, (0, frozenset[str]()))
    if known != len(project.modules):  # files of settings are read when they are asked for
        tied = frozenset(_imports(project))
        _tied[project] = (len(project.modules), tied)
    return one == other or {one, other} <= tied


def _imports(project: Project) -> Iterator[str]:
    """Both ends of every import that leads to a file of the project."""
    read = {path: scope.facts for path, scope in project.modules.items() if scope is not None}
    for path, facts in {**project.facts, **read}.items():
        for statement in facts.body:
            found = _found(project, path, statement) if isinstance(statement, f.Import) else None
            if found is not None and found != path:
                yield from (path, found)


def _found(project: Project, path: str, statement: f.Import) -> str | None:
    if project.is_script(path):
        return project.scripts.find(path, statement.module)
    inner = f"{statement.module}.{statement.name}".lstrip(".")
    return project.python.find(path, inner, statement.level) or project.python.find(
        path, statement.module, statement.level
    )
