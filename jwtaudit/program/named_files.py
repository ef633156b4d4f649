"""The files that a program names where it reads a key from one."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.program.key_sources import sources
from jwtaudit.program.travels import deep
from jwtaudit.values import Absent, Call, Const, Env, Outcome, Param, Setting, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.program.project import Project
    from jwtaudit.values import Value

_LOADS = re.compile(r"\.\w*(?:load\w*|_values)$")  # of YAML, TOML, JSON; of variables
_FROM_HERE = re.compile(r"^(?:\.{0,2}/)+")  # how a path begins that says nothing of the folders


def names_file(project: Project, use: KeyUse, path: str) -> bool:
    """Whether a key is made of what is named as a file is, be it by where it lies when it runs."""
    parts = PurePosixPath(path).parts
    for source in sources(project, use.value):
        for part in (*_with_defaults(source.value), *_told_to_read(project, source.value)):
            if isinstance(part, Const) and isinstance(part.value, str) and "." in part.value:
                named = PurePosixPath(_FROM_HERE.sub("", part.value.replace("\\", "/"))).parts
                at_least = named if not part.value.startswith("/") else named[-2:]
                if at_least and parts[-len(at_least) :] == at_least:
                    return True
    return False


def _told_to_read(project: Project, value: Value) -> Iterator[Value]:
    """What readers of files that a value comes from are told to read, after they are made."""
    for part in (*deep(value), *_readers(project, value)):
        if isinstance(part, Outcome) and is_loaded(project, part):
            for event in project.uses(part.call):
                if isinstance(event, Call) and event.name.endswith(".read"):
                    yield from (inner for a in event.arguments for inner in deep(a.value))


def _readers(project: Project, value: Value) -> Iterator[Value]:
    """What was asked for the settings that a value is made of: ``parser.get("auth", "key")``."""
    asked = {part.place for part in deep(value) if isinstance(part, Setting)}
    for site in project.sites("environment") if asked else ():
        if site.place in asked and site.call.receiver is not None:
            yield from options(site.call.receiver)


def _with_defaults(value: Value) -> Iterator[Value]:
    """The parts of a value, and those of what lookups among them are by default."""
    for part in deep(value):
        yield part
        if isinstance(part, (Env, Setting, Param)) and not isinstance(part.default, Absent):
            yield from deep(part.default)


def is_loaded(project: Project, value: Outcome) -> bool:
    """Whether a call gives what stands in a file."""
    model = project.model_of(value.call)
    if model is not None and model.role in ("settings-file", "settings-object"):
        return True
    return _LOADS.search(value.call.name) is not None
