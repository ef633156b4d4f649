"""Variables of the environment that a script sets for the program that a tool builds or runs.

Bundlers and process managers are told by scripts: ``next.config.js``, ``ecosystem.config.js``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.program.platforms import platform_words
from jwtaudit.values import Const, Table, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_FILE = re.compile(r"(?:^|/)(\w+)[\w-]*\.config\.[cm]?[jt]s$")
_VARIABLES = re.compile(r"env(_\w+)?")


def variables(project: Project) -> Iterator[tuple[str, str, Place]]:
    """The names, the values that are written there, and where those stand."""
    seen = set()
    for name, text in _entries(project):
        written = text.value if isinstance(text, Const) else None
        if isinstance(written, str) and text.place is not None and text.place not in seen:
            seen.add(text.place)
            yield name, written, text.place


def _entries(project: Project) -> Iterator[tuple[str, Value]]:
    """What stands in the mappings called ``env`` of such scripts."""
    for value in _given(project):
        for part in walk(value):
            for name, held in part.entries.items() if isinstance(part, Table) else ():
                if isinstance(held, Table) and _VARIABLES.fullmatch(str(name)):
                    yield from ((str(variable), text) for variable, text in held.entries.items())


def _given(project: Project) -> Iterator[Value]:
    for path in sorted(project.files):
        tool = _FILE.search(path)
        wanted = tool is not None and tool[1] not in platform_words("test-tools")
        module = project.module(path) if wanted else None
        if module is not None:
            yield from (*module.exports.values(), *module.names.values())
