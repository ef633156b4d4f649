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

_FILE = re.compile(r"(?:^|/)(\w+)[\w-]*\.config\.[cm]?[jt]s$")
_VARIABLES = re.compile(r"env(_\w+)?")


def variables(project: Project) -> Iterator[tuple[str, str, Place]]:
    """The names, the values that are written there, and where those stand."""
    seen = set()
    for path in sorted(project.files):
        tool = _FILE.search(path)
        if tool is None or tool[1] in platform_words("test-tools"):
            continue
        module = project.module(path)
        if module is None:
            continue
        for value in (*module.exports.values(), *module.names.values()):
            for part in walk(value):
                if not isinstance(part, Table):
                    continue
                for name, entries in part.entries.items():
                    if not isinstance(entries, Table) or not _VARIABLES.fullmatch(str(name)):
                        continue
                    for variable, text in entries.entries.items():
                        if (
                            isinstance(text, Const)
                            and isinstance(text.value, str)
                            and text.place is not None
                            and text.place not in seen
                        ):
                            seen.add(text.place)
                            yield str(variable), text.value, text.place
