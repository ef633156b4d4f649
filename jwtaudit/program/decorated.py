"""Functions that stand behind several decorators, each of which lets through or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.values import Closure, Outcome, options

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.values import FunctionId, Value


def stands_beside(project: Project, function: FunctionId, others: Collection[FunctionId]) -> bool:
    """Whether all that a decorator answers for is decorated by one of the others, too."""
    decorated = [
        scope.decorators
        for scope in project.functions.values()
        if any(_contains(decorator, function) for decorator in scope.decorators)
    ]
    return bool(decorated) and all(
        any(_contains(decorator, other) for decorator in decorators for other in others)
        for decorators in decorated
    )


def _contains(decorator: Value, function: FunctionId) -> bool:
    """Whether a function is defined within what decorates another."""
    return any(
        function.path == outer.path and function.qualname.startswith(f"{outer.qualname}.")
        for outer in _functions(decorator)
    )


def _functions(decorator: Value) -> Iterator[FunctionId]:
    for option in options(decorator):
        if isinstance(option, Closure):
            yield option.id
        elif isinstance(option, Outcome) and option.call.target is not None:
            yield option.call.target
