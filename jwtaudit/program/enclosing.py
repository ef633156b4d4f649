"""In which function, or for which parameter, something stands in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.source import Place


_definitions: WeakKeyDictionary[Project, dict[str, list[tuple[int, int, str]]]] = (
    WeakKeyDictionary()
)


def enclosing(project: Project, place: Place) -> str:
    """The dotted name of the innermost class or function around a place; empty at module level."""
    spans = _spans(project).get(place.path, ())
    around = [s for s in spans if s[0] <= place.span.start and place.span.end <= s[1]]
    return min(around, key=lambda s: s[1] - s[0])[2] if around else ""


def _spans(project: Project) -> dict[str, list[tuple[int, int, str]]]:
    found = _definitions.get(project)
    if found is None:
        found = _definitions[project] = {}
        for identity, function in project.functions.items():
            if function.definition is not None:
                span = function.definition.span
                found.setdefault(identity.path, []).append(
                    (span.start, span.end, identity.qualname)
                )
        for identity, cls in project.classes.items():
            span = cls.definition.span
            found.setdefault(identity.path, []).append((span.start, span.end, identity.qualname))
    return found


_parameter_defaults: WeakKeyDictionary[Project, dict[Place, str]] = WeakKeyDictionary()


def parameter_of(project: Project, place: Place) -> str:
    """The name of the parameter whose default stands at a place; empty if there is none."""
    found = _parameter_defaults.get(project)
    if found is None:
        found = {
            parameter.default.place: parameter.name
            for scope in project.functions.values()
            if scope.state == "done"
            for parameter in scope.parameters.values()
            if parameter.default.place is not None and not parameter.injected
        }
        _parameter_defaults[project] = found
    return found.get(place, "")
