"""The names by which a program asks for a setting: ``config.get_value("auth.signing_key")``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.values import Const, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_PATH = re.compile(r"[A-Za-z]\w*(?:\.\w+)+")

_asked: WeakKeyDictionary[Project, Mapping[Place, str]] = WeakKeyDictionary()


def asked_names(project: Project, value: Value) -> frozenset[str]:
    """The paths, of two names or more, that calls on a value's way were given.

    What such a function does with it cannot be followed; the path says what comes of it.
    """
    names = _asked.get(project)
    if names is None:
        names = _asked[project] = {
            call.place: text.value
            for call in project.calls
            if project.model_of(call) is None
            for text in (argument.value for argument in call.arguments)
            if isinstance(text, Const) and isinstance(text.value, str)
            if _PATH.fullmatch(text.value)
        }
    places = [hop.place for hop in value.trace]
    if isinstance(value, Outcome):
        places.append(value.call.place)
    return frozenset(names[place] for place in places if place in names)
