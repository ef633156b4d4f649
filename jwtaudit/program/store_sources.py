"""What a configuration store is told to load: modules of settings, and classes."""

from __future__ import annotations

from itertools import takewhile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.program.arguments import given_by_callers
from jwtaudit.program.context import is_test
from jwtaudit.program.texts import pieces
from jwtaudit.values import (
    Absent,
    Call,
    ClassRef,
    Const,
    FunctionId,
    Instance,
    Member,
    ModuleRef,
    Operation,
    Outcome,
    Param,
    Symbol,
    Table,
    Value,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project

_FOLDERS = ("", "instance.")  # the second holds what one installation alone is set to
LIKELY = ("config", "settings")
"""What the names of classes and files of settings hold."""


def modules(project: Project, value: Value, call: Call) -> Iterator[str]:
    """The files of settings that a store is told to load, by module, by name or by path."""
    for option in options(value):
        if isinstance(option, ModuleRef):
            yield option.path
        elif isinstance(option, Const) and isinstance(option.value, str):
            text = option.value.removesuffix(".py").strip("./").replace("/", ".")
            found = (
                project.python.find(call.place.path, f"{where}{text}", 0) for where in _FOLDERS
            )
            yield from [path for path in found if path is not None][:1]
        elif isinstance(option, Outcome) and option.call.name.endswith("import_module"):
            for argument in option.call.arguments[:1]:
                yield from modules(project, argument.value, call)
        elif isinstance(option, Param):  # by a function that is told which
            for one in given_by_callers(project, option):
                if not isinstance(one, Param):
                    yield from modules(project, one, call)
        elif isinstance(option, Member) and isinstance(option.base, Table):
            for entry in option.base.entries.values():  # chosen at the start
                yield from modules(project, entry, call)
        elif end := _end_of_path(option):
            ending = [p for p in project.files if f"/{p}".endswith(f"/{end}")]
            home = call.place.path
            yield from sorted(ending, key=lambda p: (-common_folders(p, home), p))[:1]
        else:
            yield from _variants(project, option, call)


def _variants(project: Project, value: Value, call: Call) -> Iterator[str]:
    """The modules of a package of which the start chooses one: ``"configs." + stage``."""
    first, *rest = pieces(value)
    if not rest or not isinstance(first, Const) or not isinstance(first.value, str):
        return
    package, dot, start = first.value.rpartition(".")
    home = project.python.find(call.place.path, package, 0) if dot and not start else None
    folder = None if home is None else PurePosixPath(home).parent
    yield from (
        path
        for path in sorted(project.files)
        if PurePosixPath(path).parent == folder and path.endswith(".py") and not is_test(path)
    )


def classes(project: Project, value: Value) -> Iterator[ClassRef]:
    """The classes that an object to load settings from may be."""
    for option in options(value):
        if isinstance(option, ClassRef):
            yield option
        elif isinstance(option, Instance):
            yield option.cls
        elif isinstance(option, Const) and isinstance(option.value, str):
            wanted = option.value.rpartition(".")[2]
            yield from (
                scope.ref
                for identity, scope in list(project.classes.items())
                if identity.qualname == wanted
            )
        elif not isinstance(option, (Const, Absent, Symbol)):
            # chosen at run time: any of the project's configuration classes
            yield from (
                scope.ref
                for identity, scope in list(project.classes.items())
                if any(
                    word in f"{PurePosixPath(identity.path).stem} {identity.qualname}".lower()
                    for word in LIKELY
                )
            )


def settings_of(project: Project, cls: ClassRef) -> Iterator[str]:
    """The names of the settings that a class holds, or one that it derives from."""
    seen: set[FunctionId] = set()
    queue = [cls]
    while queue:
        scope = project.classes.get(queue.pop().id)
        if scope is None or scope.ref.id in seen:
            continue
        seen.add(scope.ref.id)
        yield from (name for name in scope.names if name.isupper())
        queue.extend(b for b in scope.bases if isinstance(b, ClassRef))


def _end_of_path(value: Value) -> str:
    """The end of a path to a module that is put together from a folder: ``join(here, "a.py")``."""
    if isinstance(value, Outcome) and value.call.name.rpartition(".")[2] in ("join", "joinpath"):
        parts = [argument.value for argument in value.call.arguments]
    else:
        parts = list(value.operands) if isinstance(value, Operation) else []
    names = [str(p.value).strip("/") if isinstance(p, Const) else "" for p in parts]
    known = list(takewhile(bool, reversed(names)))
    end = "/".join(reversed(known))
    return end if end.endswith(".py") else ""


def common_folders(a: str, b: str) -> int:
    """How many folders the paths of two files begin with together."""
    count = 0
    for x, y in zip(PurePosixPath(a).parts[:-1], PurePosixPath(b).parts[:-1], strict=False):
        if x != y:
            break
        count += 1
    return count
