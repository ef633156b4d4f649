"""Commands that somebody types: what they are given and what they show is that person's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.context import in_main
from jwtaudit.program.names import words
from jwtaudit.program.travels import deep
from jwtaudit.values import Outcome, Param, Symbol, Value

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.values import Call

_FOLDERS = frozenset({"cli", "command", "commands", "manage", "management", "script", "scripts"})
_ASKING = frozenset({"input", "getpass", "parse_args", "parse_known_args", "prompt"})
_GIVEN = ("sys.argv", "sys.stdin")


def is_command(project: Project, call: Call) -> bool:
    """Whether a call belongs to a command, by its file or by a decorator of its function."""
    if _FOLDERS & set(words(call.place.path)):
        return True
    function = project.scope(call.scope)
    return any(
        isinstance(decorator, Outcome) and "command" in words(decorator.call.name)
        for decorator in (() if function is None else function.decorators)
    )


def is_parameter_of_command(project: Project, value: Value) -> bool:
    """Whether a value is what a command was given; a bot's commands are asynchronous."""
    if not isinstance(value, Param):
        return False
    function = project.scope(value.function)
    definition = None if function is None else function.definition
    return (
        function is not None
        and definition is not None
        and not definition.is_async
        and any(
            isinstance(decorator, Outcome) and "command" in words(decorator.call.name)
            for decorator in function.decorators
        )
    )


def is_program(project: Project, call: Call) -> bool:
    """Whether a call runs only when its file is started as a program."""
    callers = project.callers.get(call.scope, ())
    return in_main(call.path) or (bool(callers) and all(in_main(c.path) for c in callers))


def is_typed(value: Value) -> bool:
    """Whether a value was given on the command line, or at a prompt."""
    for part in deep(value):
        if isinstance(part, Outcome) and part.call.name.rpartition(".")[2] in _ASKING:
            return True
        if isinstance(part, Symbol) and part.name.startswith(_GIVEN):
            return True
    return False
