"""Claims that nobody has verified, returned in a branch before it comes to a verification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.authority_words import is_harmless
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.taking import Taking, Target
from jwtaudit.program.travels import deep
from jwtaudit.values import Env, Param, Setting, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.readings import Reading
    from jwtaudit.values import Arm, Call, FunctionId, Value


class Leaving:
    """The branches in which functions leave with what they have read of a token."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._taking = Taking(project)

    def believes(self, reading: Reading, check: Call) -> bool:
        """Whether claims are returned in a branch before a verification.

        A setting that chooses the branch is a switch, which another rule tells of.
        """
        return any(
            not any(map(_is_switch, self._tests(event, reading.path)))
            for event in self._returns(reading, check)
        )

    def gives(self, reading: Reading, check: Call) -> bool:
        """Whether claims that another function has read are returned before a verification."""
        scope = self.project.scope(check.scope)
        return any(
            not any(map(_is_switch, self._tests(event, ())))
            for event in (scope.events if scope is not None else ())
            if isinstance(event, Returned)
            and event.order < check.order
            and any(arm.side in ("then", "else") for arm in event.path)
            and any(option.place == reading.place for option in options(event.value))
        )

    def switch(self, reading: Reading, check: Call) -> Tested | None:
        """The test of a setting under which claims are returned before a verification."""
        for event in self._returns(reading, check):
            for test in self._tests(event, reading.path):
                if _is_switch(test):
                    return test
        return None

    def _returns(self, reading: Reading, check: Call) -> Iterator[Returned]:
        whole, around = Target(reading.place), len(reading.path)
        scope = self.project.scope(reading.scope)
        for event in scope.events if scope is not None else ():
            if (
                isinstance(event, Returned)
                and event.path
                and event.path[:around] == reading.path
                and event.order < check.order
                and (
                    any(not is_harmless(t.claim) for t in self._taking.inside(event.value, whole))
                    or (
                        event.path == reading.path
                        and any(part.place == reading.place for part in deep(event.value))
                    )
                )
            ):
                yield event

    def _tests(self, event: Returned, read: tuple[Arm, ...]) -> Iterator[Tested]:
        """What is asked on the way from where claims are read to where they are returned."""
        for depth in range(max(len(read), 1), len(event.path) + 1):
            test = self._test_of(event.scope, event.path[:depth])
            if test is not None:
                yield test

    def _test_of(self, function: FunctionId, path: tuple[Arm, ...]) -> Tested | None:
        scope = self.project.scope(function)
        *around, branch = path
        tests = (
            event
            for event in (scope.events if scope is not None else ())
            if isinstance(event, Tested)
            and event.path == tuple(around)
            and event.place.span.start >= branch.start
        )
        return min(tests, key=lambda event: event.place.span.start, default=None)


def _is_switch(test: Tested) -> bool:
    return any(isinstance(part, (Env, Setting)) or _is_set_up(part) for part in deep(test.value))


def _is_set_up(value: Value) -> bool:
    """Whether a value was given to an object when that was made: ``self.environment``."""
    return isinstance(value, Param) and value.function.qualname.endswith("__init__")
