"""Settings of frameworks: where a project gives them, and which values make tokens less safe."""

from __future__ import annotations

from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from jwtaudit.finding import Confidence
from jwtaudit.program.classes import lineage
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.development import is_replaced_in_production
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.key_uses import is_used
from jwtaudit.program.names import words
from jwtaudit.program.scopes import Assigned, Stored
from jwtaudit.program.set_anew import is_set_anew
from jwtaudit.program.times import times
from jwtaudit.repair import (
    AddStatement,
    EnvVar,
    Named,
    Repair,
    Replace,
    SetArgument,
    SetEntry,
    Snippet,
)
from jwtaudit.values import Call, ClassRef, Const, Outcome, Sequence, Table, options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.models import Condition, FrameworkSetting, Library
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId, Value

_ELSEWHERE = frozenset(
    {"dev", "develop", "development", "local", "test", "tests", "testing", "debug"}
)


_ANY = "*"  # a condition on whatever setting


class Given(NamedTuple):
    """A setting as the project gives it; ``owner`` is the mapping around it, or what is called."""

    owner: str
    name: str
    value: Value
    place: Place


class Unsafe(NamedTuple):
    """A setting with a value that a rule reports, or the mapping that leaves it out.

    ``value`` is the one or the other; None where there is no mapping either.
    """

    setting: FrameworkSetting
    place: Place
    given: bool
    confidence: Confidence
    value: Value | None = None


_given: WeakKeyDictionary[Project, tuple[Given, ...]] = WeakKeyDictionary()


def unsafe_settings(project: Project, rule: str) -> Iterator[Unsafe]:
    """The settings that a rule reports."""
    for library in project.models.libraries:
        for setting in library.settings:
            if setting.rule == rule:
                for place, is_given, value in _places(project, library, setting):
                    sure = _confidence(project, setting, place)
                    if sure is not None:
                        yield Unsafe(setting, place, is_given, sure, value)


def _places(
    project: Project, library: Library, setting: FrameworkSetting
) -> Iterator[tuple[Place, bool, Value | None]]:
    """Where the setting has a value that matters: the value, or what lacks one."""
    if not all(
        any(_holds(project, g, c) for g in _named_so(project, c.argument)) for c in setting.along
    ):
        return
    if any(_holds(project, g, c) for c in setting.unless for g in _named_so(project, c.argument)):
        return
    names = dict.fromkeys(condition.argument for condition in setting.when)
    everything = [one for name in names for one in _named_so(project, name)]
    own = tuple(f"{top}{r.replace('.', '/')}/" for r in library.roots for top in ("", "src/"))
    for one in everything:
        if (setting.inside and one.owner not in setting.inside) or one.place.path.startswith(own):
            continue
        if is_replaced_in_production(
            one.place,
            ((g.place, g.value) for g in everything if (g.owner, g.name) == (one.owner, one.name)),
        ):
            continue
        if _is_decided_here(one.value) and any(_holds(project, one, c) for c in setting.when):
            yield one.value.place or one.place, True, one.value
    if any(condition.absent for condition in setting.when):
        for place, table in _lacking(project, library, setting):
            if not place.path.startswith(own):
                yield place, False, table


def _lacking(
    project: Project, library: Library, setting: FrameworkSetting
) -> Iterator[tuple[Place, Value | None]]:
    """The mappings that leave the setting out; without one, where the framework is named."""
    if setting.along and not setting.inside:
        set_in = [_class_of(project, one.place) for one in _named_so(project, setting.name)]
        for condition in setting.along:
            along = [
                (g, _class_of(project, g.place)) for g in _named_so(project, condition.argument)
            ]
            profiles = {ref.id for _, ref in along if ref is not None}
            held = (
                one
                for one, ref in along
                if _holds(project, one, condition)
                and all(_is_other_profile(project, ref, other, profiles) for other in set_in)
            )
            yield from ((one.place, None) for one in islice(held, 1))
        return
    around = [one for one in given(project) if one.name in (setting.inside or (setting.name,))]
    elsewhere = {
        PurePosixPath(one.place.path).parent
        for one in _named_so(project, setting.name)
        if one.owner in setting.inside
    }
    for one in around:
        if PurePosixPath(one.place.path).parent in elsewhere:
            continue  # settings in layers: the file beside it gives what this one leaves out
        for table in options(one.value):
            if (
                isinstance(table, Table)
                and not table.rest
                and setting.name not in table.entries
                and _stands_along(project, setting, table, one.place)
            ):
                yield one.place, table
    if not around and not any("." in name for name in setting.inside) and is_used(project, library):
        # Settings in a mapping are those of an application; without any, this may be a library.
        in_code = not setting.inside
        yield from ((place, None) for place in _named(project, library, in_code=in_code))


def _class_of(project: Project, place: Place) -> ClassRef | None:
    """The class in whose body a setting stands."""
    around = (
        scope.ref
        for scope in list(project.classes.values())
        if scope.ref.id.path == place.path and scope.definition.span.contains(place.span)
    )
    return max(around, key=lambda ref: ref.id.start, default=None)


def _is_other_profile(
    project: Project, one: ClassRef | None, other: ClassRef | None, profiles: set[FunctionId]
) -> bool:
    """Whether two classes are two ways to configure an application, such as one for development.

    Each says all of it itself, and none derives from both.
    """
    if one is None or other is None or one.id == other.id or other.id not in profiles:
        return False
    return not any(
        {one.id, other.id} <= {base.ref.id for base in lineage(project, scope.ref)}
        for scope in list(project.classes.values())
    )


def _stands_along(project: Project, setting: FrameworkSetting, table: Table, place: Place) -> bool:
    """Whether a mapping says nothing against the settings that this one stands along."""
    return all(
        _holds(project, Given("", condition.argument, value, place), condition)
        for condition in setting.along
        if (value := table.entries.get(condition.argument)) is not None
    )


def _named(project: Project, library: Library, *, in_code: bool) -> Iterator[Place]:
    """The first place in the settings, or else in the code, that names a framework."""
    roots = tuple(f"{root}." for root in library.roots)
    named = [
        place
        for path, place in project.python.named_in_settings(library.roots)
        if place is not None and not is_test(path)
    ]
    calls = [
        call
        for call in (project.calls if in_code else ())
        if call.name.startswith(roots) and not is_test(call.place.path)
    ]
    # what sets it up tells more than what only uses it
    calls.sort(key=lambda call: (model := project.model_of(call)) is None or model.role == "guard")
    yield from (*named, *(call.place for call in calls))[:1]


def _is_decided_here(value: Value) -> bool:
    """Whether the value stands where the setting is given: what another place decides may vary."""
    return not isinstance(value, Const) or not value.trace


def _holds(project: Project, given: Given, condition: Condition) -> bool:
    """Whether a setting is what a condition asks for."""
    if condition.argument not in (given.name, _ANY):
        return False
    value = given.value
    if condition.above is not None:
        lengths = [time.length for time in times(project, value) if not time.clock]
        return any(length is not None and length > condition.above for length in lengths)
    if condition.contains is not None:
        wanted = condition.contains
        texts = wanted if isinstance(wanted, list) else [wanted]
        return any(
            isinstance(leaf, Const) and leaf.value in texts
            for option in options(value)
            for item in (option.items if isinstance(option, Sequence) else (option,))
            for leaf in options(item)
        )
    if not isinstance(value, Const):
        return condition.truthy  # a list, a call, a choice: none of them is nothing
    if condition.starts is not None:
        return isinstance(value.value, str) and value.value.startswith(condition.starts)
    if condition.has_equals:
        return _same(value.value, condition.equals)
    return (condition.falsy and not value.value) or (condition.truthy and bool(value.value))


def _same(a: object, b: object) -> bool:
    """Whether two constants are one; frameworks read texts in any case."""
    if isinstance(a, str) and isinstance(b, str):
        return a.lower() == b.lower()
    return type(a) is type(b) and a == b


def _confidence(project: Project, setting: FrameworkSetting, place: Place) -> Confidence | None:
    """How sure the finding is; None for what is right where it stands."""
    sure = Confidence[setting.confidence.upper()]
    if is_demonstration(place.path, ()):
        return Confidence.LOW
    if {*words(enclosing(project, place)), *words(place.path)} & _ELSEWHERE:
        return None if setting.local else Confidence.LOW
    return sure


def given(project: Project) -> tuple[Given, ...]:
    """Every setting that the project gives outside of tests, and everything that looks like one."""
    found = _given.get(project)
    if found is None:
        events = [event for event in project.events if not is_test(event.place.path)]
        replaced = _replaced(events)
        found = _given[project] = tuple(
            one
            for event in events
            if event.place not in replaced
            for one in given_by(event)
            if not is_set_anew(project, one.name, one.value.place)
        )
    return found


def _replaced(events: Iterable[Event]) -> set[Place]:
    """Where settings are given that the same function gives anew, whichever way it goes."""
    later: dict[tuple[object, ...], list[Event]] = {}
    found: set[Place] = set()
    for event in sorted(events, key=lambda event: -event.order):
        if isinstance(event, Stored) and event.item and isinstance(event.key, Const):
            where = (event.scope, event.into, event.base.place, event.key.value)
            given_again = later.setdefault(where, [])
            if any(event.path[: len(one.path)] == one.path for one in given_again):
                found.add(event.place)
            given_again.append(event)
    return found


def _named_so(project: Project, name: str) -> Iterable[Given]:
    """The settings of a name, or all of them."""
    if name == _ANY:
        return given(project)
    found = _by_name.get(project)
    if found is None:
        found = _by_name[project] = {}
        for one in given(project):
            found.setdefault(one.name, []).append(one)
    return found.get(name, ())


_by_name: WeakKeyDictionary[Project, dict[str, list[Given]]] = WeakKeyDictionary()


def given_by(event: Event) -> Iterator[Given]:
    """The settings that an event gives."""
    place = event.place
    if isinstance(event, Assigned):
        yield Given("", event.name, event.value, place)
        yield from _entries(event.name, event.value, place)
    elif isinstance(event, Stored):
        if isinstance(event.key, Const) and isinstance(event.key.value, str):
            yield Given(event.into, event.key.value, event.value, place)
            yield from _entries(event.key.value, event.value, place)
    elif isinstance(event, Call):
        named: dict[Scalar, Value] = {
            a.name: a.value for a in event.arguments if a.name is not None and not a.spread
        }
        if named and not any(a.spread for a in event.arguments) and _is_class(event.name):
            yield Given("", event.name, Table(named, place=place), place)
        for argument in event.arguments:
            if argument.name is not None:
                yield Given(event.name, argument.name, argument.value, place)
            else:
                yield from _entries("", argument.value, place)


def _is_class(name: str) -> bool:
    return name.rpartition(".")[2][:1].isupper()


def _entries(owner: str, value: Value, place: Place) -> Iterator[Given]:
    for option in options(value):
        if isinstance(option, Table):
            for key, inner in option.entries.items():
                if isinstance(key, str):
                    yield Given(owner, key, inner, place)


__all__ = ["Given", "Unsafe", "given", "given_by", "unsafe_settings"]


def set_right(project: Project, unsafe: Unsafe) -> Repair | None:
    """Turn a switch the other way; where it is left out, write what its default should be.

    What a number or a list should be is for people to decide, unless the model says it.
    """
    name, value = unsafe.setting.name, unsafe.value
    off_by_default = unsafe.setting.right is True or any(
        condition.falsy or (condition.has_equals and condition.equals is False)
        for condition in unsafe.setting.when
    )
    if value is None and off_by_default and len(unsafe.setting.inside) == 1:
        (mapping,) = unsafe.setting.inside
        if unsafe.place.path not in project.python.settings_files:
            return None
        written = Snippet(f'{mapping} = {{"{name}": True}}')
        return Repair(f"Turn `{name}` on", AddStatement(unsafe.place, written))
    if value is None:
        return _key_given(project, unsafe)
    if value.place is None:
        return None
    if isinstance(value, Const) and isinstance(value.value, bool):
        right = not value.value
        return Repair(f"Set `{name}` to `{right}`", Replace(value.place, right))
    right = unsafe.setting.right
    if right is not None and unsafe.given and isinstance(value, Const):
        return Repair(f"Set `{name}` to `{right}`", Replace(value.place, right))
    if isinstance(right, int) and unsafe.given and isinstance(value, Outcome):
        return Repair(f"Set `{name}` to {right} s", Replace(value.place, Named("span", right)))
    if not unsafe.given and isinstance(value, Table) and off_by_default:
        return Repair(f"Turn `{name}` on", SetEntry(value.place, name, code=True))
    return None


def _key_given(project: Project, unsafe: Unsafe) -> Repair | None:
    """Read a key that nobody gives from the environment, where a call can take it."""
    instead = {condition.argument for condition in unsafe.setting.unless}
    for site in project.sites("sign", "verify"):
        argument = site.model.meanings.get("key")
        if site.place == unsafe.place and argument in instead:
            read = SetArgument(site.place, argument, EnvVar(unsafe.setting.name))
            return Repair("Read the key from the environment", read)
    return None
