"""Which calls give what a call leaves out: `JwtModule.register({...})` for what a service signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from jwtaudit.program.context import is_test
from jwtaudit.program.travels import all_parts
from jwtaudit.values import ABSENT, ClassRef, Const, Outcome, Symbol, Unknown, Value, join, options

if TYPE_CHECKING:
    from jwtaudit.models import Model
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import Call, FunctionId


class _Listed(NamedTuple):
    """What the decorator of a class names together: things of libraries, own classes, calls."""

    symbols: frozenset[str]
    classes: frozenset[FunctionId]
    calls: frozenset[Place]


_lists: WeakKeyDictionary[Project, tuple[_Listed, ...]] = WeakKeyDictionary()


def configuring(project: Project, model: Model, call: Call) -> list[Site]:
    """The calls that give what a call leaves out: those nearest to it, where that can be told."""
    factories = project.sites("factory", "cookie-settings") if model.configured_by else ()
    found = [site for site in factories if site.model.name in model.configured_by]
    made = {o.call.place for o in options(call.receiver or ABSENT) if isinstance(o, Outcome)}
    several = len(found) > 1
    called = _of_that_name(found, call) if several else ()
    for nearest in (made, _beside(project, call) if several else (), called):
        found = [site for site in found if site.place in nearest] or found
    shipped = [
        site
        for site in found
        if not is_test(site.place.path)
        and not any(is_test(caller.place.path) for caller in site.chain)
    ]
    return shipped or found


def _of_that_name(factories: list[Site], call: Call) -> set[Place]:
    """The plugins that were given the name under which a call reaches one: ``c.jwtRefresh``."""
    asked = call.name.replace("*", "").lower().split(".")
    return {
        site.place
        for site in factories
        for option in options(site.argument("name"))
        if isinstance(option, Const)
        and isinstance(option.value, str)
        and any(part.startswith(option.value.lower()) for part in asked)
    }


def configured(project: Project, model: Model, call: Call, meaning: str) -> Value:
    """What the project's configuring calls say; unknown where there are none to be seen."""
    found = [
        project.argument(site.call, site.model, meaning)
        for site in configuring(project, model, call)
    ]
    if not found and _is_listed(project, model):
        return ABSENT
    return join(*found) if found else Unknown("configured elsewhere")


def _is_listed(project: Project, model: Model) -> bool:
    """Whether a class that could be configured stands in a decorator's lists as it is."""
    owners = {name.rpartition(".")[0] for name in model.configured_by}
    return any(not owners.isdisjoint(listed.symbols) for listed in _listed(project))


def _beside(project: Project, call: Call) -> set[Place]:
    """The calls that decorators name together with the class in which a call stands."""
    name, _, method = call.scope.qualname.partition(".")
    return {
        place
        for listed in (_listed(project) if method else ())
        if any((c.path, c.qualname) == (call.scope.path, name) for c in listed.classes)
        for place in listed.calls
    }


def _listed(project: Project) -> tuple[_Listed, ...]:
    """What each decorator of a class is given, outside of tests."""
    found = _lists.get(project)
    if found is None:
        given = [
            all_parts(decorator.call)
            for cls in project.classes.values()
            for decorator in cls.decorators
            if isinstance(decorator, Outcome) and not is_test(decorator.call.place.path)
        ]
        found = _lists[project] = tuple(
            _Listed(
                frozenset(part.name for part in parts if isinstance(part, Symbol)),
                frozenset(part.id for part in parts if isinstance(part, ClassRef)),
                frozenset(part.call.place for part in parts if isinstance(part, Outcome)),
            )
            for parts in given
        )
    return found
