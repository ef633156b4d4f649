"""Taking a secret out of the source: into the environment, as the project reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.command_options import is_of_command, required_instead
from jwtaudit.program.repairs import lies_in
from jwtaudit.repair import (
    AddStatement,
    DropDefault,
    DropItem,
    EnvVar,
    Insist,
    Named,
    Repair,
    Replace,
)
from jwtaudit.values import Absent, Const, Env, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jwtaudit.models import Model
    from jwtaudit.program.key_sources import Source
    from jwtaudit.program.project import Project
    from jwtaudit.repair import Change


def from_environment(literal: Const) -> Repair | None:
    """Read a literal from the environment instead."""
    if literal.place is None:
        return None
    code = EnvVar(binary=isinstance(literal.value, bytes))
    return Repair("Read the key from the environment", Replace(literal.place, code))


def without_default(
    project: Project, literal: Const, lookups: Sequence[Env | Setting]
) -> Repair | None:
    """Let a lookup fail where nothing is configured."""
    if literal.place is None or not lookups:
        return None
    if is_of_command(project, lookups):
        return required_instead(project, literal, lookups)
    if project.stores.is_left(literal.place):
        return from_environment(literal)
    if _has_to_be_given(project, literal):
        return None
    title = "Take the key without a default, so that the program stops where it is missing"
    dropped = DropItem(literal.place)
    if (field := _field_of_the_same_name(literal, lookups)) is not None:
        others = [lookup for lookup in lookups if isinstance(lookup, Env)]
        named = title.replace("the key", f"`{field.name}`")
        otherwise = without_default(project, literal, others)
        return Repair(named, DropDefault(field.place), otherwise=otherwise) if field.place else None
    for lookup in sorted(lookups, key=lambda found: not _holds(found, literal)):
        if isinstance(lookup, Env) and lookup.place is not None and not _raises(project, lookup):
            if not lookup.name:
                return None
            title = title.replace("the key", f"`{lookup.name}`")
            inner = lies_in(lookup.place, literal.place)
            raising = _raising(project, lookup)
            if inner and not raising and project.is_script(lookup.place.path):
                return Repair(title, dropped)  # in a schema: z.string().default("...")
            read: Change = Replace(lookup.place, EnvVar(lookup.name))
            if raising:
                read = Insist(lookup.place, raising)
            return Repair(title, *((read,) if inner else (dropped, read)))
        if isinstance(lookup, Setting) and lookup.place and lies_in(lookup.place, literal.place):
            return Repair(title, Insist(lookup.place), otherwise=Repair(title, dropped))
    return Repair(title, dropped)


def _has_to_be_given(project: Project, literal: Const) -> bool:
    """Whether a literal is given to a function of the project that insists on it."""
    return any(
        argument.name is not None
        and argument.value.place == literal.place
        and (scope := project.scope(call.target)) is not None
        and (parameter := scope.parameters.get(argument.name)) is not None
        and isinstance(parameter.default, Absent)
        for call in project.calls
        if call.target is not None and literal.place is not None
        if call.place.path == literal.place.path
        for argument in call.arguments
    )


def insisted_instead(lookups: Sequence[Env | Setting]) -> Repair | None:
    """Read a variable so that the program stops where it is missing."""
    for lookup in lookups:
        if isinstance(lookup, Env) and lookup.place is not None and lookup.name:
            title = f"Take `{lookup.name}` so that the program stops where it is missing"
            return Repair(title, Replace(lookup.place, EnvVar(lookup.name)))
    return None


def _field_of_the_same_name(literal: Const, lookups: Sequence[Env | Setting]) -> Setting | None:
    """The field of a settings class that reads its variable by itself, and has it read again."""
    names = {
        lookup.name.lower()
        for lookup in lookups
        if isinstance(lookup, Env) and lookup.name and _holds(lookup, literal)
    }
    fields = (lookup for lookup in lookups if isinstance(lookup, Setting))
    return next((f for f in fields if f.name.lower() in names and _holds(f, literal)), None)


def _holds(lookup: Env | Setting, literal: Const) -> bool:
    """Whether a literal is a lookup's own default, and not that of one which it falls back on."""
    return lookup.place is not None and lies_in(lookup.place, literal.place)


def insisted_on(source: Source) -> Repair | None:
    """Stop the program where the variable that holds a key is missing."""
    places = {lookup.place for lookup in source.lookups if isinstance(lookup, Env)}
    place = places.pop() if len(places) == 1 else None
    if place is None:
        return None
    title = "Stop the program where the key is missing"
    return Repair(title, AddStatement(place, Named("insist")))


def _raises(project: Project, lookup: Env) -> bool:
    """Whether the function that looks it up fails without a default."""
    model = _model(project, lookup)
    return model is not None and model.effect == "raises"


def _raising(project: Project, lookup: Env) -> str:
    """The method that fails, in the place of the one that looks it up."""
    model = _model(project, lookup)
    return model.raising if model else ""


def _model(project: Project, lookup: Env) -> Model | None:
    found = (s.model for s in project.sites("environment") if s.place == lookup.place)
    return next(found, None)
