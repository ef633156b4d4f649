"""What the project's own environment files give a variable."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.facts import Assign, Literal, Name
from jwtaudit.program.context import configures_tests, is_sample, is_test
from jwtaudit.source import Place
from jwtaudit.values import Const, Env, Value, hop, join, rewrite

if TYPE_CHECKING:
    from jwtaudit.program.project import Project

_ENVIRONMENT = re.compile(r"^\.(flask)?env|\.env$")

_known: WeakKeyDictionary[Project, dict[bool, dict[str, list[Const]]]] = WeakKeyDictionary()


def given_in_files(project: Project, value: Value, *, samples: bool = False) -> Value:
    """The value with variables replaced by what a ``.env`` file of the project gives them.

    With ``samples`` it may be one that is there to be copied, and a script must read the variable
    itself: what describes its settings may make a number of the text.
    """
    known = _known.setdefault(project, {})
    if samples not in known:
        known[samples] = _read(project, samples=samples)
    found = known[samples]

    def change(part: Value) -> Value | None:
        if not isinstance(part, Env) or part.name not in found:
            return None
        if samples and not isinstance(part.default, Const):
            return None
        given = join(*found[part.name])
        return given if part.place is None else hop(given, part.place, f"read as `{part.name}`")

    return rewrite(value, change) if found else value


def _read(project: Project, *, samples: bool) -> dict[str, list[Const]]:
    found: dict[str, list[Const]] = defaultdict(list)
    for path, facts in sorted(project.facts.items()):
        name = PurePosixPath(path).name.lower()
        if facts.language != "config" or not _ENVIRONMENT.search(name):
            continue
        if is_test(path) or (is_sample(path) and not samples) or configures_tests(path):
            continue
        for statement in facts.body:
            if isinstance(statement, Assign) and isinstance(statement.value, Literal):
                target, literal = statement.targets[0], statement.value
                if isinstance(target, Name):
                    place = Place(path, literal.span)
                    found[target.id].append(Const(str(literal.value), place=place))
    return found
