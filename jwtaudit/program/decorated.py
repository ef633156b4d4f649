"""Functions that stand behind several decorators, each of which lets through or refuses."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

from jwtaudit.values import Closure, Outcome, options

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.values import FunctionId, Value

    _Name: TypeAlias = tuple[str, str]  # of a function: its file and its dotted name


def stands_beside(project: Project, function: FunctionId, others: Collection[FunctionId]) -> bool:
    """Whether all that a decorator answers for is decorated by one of the others, too."""
    by_decorator = _decorators(project)
    decorated = [one for name in _around(function) for one in by_decorator.get(name, ())]
    beside = {name for other in others for name in _around(other)} if decorated else set()
    return bool(decorated) and not any(beside.isdisjoint(names) for names in decorated)


def _around(function: FunctionId) -> Iterator[_Name]:
    """What a function is defined in: what decorates may hold it."""
    *outer, _ = function.qualname.split(".")
    return ((function.path, name) for name in accumulate(outer, "{}.{}".format))


def _decorators(project: Project) -> dict[_Name, list[frozenset[_Name]]]:
    """For each function that decorates others: of each of these all that decorate it."""
    found = _known.get(project)
    if found is None:
        found = _known[project] = {}
        for scope in project.functions.values():
            names = frozenset(name for one in scope.decorators for name in _functions(one))
            for name in names:
                found.setdefault(name, []).append(names)
    return found


_known: WeakKeyDictionary[Project, dict[_Name, list[frozenset[_Name]]]] = WeakKeyDictionary()


def _functions(decorator: Value) -> Iterator[_Name]:
    for option in options(decorator):
        if isinstance(option, Closure):
            yield option.id[:2]
        elif isinstance(option, Outcome) and option.call.target is not None:
            yield option.call.target[:2]
