"""Options of commands: what one is where nobody types it.

``add_argument("--secret", default="s")`` stands in one place, ``args.secret`` in another, and a
decorator gives a function's parameter the default that its definition does not tell.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.context import is_test
from jwtaudit.program.walk.typenames import type_name
from jwtaudit.repair import DropArgument, Repair, SetArgument
from jwtaudit.values import (
    ABSENT,
    Absent,
    Const,
    Env,
    Member,
    Outcome,
    Param,
    Setting,
    Table,
    Value,
    hop,
    join,
    rewrite,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jwtaudit.facts import Scalar
    from jwtaudit.models import Model
    from jwtaudit.program.project import Project
    from jwtaudit.values import Call

    _Declared = tuple[Call, Setting | Env | None]

FLAGS = "flags"
"""The effect of what declares an option, by the words that are typed for it."""
_LONG = re.compile(r"--(?:no-)?([\w-]+)")
# What is parsed is often handed to a function that the parser itself chooses.
_HANDED_ON = frozenset({"args", "arguments", "argv", "namespace", "ns", "opt", "options", "opts"})

_known: WeakKeyDictionary[Project, Mapping[str, Sequence[_Declared]]] = WeakKeyDictionary()


def with_defaults(project: Project, value: Value) -> Value:
    """The value with what is read from the options of a command replaced by these."""
    known = _declared(project)

    def change(part: Value) -> Value | None:
        if not isinstance(part, Member) or part.name is None:
            return None
        base = _dumped(project, part.base) if part.item else part.base
        found = [
            (call, option)
            for call, option in known.get(part.name, ())
            if _reads(project, base, call)
        ]
        place = part.place
        if not found or place is None:
            return None
        # A repository may hold several commands.
        own = [(call, option) for call, option in found if call.place.path == place.path]
        given = [option for _, option in own or found if option is not None]
        return hop(join(*given), place, f"read as option `{part.name}`") if given else None

    return rewrite(value, change) if known else value


def _dumped(project: Project, value: Value) -> Value:
    """The object whose entries a mapping has: ``vars(args)["secret"]``."""
    model = project.model_of(value.call) if isinstance(value, Outcome) else None
    if isinstance(value, Outcome) and model is not None and model.role == "dump":
        return project.argument(value.call, model, "value")
    return ABSENT


def _reads(project: Project, base: Value, declaring: Call) -> bool:
    """Whether a value is what was parsed where an option is declared."""
    name = type_name(project.interpreter, base).removesuffix(".0")  # of a pair with the rest
    if any(model.effect == FLAGS for model in project.models.exactly(name)):
        return True
    if project.is_script(declaring.place.path) and _is_typed(project, base):
        return True
    handed_on = isinstance(base, Param) and base.annotation is None and base.name in _HANDED_ON
    return handed_on and base.place is not None and base.place.path == declaring.place.path


def _declared(project: Project) -> Mapping[str, Sequence[_Declared]]:
    """The options that calls declare, by the names that they are read by."""
    if project not in _known:
        found: dict[str, list[_Declared]] = defaultdict(list)
        for call, model in _calls(project):
            if project.is_script(call.place.path):
                for name, option in _typed(project, call, model):
                    found[name].append((call, option))
            else:
                found[name_of(call)].append((call, declared(project, call, model)))
        _known[project] = found
    return _known[project]


def _typed(project: Project, call: Call, model: Model) -> Iterator[tuple[str, Setting]]:
    """The options that a script declares by a call, under the names that they are read by."""
    fields = project.argument(call, model, "fields")
    given: dict[Scalar, Value] = dict(fields.entries) if isinstance(fields, Table) else {}
    if isinstance(flags := project.argument(call, model, "flags"), Const):
        default = project.argument(call, model, "default")
        told = (argument.value for argument in call.arguments[1:2])
        given[flags.value] = next((v for v in told if isinstance(v, Table)), default)
    for flag, value in given.items():
        default = value.entries.get("default", ABSENT) if isinstance(value, Table) else value
        if isinstance(flag, str) and isinstance(default, Const):
            long = _LONG.search(flag)
            name = long[1] if long else flag
            first, *rest = name.split("-")
            for spelling in {name, first + "".join(map(str.capitalize, rest))}:
                yield spelling, Setting(name, default, place=call.place)


def _is_typed(project: Project, value: Value) -> bool:
    """Whether a script gets a value from what was typed: ``yargs.option(...).argv``."""
    part: Value | None = value
    while part is not None:
        if isinstance(part, Outcome):
            model = project.model_of(part.call)
            if model is not None and model.effect == FLAGS:
                return True
            part = part.call.receiver
        else:
            part = part.base if isinstance(part, Member) else None
    return False


def _calls(project: Project) -> Iterator[tuple[Call, Model]]:
    """The calls that declare options, outside of tests."""
    for call in project.calls:
        model = project.model_of(call)
        if model is not None and is_option(model) and not is_test(call.place.path):
            yield call, model


def is_option(model: Model) -> bool:
    """Whether a call declares an option of a command."""
    return model.role == "setting" and model.effect == FLAGS


def declared(project: Project, call: Call, model: Model) -> Setting | Env | None:
    """The option that a call declares; None where nothing takes its place."""
    default = project.argument(call, model, "default")
    variable = project.argument(call, model, "variable")
    if isinstance(variable, Const) and isinstance(variable.value, str):
        return Env(variable.value, default, place=call.place)
    if isinstance(default, Absent):
        return None
    return Setting(name_of(call), default, model.returns, place=call.place)


def required_instead(
    project: Project, literal: Const, lookups: Iterable[Env | Setting]
) -> Repair | None:
    """Let a command not run without the option whose default is a literal."""
    for call, model in _calls(project):
        if any(lookup.place == call.place for lookup in lookups):
            if project.is_script(call.place.path):
                return None  # no argument says so for every package
            own = project.argument(call, model, "default").place == literal.place
            if not own or not any(word.startswith("-") for word in _words(call)):
                return None  # what is told by its position alone has no such argument
            title = f"Insist on the option `{name_of(call)}`"
            dropped = DropArgument(call.place, model.meanings["default"])
            return Repair(title, dropped, SetArgument(call.place, "required", True))
    return None


def is_of_command(project: Project, lookups: Iterable[Env | Setting]) -> bool:
    """Whether one of several lookups is an option of a command."""
    places = {lookup.place for lookup in lookups}
    return any(call.place in places for call, _ in _calls(project))


def of_parameter(project: Project, decorators: Iterable[Value], name: str) -> Value:
    """What a decorator gives a parameter that the command line does not; ``ABSENT`` if nothing."""
    for decorator in decorators:
        if not isinstance(decorator, Outcome) or name_of(decorator.call) != name:
            continue
        model = project.model_of(decorator.call)
        if model is not None and is_option(model):
            return declared(project, decorator.call, model) or ABSENT
    return ABSENT


def name_of(call: Call) -> str:
    """By what an option is read: as it says itself, or as its first long spelling does."""
    words = _words(call)
    told = next((a.value for a in call.arguments if a.name == "dest"), ABSENT)
    if isinstance(told, Const):
        return str(told.value)
    bare = [word for word in words if not word.startswith("-")]
    long = [word for word in words if word.startswith("--")]
    name = next(iter((*bare, *long, *words)), "")
    return name.partition("/")[0].lstrip("-").replace("-", "_")


def _words(call: Call) -> list[str]:
    given = (argument.value for argument in call.arguments if argument.name is None)
    return [v.value for v in given if isinstance(v, Const) and isinstance(v.value, str)]
