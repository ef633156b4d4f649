"""Commands that somebody types: what they are given and what they show is that person's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.arguments import given_by_callers
from jwtaudit.program.context import in_main
from jwtaudit.program.names import names_of, words
from jwtaudit.program.travels import deep
from jwtaudit.values import Outcome, Param, Symbol, Value, root_of

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import FunctionScope
    from jwtaudit.values import Call

_FOLDERS = frozenset({"cli", "command", "commands", "manage", "management", "script", "scripts"})
_ENDINGS = frozenset({"cli", "commands", "scripts"})  # of folders: `dev-scripts`
_ASKING = frozenset({"input", "getpass", "parse_args", "parse_known_args", "prompt"})
_OF_REQUESTS = frozenset({"req", "reqparse", "request"})
_GIVEN = ("sys.argv", "sys.stdin")
_OPTIONS = "argparse.Namespace"


def is_command(project: Project, call: Call) -> bool:
    """Whether a call belongs to a command, by its file or by a decorator of its function."""
    *folders, file = call.place.path.split("/")
    if _FOLDERS & {*words(file), *map(str.lower, folders)}:
        return True
    if any(_ENDINGS & set(words(folder)[-1:]) for folder in folders):
        return True
    function = project.scope(call.scope)
    return any(
        isinstance(decorator, Outcome) and "command" in words(decorator.call.name)
        for decorator in (() if function is None else function.decorators)
    )


def is_parameter_of_command(project: Project, value: Value) -> bool:
    """Whether a value is what a command was given; a bot's commands are asynchronous."""
    value = root_of(value)  # of an entry of its options
    if not isinstance(value, Param):
        return False
    function = project.scope(value.function)
    definition = None if function is None else function.definition
    return (
        function is not None
        and definition is not None
        and not definition.is_async
        and (
            any(
                isinstance(decorator, Outcome) and "command" in words(decorator.call.name)
                for decorator in function.decorators
            )
            or _handles_command(project, function)
        )
    )


def _handles_command(project: Project, function: FunctionScope) -> bool:
    """Whether a function is the body of one of Django's commands."""
    if function.cls is None or function.short_name != "handle":
        return False
    owner = project.classes.get(function.cls.id)
    return owner is not None and any(
        isinstance(base, Symbol) and words(base.name)[-1:] == ("command",) for base in owner.bases
    )


def is_program(project: Project, call: Call) -> bool:
    """Whether a call runs only when its file is started as a program."""
    callers = project.callers.get(call.scope, ())
    return in_main(call.path) or (bool(callers) and all(in_main(c.path) for c in callers))


def is_typed(value: Value) -> bool:
    """Whether a value was given on the command line, or at a prompt."""
    for part in deep(value):
        if isinstance(part, Outcome) and _asks(part.call):
            return True
        if isinstance(part, Symbol) and part.name.startswith(_GIVEN):
            return True
        kind = part.annotation if isinstance(part, Param) else None
        if isinstance(kind, Symbol) and kind.name == _OPTIONS:
            return True
    return False


def _asks(call: Call) -> bool:
    """Whether a call asks whoever started the program; parsers of requests have its name, too."""
    names = [call.name, *(names_of(call.receiver) if call.receiver is not None else ())]
    said = {word for name in names for word in words(name)}
    return call.name.rpartition(".")[2] in _ASKING and not said & _OF_REQUESTS


def is_typed_by_callers(project: Project, value: Value, depth: int = 3) -> bool:
    """Whether whoever calls the function at hand gives it what was typed, wherever it is called."""
    if is_typed(value):
        return True
    given = [
        one
        for part in deep(value)
        if isinstance(part, Param) and depth
        for one in given_by_callers(project, part)
    ]
    return bool(given) and all(is_typed_by_callers(project, one, depth - 1) for one in given)
