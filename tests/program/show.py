"""Values as short texts, for assertions."""

from __future__ import annotations

from pathlib import Path

from jwtaudit import models
from jwtaudit.dependencies import Dependencies
from jwtaudit.frontends import extract
from jwtaudit.program import Project
from jwtaudit.program.options import RuleOptions
from jwtaudit.values import (
    Absent,
    ClassRef,
    Closure,
    Const,
    Env,
    Instance,
    Join,
    Member,
    ModuleRef,
    Operation,
    Outcome,
    Param,
    Partial,
    Sequence,
    Setting,
    Symbol,
    Table,
    Unknown,
    Value,
)


def show(value: Value) -> str:
    match value:
        case Const():
            return repr(value.value)
        case Absent():
            return "absent"
        case Unknown():
            return "?"
        case Join():
            return " | ".join(sorted(show(option) for option in value.options))
        case Table():
            entries = [f"{key}: {show(entry)}" for key, entry in value.entries.items()]
            return "{" + ", ".join([*entries, *(f"**{show(rest)}" for rest in value.rest)]) + "}"
        case Sequence():
            return (
                "["
                + ", ".join([*map(show, value.items), *(f"*{show(r)}" for r in value.rest)])
                + "]"
            )
        case Env():
            return f"env {value.name} default {show(value.default)}"
        case Setting():
            return f"setting {value.name} default {show(value.default)}"
        case Param():
            return f"param {value.name}"
        case Symbol():
            return value.name
        case Member():
            key = show(value.key)
            return f"{show(value.base)}[{key}]" if value.item else f"{show(value.base)}.{key[1:-1]}"
        case Outcome():
            return f"{value.call.name}()"
        case Operation():
            return f"({value.operator} {' '.join(map(show, value.operands))})"
        case Closure() | ClassRef():
            return value.id.qualname
        case Instance():
            return f"a {value.cls.id.qualname}"
        case Partial():
            return f"partial {show(value.target)}"
        case ModuleRef():
            return value.path
    raise AssertionError(value)


NO_MANIFESTS = Dependencies(Path("/nowhere"))


def project(files: dict[str, str] | str, **keywords: object) -> Project:
    if isinstance(files, str):
        files = {"app.py": files}
    facts = [extract(path, text.encode()) for path, text in files.items()]
    return Project(facts, models.load(), NO_MANIFESTS, RuleOptions(), None, files, **keywords)  # type: ignore[arg-type]


def arguments(files: dict[str, str] | str, meaning: str, role: str = "sign") -> list[str]:
    """The argument with a meaning at each site of a role, in order."""
    return [show(site.argument(meaning)) for site in project(files).sites(role)]
