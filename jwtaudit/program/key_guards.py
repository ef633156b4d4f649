"""Whether the program refuses a key before it is used."""

from __future__ import annotations

import operator
import re
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit import facts as f
from jwtaudit.program.context import exclusive, is_test
from jwtaudit.program.key_tests import holds_where, looked_at
from jwtaudit.program.key_uses import KeyUse, key_uses
from jwtaudit.program.lookups import looked_up
from jwtaudit.program.names import words
from jwtaudit.program.nodes import nodes
from jwtaudit.program.scopes import Raised, Returned, Tested
from jwtaudit.program.sites import Site
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    CHILDREN,
    Absent,
    Const,
    Env,
    Member,
    Operation,
    Outcome,
    Param,
    Sequence,
    Setting,
    Symbol,
    Value,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jwtaudit.program.key_sources import Lookup, Source
    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event, FunctionScope
    from jwtaudit.source import Span
    from jwtaudit.values import Call, FunctionId

    _Test = tuple[Tested, tuple[Value, ...], bool, bool]


def is_refused(project: Project, source: Source) -> bool:
    """Whether the program does not go on with this very value.

    Nor does a side refuse that uses a key: ``if key: return sign(key)`` leaves, with the key.

    A test counts when one of its sides leaves (raises, returns or exits) and the value takes that
    side, or may take it: ``if not key: raise`` refuses the empty key, not the one that a default
    puts there.
    """
    place = source.value.place
    subject = _subject(project, source)
    for test, parts, then_leaves, else_leaves in _tests(
        project, place.path if place is not None else ""
    ):
        if not any(map(subject, parts)):
            continue
        truth = holds_where(project, test.value, source, subject)
        if (truth is not False and then_leaves) or (truth is not True and else_leaves):
            return True
    return False


def is_stopped_unset(project: Project, source: Source) -> bool:
    """Whether the program stops where a variable is not set, so that its default is for nobody.

    The test reads the variable anew: ``if not os.getenv("K"): raise`` beside
    ``os.getenv("K", "literal")``. Only what raises or exits stops a program, and what does so in a
    function that gives back what it has read stops those alone who ask it.
    """
    names = {lookup.name for lookup in source.lookups if isinstance(lookup, Env) and lookup.name}
    place = source.value.place
    for test, parts, *_ in _tests(project, place.path) if names and place is not None else ():
        for part in parts:
            holds = _holds_unset(project, test.value, part, source, names)
            if holds is not None and _stops(project, test, "then" if holds else "else", names):
                return True
    return False


def _holds_unset(
    project: Project, test: Value, part: Value, source: Source, names: set[str]
) -> bool | None:
    """Whether a test holds where the variable that a part of it reads is not set."""
    if isinstance(part, Env) and part.name in names:
        default = Const(None) if isinstance(part.default, Absent) else part.default
        if isinstance(default, Const) and not default.value:
            unset = replace(source, value=default)
            return holds_where(project, test, unset, partial(operator.is_, part))
    if part is test and isinstance(part, Operation) and part.operator in ("in", "not in"):
        name, names_set = part.operands  # "K" not in os.environ
        if isinstance(name, Const) and name.value in names and isinstance(names_set, Symbol):
            return part.operator == "not in"
    return None


def _stops(project: Project, test: Tested, side: str, names: set[str]) -> bool:
    """Whether one side of a test ends the program, wherever it begins."""
    scope = project.scope(test.scope)
    exits = test.then_exits if side == "then" else test.else_exits
    if scope is None or not exits:
        return False
    inside = [e for e in scope.events if any(test.is_side(side, arm) for arm in e.path)]
    return not any(isinstance(event, Returned) for event in inside) and not any(
        isinstance(part, Env) and part.name in names for part in deep(scope.returned)
    )


def is_refused_before(project: Project, use: KeyUse, source: Source) -> bool:
    """Whether the function that uses a key leaves before it, where the key is this value."""
    if use.site is None:
        return False
    call = use.site.call.origin or use.site.call
    scope = project.scope(call.scope)
    key = Site(project, call, use.site.model).argument("key")
    parts = [option for option in options(key) if not isinstance(option, (Const, Absent))]

    def is_key(part: Value) -> bool:
        return any(same(part, known) for known in parts)

    for test in scope.events if scope is not None and parts else ():
        if (
            isinstance(test, Tested)
            and test.order < call.order
            and not exclusive(test.path, call.path)
        ):
            if not any(map(is_key, walk(test.value))):
                continue
            truth = holds_where(project, test.value, source, is_key)
            if (truth is not False and test.then_exits) or (truth is not True and test.else_exits):
                return True
    return False


def is_ruled_out(project: Project, use: KeyUse, source: Source) -> bool:
    """Whether a key is used only on sides of tests that this value does not take.

    The test may stand further out: ``if links.is_enabled(): links.sign(user)``.
    """
    subject = _subject(project, source)
    seen: set[FunctionId] = set()

    def ruled_out(call: Call) -> bool:
        scope = project.scope(call.scope) if call.path else None
        tests = (e for e in (() if scope is None else scope.events) if isinstance(e, Tested))
        for test in tests:
            for side in ("then", "else"):
                if any(test.is_side(side, arm) for arm in call.path) and (
                    holds_where(project, test.value, source, subject) is (side == "else")
                ):
                    return True
        if call.scope in seen:
            return False
        seen.add(call.scope)
        callers = project.callers.get(call.scope, ())
        return bool(callers) and all(map(ruled_out, callers))

    return use.site is not None and ruled_out(use.site.call.origin or use.site.call)


_leaving_tests: WeakKeyDictionary[Project, dict[object, list[_Test]]] = WeakKeyDictionary()


def _tests(project: Project, path: str) -> list[_Test]:
    """The tests a side of which leaves, what they look at, and which side it is.

    Those in functions of a file that was only looked into are included, and those in files that
    are read for nothing else.
    """
    known = _leaving_tests.setdefault(project, {})
    if (path, len(project.functions)) not in known:
        found = list(_find_tests(project, path))
        known[path, len(project.functions)] = found
    return known[path, len(project.functions)]


def _find_tests(project: Project, path: str) -> Iterator[_Test]:
    scopes = list(_refusing(project))
    for scope in list(project.functions.values()):
        if scope.id.path == path:
            if scope.state == "new":
                project.interpreter.function(scope)
            scopes.append(scope)
    seen: set[int] = set()
    together = (*(scope.events for scope in scopes), project.events)
    if project not in _complaints:
        _note_complaints(project, project.events)
    for events in together[:-1]:
        _note_complaints(project, events)
    for events in together:
        for event in events:
            if isinstance(event, Tested) and id(event) not in seen:
                seen.add(id(event))
                if is_test(event.place.path):
                    continue  # what it asserts stops nothing else
                if (test := _leaving_test(project, event)) is not None:
                    yield test


def _refusing(project: Project) -> Iterator[FunctionScope]:
    """The module bodies and the functions of the files that refuse to start with a setting."""
    loader = project.loader
    refusals = {} if loader is None else loader.refusing()
    for path in refusals:
        module = project.module(path)
        if module is not None and module.body is not None:
            yield module.body
    for scope in list(project.functions.values()):
        places = refusals.get(scope.id.path)
        if loader is None or places is None or scope.definition is None:
            continue
        if scope.definition.omitted:
            span = scope.definition.span
            if not any(span.start < at < span.end for at in places):
                continue
            scope.definition = loader.function(scope.id.path, scope.id.start) or scope.definition
        project.interpreter.function(scope)
        yield scope


_told: WeakKeyDictionary[Project, dict[int, _Test | None]] = WeakKeyDictionary()


def _leaving_test(project: Project, test: Tested) -> _Test | None:
    """What a test looks at, and which of its sides leave; None where none does."""
    known = _told.setdefault(project, {})
    if id(test) not in known:
        leaves = (
            _leaves_by(project, test, "then", exits=test.then_exits),
            _leaves_by(project, test, "else", exits=test.else_exits),
        )
        seen = tuple(looked_at(project, test.value)) if any(leaves) else ()
        known[id(test)] = (test, seen, *leaves) if any(leaves) else None
    return known[id(test)]


def _leaves_by(project: Project, test: Tested, side: str, *, exits: bool) -> bool:
    if exits and _gives_back(project, test, side):
        return False  # whoever has asked goes on with what was tested
    leaves = exits or _raises(project, test, side) or _collects(project, test, side)
    return leaves and not any(
        call.scope == test.scope and any(test.is_side(side, arm) for arm in call.path)
        for use in key_uses(project)
        if use.site is not None
        for call in (use.site.call.origin or use.site.call, *use.site.chain)
    )


def _gives_back(project: Project, test: Tested, side: str) -> bool:
    """Whether one side of a test returns what it has looked at: ``if key: return key``."""
    scope = project.scope(test.scope)
    looked_up = [part for part in walk(test.value) if isinstance(part, (Env, Setting))]
    return any(
        isinstance(event, Returned)
        and any(test.is_side(side, arm) for arm in event.path)
        and any(same(part, known) for part in walk(event.value) for known in looked_up)
        for event in (() if scope is None or not looked_up else scope.events)
    )


def _raises(project: Project, test: Tested, side: str) -> bool:
    """Whether one side of a test raises somewhere inside, under a further condition."""
    scope = project.scope(test.scope)
    return scope is not None and any(
        isinstance(event, Raised) and any(test.is_side(side, arm) for arm in event.path)
        for event in scope.events
    )


def _collects(project: Project, test: Tested, side: str) -> bool:
    """Whether one side of a test adds to a list of complaints, for which somebody leaves."""
    complaints = _complaints[project].get(test.place.path, ())
    scope = project.scope(test.scope) if complaints else None
    return (
        scope is not None
        and scope.definition is not None
        and any(
            statement.span.contains(span)
            for branch in _branches(project, scope).get(test.place.span, ())
            for statement in (branch.body if side == "then" else branch.otherwise)
            for span in complaints
        )
    )


def _branches(project: Project, scope: FunctionScope) -> dict[Span, list[f.If]]:
    """The branches in a function, by where their tests stand."""
    known = _ifs.setdefault(project, {})
    if scope.id not in known:
        found = known[scope.id] = defaultdict(list)
        for node in nodes(scope.definition.body if scope.definition is not None else ()):
            if isinstance(node, f.If):
                found[node.test.span].append(node)
    return known[scope.id]


_ifs: WeakKeyDictionary[Project, dict[FunctionId, dict[Span, list[f.If]]]] = WeakKeyDictionary()
_complaints: WeakKeyDictionary[Project, dict[str, set[Span]]] = WeakKeyDictionary()


def _note_complaints(project: Project, events: Iterable[Event]) -> None:
    """Remember what stands in lists for which somebody leaves that are not empty, by its file."""
    known = _complaints.setdefault(project, defaultdict(set))
    for event in events:
        if isinstance(event, Tested) and type(event.value) in CHILDREN:
            lists = [part for part in deep(event.value) if isinstance(part, Sequence)]
            items = [item.place for held in lists for item in held.items if item.place is not None]
            if items and (event.then_exits or _raises(project, event, "then")):
                for place in items:
                    known[place.path].add(place.span)


_READ = re.compile(r"read as `(\w+)`")
_SUBJECT_WORDS = ("key", "secret", "value", "password", "token")


def _subject(project: Project, source: Source) -> Callable[[Value], bool]:
    names = {
        lookup.name for lookup in source.lookups if not isinstance(lookup, Param) and lookup.name
    }
    parameters = {(p.function, p.name) for p in source.lookups if isinstance(p, Param)}
    const = source.value
    names |= {found[1] for step in const.trace if (found := _READ.fullmatch(step.what))}

    def is_subject(part: Value) -> bool:
        if isinstance(part, (Env, Setting)):
            return part.name in names
        if isinstance(part, Param):
            return (part.function, part.name) in parameters or _validates(project, part, source)
        if isinstance(part, Member):
            return part.name in names
        if isinstance(part, Outcome) and part.call.name.endswith(".get") and part.call.arguments:
            return _asks_again(part, names, const)
        if part.place is not None and part.place == const.place:
            return True
        if isinstance(part, Operation) and part.operator in ("==", "in"):
            return _compares(part, const)
        return False

    return is_subject


def _asks_again(part: Outcome, names: set[str], const: Value) -> bool:
    """Whether a mapping is asked for the key; under one word, elsewhere, another one may be."""
    name = looked_up(part.call)[0] if names else ""
    here = const.place is not None and part.call.place.path == const.place.path
    return name in names and (here or len(words(name)) > 1)


def _validates(project: Project, parameter: Param, source: Source) -> bool:
    """Whether a parameter is the value of a field, in a method decorated with the field's name."""
    scope = project.scope(parameter.function)
    if scope is None or scope.cls is None or scope.definition is None:
        return False
    owner = scope.cls.id.qualname
    fields = {
        s.name.rpartition(".")[2] for s in source.lookups if s.name and _is_setting_of(s, owner)
    }
    named = {
        argument.value.value
        for decorator in scope.definition.decorators
        if isinstance(decorator, f.Call)
        for argument in decorator.arguments
        if isinstance(argument.value, f.Literal)
    }
    return bool(fields & named)


def _is_setting_of(lookup: Lookup, owner: str) -> bool:
    return isinstance(lookup, Setting) and lookup.owner == owner


def _compares(test: Operation, const: Value) -> bool:
    """``value == "changeme"``: the very literal is looked for in something called a key."""
    if not isinstance(const, Const) or not const.value or len(test.operands) != 2:
        return False
    left, right = test.operands
    literals = [p for p in walk(right) if isinstance(p, Const)]
    if not any(type(p.value) is type(const.value) and p.value == const.value for p in literals):
        return False
    return any(
        isinstance(part, (Param, Member, Env, Setting))
        and any(word in (part.name or "").lower() or part.name == "v" for word in _SUBJECT_WORDS)
        for part in walk(left)
    )
