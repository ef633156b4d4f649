"""What the environment variables of secrets are called: one secret has one name in all files.

Two files that hold the same literal, one to sign and one to verify, read the same variable
afterwards, whatever the literal was assigned to in each.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.fixes.edits import UNNAMED, editor_of
from jwtaudit.repair import EnvVar, Repair, Replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jwtaudit.fixes.edits import Editor
    from jwtaudit.repair import Change
    from jwtaudit.source import Place, Source

_LITERAL = re.compile(
    r"""[A-Za-z]{0,2}(?P<quote>'''|\"""|["'`])(?P<body>.+)(?P=quote)""", re.DOTALL
)


class SecretNames:
    """Gives the names of one run, over all of its passes."""

    def __init__(self, names: dict[str, str]) -> None:
        """Take the names that were given before, by secret; new ones are added there."""
        self._names = names

    def learn(
        self, repairs: Iterable[Repair], files: Callable[[str], tuple[Source, str] | None]
    ) -> None:
        """Name the secrets that are new: the first name that a file has for one, in their order."""
        editors: dict[str, Editor] = {}
        places = {
            change.place
            for repair in repairs
            for change in repair.changes
            if isinstance(change, Replace)
            and isinstance(change.code, EnvVar)
            and not change.code.name
        }
        found: dict[str, list[str]] = {}
        for place in sorted(places):
            given = files(place.path)
            secret = _secret(given, place)
            if given is None or not secret:
                continue
            if place.path not in editors:
                editors[place.path] = editor_of(*given)
            found.setdefault(secret, []).append(editors[place.path].variable(place))
        for secret, names in found.items():
            name = next((name for name in names if name != UNNAMED), UNNAMED)
            self._names.setdefault(secret, name)

    def named(self, repair: Repair, files: Callable[[str], tuple[Source, str] | None]) -> Repair:
        """The repair with the names that its secrets have."""

        def change(one: Change) -> Change:
            if not isinstance(one, Replace) or not isinstance(one.code, EnvVar) or one.code.name:
                return one
            name = self._names.get(_secret(files(one.place.path), one.place), "")
            return Replace(one.place, one.code._replace(name=name))

        return Repair(repair.title, *map(change, repair.changes), otherwise=repair.otherwise)


def _secret(given: tuple[Source, str] | None, place: Place) -> str:
    """What stands in the quotes; "" where it is no single literal."""
    match = _LITERAL.fullmatch(given[0].text, *place.span) if given else None
    return match["body"] if match else ""
