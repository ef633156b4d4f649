"""Keys that last no longer than the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import in_main, is_demonstration, is_test
from jwtaudit.program.development import is_taken_in_development
from jwtaudit.program.key_sources import sources
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.names import words
from jwtaudit.program.origins import steps
from jwtaudit.values import Call, Env, Instance, Outcome, Setting, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.key_sources import Lookup, Source

# Functions that run once, when the program starts.
_STARTING = frozenset({"__init__", "constructor", "create_app", "make_app", "init_app"})
# Methods by which a key outlives the process.
_WRITING = frozenset({"write", "save", "store", "dump", "set", "put", "insert", "create"})


@check("ephemeral-secret")
def ephemeral_secret(project: Project) -> Iterator[Draft]:
    """A key is drawn at random when the program starts, and kept nowhere."""
    seen = set()
    for use in key_uses(project):
        for source in sources(project, use.value):
            value = source.value
            if not isinstance(value, Outcome) or value.call.place in seen:
                continue
            call = value.call
            if not _is_random(project, call) or not _is_of_process(project, call, source):
                continue
            if _is_kept(project, call) or is_taken_in_development(
                project, call.place.path, call.path
            ):
                continue
            seen.add(call.place)
            yield Draft(
                "",
                call.place,
                "the key is made at random at each start: a restart ends every session, and one"
                " worker refuses the tokens of another",
                Confidence.MEDIUM if source.lookups or call.path else Confidence.HIGH,
                trace=steps(value, use.place, f"{use.library.title} {use.verb} with it"),
                advice="Make it once, keep it with the other secrets, and refuse to start without.",
            )


def _is_random(project: Project, call: Call) -> bool:
    model = project.model_of(call)
    return model is not None and model.role == "generator" and model.effect == "random"


def _is_of_process(project: Project, call: Call, source: Source) -> bool:
    """Whether a call of the product runs once, or stands in for what one variable tells all."""
    path = call.place.path
    if is_test(path) or is_demonstration(path, call.path) or in_main(call.path):
        return False
    if any(isinstance(one, Env) or _is_field(one) for one in source.lookups):
        return True
    scope = project.scope(call.scope)
    return scope is not None and (scope.definition is None or scope.short_name in _STARTING)


def _is_field(lookup: Lookup) -> bool:
    """Whether something is a field of a settings class, which a factory gives its default."""
    return isinstance(lookup, Setting) and bool(lookup.owner)


def _is_kept(project: Project, call: Call) -> bool:
    """Whether what was drawn is written somewhere."""
    for event in project.uses(call):
        if not isinstance(event, Call):
            continue
        model = project.model_of(event)
        if model is None and not _WRITING.isdisjoint(words(event.name.rpartition(".")[2])):
            return True
        if model is None and _is_row(project, event):
            return True
        if model is not None and model.role == "file":
            return True
    return False


def _is_row(project: Project, made: Call) -> bool:
    """Whether a call makes an object that is added to what a session writes: ``db.add(row)``."""
    return any(
        isinstance(option, Instance) and option.call is not None and option.call.place == made.place
        for call in project.calls
        if call.name.rpartition(".")[2] == "add"
        for argument in call.arguments
        for option in options(argument.value)
    )
