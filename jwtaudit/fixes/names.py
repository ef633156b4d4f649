"""What the environment variables of secrets are called: one secret has one name in all files.

Two files that hold the same literal, one to sign and one to verify, read the same variable
afterwards, whatever the literal was assigned to in each. Two secrets never share a name, as what
one of them signs would then pass for the other's; only those of which a program takes one
(``DEBUG``'s and production's) and those of two programs may.
"""

from __future__ import annotations

import re
from itertools import count
from posixpath import dirname
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.fixes.guards import fallback_at
from jwtaudit.fixes.layout import layout_of
from jwtaudit.fixes.variables import UNNAMED, alternatives, variable
from jwtaudit.repair import EnvVar, Refuse, Repair, Replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jwtaudit.fixes.layout import Layout
    from jwtaudit.repair import Change
    from jwtaudit.source import Place, Source

_LITERAL = re.compile(
    r"""[A-Za-z]{0,2}(?P<quote>'''|\"""|["'`])(?P<body>.+)(?P=quote)""", re.DOTALL
)


_MANIFEST = re.compile(
    r"(?:package\.json|pyproject\.toml|requirements[\w.-]*\.txt|setup\.(?:py|cfg)|Pipfile|manage\.py)"
)


class _Owner(NamedTuple):
    """Where a secret stands: in which program, and among which alternatives ("" when in none)."""

    program: str
    alternatives: str

    def may_share(self, other: _Owner) -> bool:
        """Whether no program reads both."""
        same = self.program == other.program
        return not same or self.alternatives == other.alternatives != ""


class SecretNames:
    """Gives the names of one run, over all of its passes."""

    def __init__(self, known: Mapping[str, str], read: Iterable[str], files: Iterable[str]) -> None:
        """Take what is known of names.

        Args:
            known: literal -> the variable that it stands in for where that is missing.
            read: the variables from which the project reads keys.
            files: all paths of the project: where a manifest lies, a program begins.
        """
        self._names = dict(known)
        self._read = set(read)
        self._owners: dict[str, list[_Owner]] = {}
        named = (path.rpartition("/") for path in files)
        self._programs = {folder for folder, _, name in named if _MANIFEST.fullmatch(name)}

    def learn(
        self, repairs: Iterable[Repair], files: Callable[[str], tuple[Source, str] | None]
    ) -> None:
        """Name the secrets that are new: the first name that a file has for one, in their order."""
        layouts: dict[str, Layout] = {}
        places = {
            change.place
            for repair in repairs
            for change in repair.changes
            if isinstance(change, Replace)
            and isinstance(change.code, EnvVar)
            and not change.code.name
        }
        found: dict[str, list[tuple[str, Place]]] = {}
        for place in sorted(places):
            given = files(place.path)
            if given is None:
                continue
            if place.path not in layouts:
                layouts[place.path] = layout_of(*given)
            if fallback_at(layouts[place.path], place.span):
                continue
            name = variable(layouts[place.path], place)
            found.setdefault(_secret(given, place), []).append((name, place))
        for secret, uses in found.items():
            if secret not in self._names:
                name, place = next((use for use in uses if use[0] != UNNAMED), uses[0])
                among = alternatives(layouts[place.path], place)
                self._names[secret] = self._free(name, _Owner(self._program(place.path), among))

    def _free(self, name: str, owner: _Owner) -> str:
        """A name that no other secret has in the same program."""
        for number in count(1):
            numbered = f"{name}_{number}" if number > 1 else name
            others = self._owners.setdefault(numbered, [])
            another = numbered in self._read and (name == UNNAMED or number > 1)
            if not another and all(map(owner.may_share, others)):
                others.append(owner)
                return numbered
        raise AssertionError

    def _program(self, path: str) -> str:
        """The directory in which the program of a file begins."""
        folder = dirname(path)
        while folder and folder not in self._programs:
            folder = dirname(folder)
        return folder

    def named(self, repair: Repair, files: Callable[[str], tuple[Source, str] | None]) -> Repair:
        """The repair with the names that its secrets have."""
        names = []
        refused = []

        def change(one: Change) -> Change:
            if not isinstance(one, Replace) or not isinstance(one.code, EnvVar) or one.code.name:
                return one
            given = files(one.place.path)
            if given and fallback_at(layout_of(*given), one.place.span):
                refused.append(one)
                return Refuse(one.place)
            name = self._names.get(_secret(given, one.place), "")
            names.append(name)
            return Replace(one.place, one.code._replace(name=name))

        changes = tuple(map(change, repair.changes))
        read = f" as {' and '.join(f'`{name}`' for name in dict.fromkeys(names) if name)}"
        title = repair.title + (read if any(names) else "")
        if refused:
            title = "Stop the program where the key is missing"
        return Repair(title, *changes, otherwise=repair.otherwise, safe=repair.safe)


def _secret(given: tuple[Source, str] | None, place: Place) -> str:
    """What stands in the quotes; what is made elsewhere in the same way is another secret."""
    if given is None:
        return ""
    text = given[0].text
    match = _LITERAL.fullmatch(text, *place.span)
    if match:
        return match["body"]
    statement = max(text.rfind(end, 0, place.span.start) for end in "\n\r;") + 1
    return f"{place.path}:{text[statement : place.span.end].strip()}"
