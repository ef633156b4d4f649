"""Links that are sent once, by e-mail: what they hold may stand in a URL."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.names import is_link_name, names_of, words
from jwtaudit.program.scopes import Assigned
from jwtaudit.program.texts import pieces
from jwtaudit.program.travels import all_parts
from jwtaudit.values import Call, Closure, Const, Outcome, Table, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jwtaudit.program.project import Project
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId

# Whom a message goes to, as an argument is called, and what it is.
_ADDRESSED = frozenset(
    {"to", "dest", "destination", "recipient", "recipients", "receiver", "receivers", "addressee"}
)
_MAIL = frozenset({"mail", "email", "mails", "emails"})
_ONE_OF_EACH = frozenset({"index", "handler", "main", "route", "page", "+page", "+server"})


def is_link(project: Project, scope: FunctionId) -> bool:
    """Whether a function has to do with links that are sent once: by its name, file or route."""
    names = [scope.qualname, spoken_of(scope.path), *_routes(project).get(scope, ())]
    function = project.scope(scope)
    for decorator in () if function is None else function.decorators:
        if isinstance(decorator, Outcome):
            routes = (a.value.value for a in decorator.call.arguments if isinstance(a.value, Const))
            names.extend(route for route in routes if isinstance(route, str))
    return any(map(is_link_name, names))


def spoken_of(path: str) -> str:
    """What a file is called: where each folder has one of that name, what its folder is."""
    file = PurePosixPath(path)
    return file.parent.name if file.stem in _ONE_OF_EACH else file.stem


def in_letters(project: Project) -> Iterator[Place]:
    """The texts that are sent to somebody by e-mail."""
    for event in project.calls:
        if _is_letter(event):
            yield from (part.place for part in all_parts(event) if part.place is not None)


def _is_letter(event: Call) -> bool:
    """Whether a call sends a message: to somebody and about something, or a mail by its name."""
    said = words(event.name.rpartition(".")[2])
    if "send" in said and not _MAIL.isdisjoint(said):
        return True
    tables = [o for a in event.arguments for o in options(a.value) if isinstance(o, Table)]
    named = {argument.name for argument in event.arguments}
    for names in (named, *(table.entries.keys() for table in tables)):
        keys = [words(str(name)) for name in names if name is not None]
        if any("subject" in key for key in keys) and not all(map(_ADDRESSED.isdisjoint, keys)):
            return True
    return False


def _routes(project: Project) -> Mapping[FunctionId, list[str]]:
    """What is said of a function: by texts given along, and by what is made of it."""
    found = _given_along.get(project)
    if found is None:
        found = _given_along[project] = {}
        for call in project.calls:
            said = [
                argument.value.value
                for argument in call.arguments
                if isinstance(argument.value, Const) and isinstance(argument.value.value, str)
            ]
            if said and project.is_script(call.place.path):
                for argument in call.arguments:
                    if isinstance(argument.value, Closure):
                        found.setdefault(argument.value.id, []).extend(said)
        for name, value in _named(project):
            for argument in value.call.arguments if isinstance(value, Outcome) else ():
                if isinstance(argument.value, Closure):
                    found.setdefault(argument.value.id, []).append(name)
    return found


def _named(project: Project) -> Iterator[tuple[str, Value]]:
    """What variables and exports hold: ``const reset = handled(async (req, res) => ...)``."""
    for event in project.events:
        if isinstance(event, Assigned):
            yield event.name, event.value
    for module in project.modules.values():
        for name, value in module.exports.items() if module is not None else ():
            if name is not None:
                yield name, value


_given_along: WeakKeyDictionary[Project, dict[FunctionId, list[str]]] = WeakKeyDictionary()


def is_link_text(text: Value) -> bool:
    """Whether a URL, or what stands in it, is called a link sent once."""
    for part in (text, *pieces(text)):
        if isinstance(part, Const) and isinstance(part.value, str) and is_link_name(part.value):
            return True
        if any(map(is_link_name, names_of(part))):
            return True
    return False
