"""Keys: where a key is used, what it may be made of, and whether the program refuses it."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jwtaudit import facts as f
from jwtaudit.program.classes import library_base
from jwtaudit.program.context import exclusive, is_test
from jwtaudit.program.dotted_settings import resolved
from jwtaudit.program.handmade import handmade_keys
from jwtaudit.program.kinds import words
from jwtaudit.program.scopes import Assigned, Raised, Returned, Stored, Tested
from jwtaudit.program.sites import Site
from jwtaudit.program.stores import Entry, read_of
from jwtaudit.program.travels import deep
from jwtaudit.source import Place
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    Closure,
    Const,
    Env,
    Member,
    Operation,
    Outcome,
    Param,
    Sequence,
    Setting,
    Table,
    Value,
    member,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packaging.version import Version

    from jwtaudit.models import Condition, Library
    from jwtaudit.program.project import Project
    from jwtaudit.values import Arm

    Lookup = Env | Setting | Param
    _Test = tuple[Tested, tuple[Value, ...], bool, bool]

_MAX_DEPTH = 12
# Operations whose result tells its operand, or is as hard to guess as that.
_TRANSPARENT = frozenset(
    [
        "or",
        "identity",
        "strip",
        "lower",
        "upper",
        "join",
        "each",
        "slice",
        "cut",
        "pad",
        "replace",
        "text",
        "json-encode",
        "base64-encode",
        "base64url-encode",
        "base32-encode",
        "hex-encode",
        "base64-decode",
        "base64url-decode",
    ]
)
# Members of a private or secret JWK (RFC 7518 section 6).
_JWK_SECRETS = ("k", "d")


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A place where tokens are signed or verified with a key.

    Attributes:
        algorithms: those that the call names; empty when they cannot be told.
        site: the call; None for a key that a framework reads from its settings.
    """

    value: Value
    place: Place
    role: str
    library: Library
    version: Version | None
    algorithms: frozenset[str]
    site: Site | None = None
    setting: str = ""

    @property
    def verb(self) -> str:
        """What is done with the key."""
        return "signs" if self.role == "sign" else "verifies"

    def semantic(self, name: str) -> Any:
        """What the library's version does."""
        return self.library.semantic(name, self.version)


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a key may be made of.

    Attributes:
        lookups: the lookups of which it is the default, outermost first.
        imported: whether a function parsed it as a key (so it is no plain secret).
        derived: whether only a digest of it is the key.
    """

    value: Value
    lookups: tuple[Lookup, ...] = ()
    imported: bool = False
    derived: bool = False


# -- uses ----------------------------------------------------------------------------------------

_uses: WeakKeyDictionary[Project, tuple[KeyUse, ...]] = WeakKeyDictionary()


def key_uses(project: Project) -> tuple[KeyUse, ...]:
    """Every use of a key outside of tests, with what is read from a store looked up."""
    found = _uses.get(project)
    if found is None:
        found = _uses[project] = (
            *_called(project),
            *_configured(project),
            *_inherited(project),
            *_by_hand(project),
        )
    return found


def _called(project: Project) -> Iterator[KeyUse]:
    for site in project.sites("sign", "verify", "verify-signature", "factory"):
        if is_test(site.place.path) or "key" not in site.model.meanings | site.model.inside:
            continue
        if signature_is_off(site):
            continue
        value = _looked_up(project, site.argument("key"), site.place.path)
        if any(is_test(call.place.path) for call in site.chain) and not any(
            option.place is not None and option.place.path == site.place.path
            for option in options(value)
        ):
            continue  # a test gives it; what the function has by itself is there for all
        yield KeyUse(
            value, site.place, site.role, site.library, site.version, _algorithms(site), site
        )


def _by_hand(project: Project) -> Iterator[KeyUse]:
    for key in handmade_keys(project):
        value = _looked_up(project, key.value, key.place.path)
        version = project.version(key.library, key.place.path)
        yield KeyUse(value, key.place, key.role, key.library, version, frozenset({"HS256"}))


def _configured(project: Project) -> Iterator[KeyUse]:
    """Keys that a framework takes from its settings by itself."""
    for library in project.models.libraries:
        if not library.key_settings or not is_used(project, library):
            continue
        given: list[Entry] = []
        for name in (*library.key_settings, *project.options.secret_settings):
            entries = (
                *project.stores.everywhere(name),
                *_set(project, name),
                *_kept_inside(project, library, name),
            )
            for entry in entries:
                if is_test(entry.place.path) or not _decides(project, library, entry, given):
                    continue
                version = project.version(library, entry.place.path)
                value = _looked_up(project, entry.value, entry.place.path)
                yield KeyUse(
                    value, entry.place, "verify", library, version, frozenset(), setting=name
                )
            given += entries


def _inherited(project: Project) -> Iterator[KeyUse]:
    """Keys that a framework takes from attributes of the project's own classes."""
    for library in project.models.libraries:
        for scope in list(project.classes.values()) if library.key_attributes else ():
            names = [name for name in library.key_attributes if name in scope.names]
            base = library_base(project, scope.ref) if names else ""
            if not base.startswith(tuple(f"{root}." for root in library.roots)):
                continue
            for name in names:
                place = Place(scope.ref.id.path, scope.definition.span)
                if not is_test(place.path):
                    value = project.interpreter.attribute(scope.ref, name, place)
                    yield KeyUse(
                        _looked_up(project, value, place.path),
                        value.place or place,
                        "sign",
                        library,
                        project.version(library, place.path),
                        frozenset(),
                    )


def _decides(project: Project, library: Library, entry: Entry, given: list[Entry]) -> bool:
    """Whether a setting counts beside those that come before it.

    It does in a folder with an application of its own, where none of them is set.
    """
    top = _top(entry.place.path)
    return not given or (
        bool(top)
        and all(_top(before.place.path) not in ("", top) for before in given)
        and is_used(project, library, top)
    )


def _top(path: str) -> str:
    """The topmost folder of a file, with its slash; empty for a file at the root."""
    folder, slash, _ = path.partition("/")
    return folder + slash if slash else ""


def _set(project: Project, name: str) -> Iterator[Entry]:
    """The values of a constant or an entry in modules of settings, and in classes of settings."""
    for (
        path
    ) in project.python.settings_files:  # read now if nothing led there: a framework finds them
        module = project.module(path)
        for event in module.body.events if module is not None and module.body is not None else ():
            if not isinstance(event, Assigned):
                continue
            if event.name == name:
                yield Entry(event.value, event.place)
            elif isinstance(event.value, Table):
                value = event.value.entries.get(name)
                if value is not None and not isinstance(value, Absent):
                    yield Entry(value, _given_at(value, event.place))
    if "jwt" not in name.lower():
        return  # any class may have a SECRET_KEY
    for scope in list(project.classes.values()):
        if name in scope.names:
            place = Place(scope.ref.id.path, scope.definition.span)
            value = project.interpreter.attribute(scope.ref, name, place)
            yield Entry(value, value.place or place)


def _kept_inside(project: Project, library: Library, name: str) -> Iterator[Entry]:
    """The entry in a mapping that can only be the framework's own, whatever the module."""
    for event in _own_mappings(project, library):
        for table in options(event.value):
            value = table.entries.get(name) if isinstance(table, Table) else None
            if value is not None and not isinstance(value, Absent):
                yield Entry(value, _given_at(value, event.place))


def _given_at(value: Value, around: Place) -> Place:
    """Where an entry of a mapping is written; its value may come from another file."""
    places = (value.place, *(at for at, _ in reversed(value.trace)))
    return next((at for at in places if at is not None and at.path == around.path), around)


def _own_mappings(project: Project, library: Library) -> Iterator[Assigned]:
    """Where the project gives a value to a mapping that can only be the framework's own."""
    mappings = {mapping for setting in library.settings for mapping in setting.inside}
    for event in project.events:
        if isinstance(event, Assigned) and event.name in mappings:
            yield event


def is_used(project: Project, library: Library, folder: str = "") -> bool:
    """Whether product code uses a library; its own code below the scan root does not count."""
    roots = tuple(f"{root}." for root in library.roots)
    own = tuple(f"{root.replace('.', '/')}/" for root in library.roots)

    def counts(path: str) -> bool:
        return path.startswith(folder) and not path.startswith(own) and not is_test(path)

    return (
        any(call.name.startswith(roots) and counts(call.place.path) for call in project.calls)
        or any(
            # a decorator, a dependency: used without a call
            isinstance(statement, f.Import)
            and f"{statement.module}.".startswith(roots)
            and counts(path)
            for path, facts in project.facts.items()
            for statement in facts.body
        )
        or any(
            # named in the settings: an installed application, a class that authenticates
            isinstance(part, Const)
            and isinstance(part.value, str)
            and f"{part.value}.".startswith(roots)
            for path in project.python.settings_files
            if counts(path)
            if (module := project.module(path)) is not None and module.body is not None
            for event in module.body.events
            if isinstance(event, Assigned)
            for part in walk(event.value)
        )
        or any(counts(event.place.path) for event in _own_mappings(project, library))
    )


def _looked_up(project: Project, value: Value, reader: str) -> Value:
    if project.is_script(reader):
        value = resolved(project, value)
    value = project.environment.resolve(value)
    if any(read_of(part) is not None for part in deep(value)):
        return project.stores.resolve(value, reader)
    return value


def _algorithms(site: Site) -> frozenset[str]:
    names: set[str] = set()
    for meaning in ("algorithm", "algorithms"):
        for option in options(site.argument(meaning)):
            items = option.items if isinstance(option, Sequence) else (option,)
            for item in items:
                for leaf in options(item):
                    if isinstance(leaf, Const) and isinstance(leaf.value, str):
                        names.add(leaf.value.upper())
                    elif not isinstance(leaf, Absent):
                        return frozenset()
    return frozenset(names)


def signature_is_off(site: Site) -> bool:
    """Whether the call is told not to look at the signature, so that its key does nothing."""
    return any(_holds(site, when) for when in _signature_switches(site))


def signature_is_switched(site: Site) -> bool:
    """Whether the caller, or what is known only at run time, decides about the signature."""
    if site.call.origin is not None:  # as the function itself sees it
        site = replace(site, call=site.call.origin)
    return any(
        not isinstance(part, (Const, Absent))
        for when in _signature_switches(site)
        if not when.absent
        for part in _switching(site, when)
    )


def _signature_switches(site: Site) -> Iterator[Condition]:
    from jwtaudit.models import applies  # noqa: PLC0415

    version = site.version or site.library.newest
    for switch in site.model.switches:
        if applies(switch.versions, version):
            effect = next((e for v, e in switch.effect if applies(v, version)), "")
            if "signature" in effect:
                yield switch.when


def _switching(site: Site, when: Condition) -> list[Value]:
    value = site.argument(when.argument)
    if when.key is None:
        return list(options(value))
    return [
        part
        for option in options(value)
        for part in options(
            ABSENT
            if isinstance(option, (Absent, Const))
            else member(option, Const(when.key), item=True)
        )
    ]


def _holds(site: Site, when: Condition) -> bool:
    known = [part for part in _switching(site, when) if isinstance(part, Const)]
    if when.falsy:
        return any(not part.value for part in known)
    if when.truthy:
        return any(part.value for part in known)
    return when.has_equals and any(part.value == when.equals for part in known)


# -- what a key is made of -----------------------------------------------------------------------


def sources(project: Project, value: Value) -> Iterator[Source]:
    """Everything that a key may be made of: branches, defaults and wrappings taken apart."""
    yield from _sources(project, value, Source(value), 0)


def _sources(project: Project, value: Value, so_far: Source, depth: int) -> Iterator[Source]:
    if depth > _MAX_DEPTH:
        return
    for option in options(value):
        source = replace(so_far, value=option)
        yield source
        if isinstance(option, (Env, Setting, Param)):
            if not isinstance(option.default, Absent):
                yield from _default(project, option, source, depth)
        elif isinstance(option, Operation):
            if option.operator in _TRANSPARENT:
                parts = option.operands
                if option.operator == "text":  # the whole is as hard to guess as its best part
                    parts = (
                        tuple(p for p in parts if isinstance(p, Outcome)) if _plain(option) else ()
                    )
                for operand in parts:
                    yield from _sources(project, operand, source, depth + 1)
        elif isinstance(option, Outcome):
            yield from _made(project, option, source, depth)
        elif isinstance(option, Closure):
            for given in _given_back(project, option):
                yield from _sources(project, given, source, depth + 1)
        elif isinstance(option, Table):
            yield from _jwk(project, option, source, depth)
        elif isinstance(option, Sequence):
            for item in option.items:
                yield from _sources(project, item, source, depth + 1)
        elif isinstance(option, Member) and not option.item and isinstance(option.base, Outcome):
            model = project.model_of(option.base.call)
            if model is not None and model.role in ("generator", "key-generate"):
                yield from _sources(project, option.base, source, depth + 1)


def _given_back(project: Project, function: Closure) -> Iterator[Value]:
    """What a function that finds keys returns, or gives to a callback behind the error."""
    scope = project.scope(function.id)
    if scope is None or not project.is_script(function.id.path):
        return
    for event in scope.events:
        if isinstance(event, Returned) and event.kind == "return":
            yield event.value
        elif (
            isinstance(event, Call)
            and isinstance(event.receiver, Param)
            and not event.name
            and len(event.arguments) == 2
        ):
            yield event.arguments[1].value


def _default(project: Project, lookup: Lookup, source: Source, depth: int) -> Iterator[Source]:
    from jwtaudit.program.origins import _lookup_hop  # noqa: PLC0415

    trace = (*lookup.default.trace, *_lookup_hop(lookup), *lookup.trace)
    injected = isinstance(lookup, Param) and lookup.injected
    inner = source if injected else replace(source, lookups=(*source.lookups, lookup))
    yield from _sources(project, replace(lookup.default, trace=trace), inner, depth + 1)


def _plain(text: Operation) -> bool:
    """Whether a built text holds nothing but constants and calls."""
    return all(isinstance(part, (Const, Outcome)) for part in text.operands)


def _made(project: Project, outcome: Outcome, source: Source, depth: int) -> Iterator[Source]:
    call = outcome.call
    model = project.model_of(call)
    if model is not None and model.role == "key-import":
        whole = project.argument(call, model, "value")
        imported = replace(source, imported=True)
        if not isinstance(whole, Absent):
            yield from _sources(project, whole, imported, depth + 1)
        for name in _JWK_SECRETS:
            part = next((a.value for a in call.arguments if a.name == name), ABSENT)
            if not isinstance(part, Absent):
                yield from _sources(project, part, imported, depth + 1)
    elif model is not None and model.role == "digest":
        derived = replace(source, derived=True)
        inner = project.argument(call, model, "value")
        if isinstance(inner, Absent) and call.receiver is not None:
            inner = call.receiver
        if not isinstance(inner, Absent):
            yield from _sources(project, inner, derived, depth + 1)
    elif (
        call.name.rpartition(".")[2] == "get"
        and len(call.arguments) > 1
        and (model is None or model.role != "environment")
    ):
        key, default = call.arguments[0].value, call.arguments[1].value
        name = key.value if isinstance(key, Const) and isinstance(key.value, str) else ""
        lookup = Setting(name, default, place=outcome.place, trace=outcome.trace)
        yield from _default(project, lookup, source, depth)


def _jwk(project: Project, table: Table, source: Source, depth: int) -> Iterator[Source]:
    imported = replace(source, imported=True)
    for name in _JWK_SECRETS:
        part = table.entries.get(name)
        if part is not None and "kty" in table.entries:
            yield from _sources(project, part, imported, depth + 1)
    if "keys" in table.entries:
        yield from _sources(project, table.entries["keys"], imported, depth + 1)


# -- guards --------------------------------------------------------------------------------------


def is_refused(project: Project, source: Source) -> bool:
    """Whether the program does not go on with this very value.

    Nor does a side refuse that uses a key: ``if key: return sign(key)`` leaves, with the key.

    A test counts when one of its sides leaves (raises, returns or exits) and the value takes that
    side, or may take it: ``if not key: raise`` refuses the empty key, not the one that a default
    puts there.
    """
    place = source.value.place
    subject = _subject(project, source)
    for test, looked_at, then_leaves, else_leaves in _tests(
        project, place.path if place is not None else ""
    ):
        if not any(map(subject, looked_at)):
            continue
        truth = _truth(project, test.value, source, subject)
        if (truth is not False and then_leaves) or (truth is not True and else_leaves):
            return True
    return False


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
            truth = _truth(project, test.value, source, is_key)
            if (truth is not False and test.then_exits) or (truth is not True and test.else_exits):
                return True
    return False


def is_side(test: Tested, side: str, arm: Arm) -> bool:
    start = test.place.span.start
    return arm.side == side and start - 8 < arm.start < start


_leaving_tests: WeakKeyDictionary[Project, dict[object, list[_Test]]] = WeakKeyDictionary()


def _tests(project: Project, path: str) -> list[_Test]:
    """The tests a side of which leaves, what they look at, and which side it is.

    Those in functions of a file that was only looked into are included.
    """
    known = _leaving_tests.setdefault(project, {})
    if (path, len(project.functions)) not in known:
        found = list(_find_tests(project, path))
        known[path, len(project.functions)] = found
    return known[path, len(project.functions)]


def _find_tests(project: Project, path: str) -> Iterator[_Test]:
    for scope in list(project.functions.values()):
        if scope.id.path == path and scope.state == "new":
            project.interpreter.function(scope)
    scopes = [scope for scope in project.functions.values() if scope.id.path == path]
    seen: set[int] = set()
    for events in (*(scope.events for scope in scopes), project.events):
        for event in events:
            if isinstance(event, Tested) and id(event) not in seen:
                seen.add(id(event))
                leaves = _leaves(project, event)
                if any(leaves):
                    yield event, tuple(_looked_at(project, event.value)), *leaves


_leaving: WeakKeyDictionary[Project, dict[int, tuple[bool, bool]]] = WeakKeyDictionary()


def _leaves(project: Project, test: Tested) -> tuple[bool, bool]:
    """Whether the two sides of a test leave."""
    known = _leaving.setdefault(project, {})
    if id(test) not in known:
        known[id(test)] = (
            _leaves_by(project, test, "then", exits=test.then_exits),
            _leaves_by(project, test, "else", exits=test.else_exits),
        )
    return known[id(test)]


def _leaves_by(project: Project, test: Tested, side: str, *, exits: bool) -> bool:
    return (exits or _raises(project, test, side)) and not any(
        call.scope == test.scope and any(is_side(test, side, arm) for arm in call.path)
        for use in key_uses(project)
        if use.site is not None
        for call in (use.site.call.origin or use.site.call, *use.site.chain)
    )


def _raises(project: Project, test: Tested, side: str) -> bool:
    """Whether one side of a test raises somewhere inside, under a further condition."""
    scope = project.scope(test.scope)
    return scope is not None and any(
        isinstance(event, Raised) and any(is_side(test, side, arm) for arm in event.path)
        for event in scope.events
    )


def _looked_at(project: Project, test: Value) -> Iterator[Value]:
    """What a test looks at: a value, its length or its digest, not what a call made with it."""
    stack = [test]
    seen: set[int] = set()
    while stack:
        for part in walk(stack.pop()):
            if id(part) in seen:
                continue
            seen.add(id(part))
            yield part
            if isinstance(part, Outcome):
                model = project.model_of(part.call)
                if model is not None and model.role in ("digest", "transform"):
                    stack.extend(a.value for a in part.call.arguments)
                    if part.call.receiver is not None:
                        stack.append(part.call.receiver)


_SUBJECT_WORDS = ("key", "secret", "value", "password", "token")


def _subject(project: Project, source: Source) -> Callable[[Value], bool]:
    names = {
        lookup.name for lookup in source.lookups if not isinstance(lookup, Param) and lookup.name
    }
    parameters = {(p.function, p.name) for p in source.lookups if isinstance(p, Param)}
    const = source.value

    def is_subject(part: Value) -> bool:
        if isinstance(part, (Env, Setting)):
            return part.name in names
        if isinstance(part, Param):
            return (part.function, part.name) in parameters or _validates(project, part, source)
        if isinstance(part, Member):
            return part.name in names
        if part.place is not None and part.place == const.place:
            return True
        if isinstance(part, Operation) and part.operator in ("==", "in"):
            return _compares(part, const)
        return False

    return is_subject


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


class _Unset:
    """The value of what cannot be told."""


_UNTOLD = _Unset()


def _truth(
    project: Project, test: Value, source: Source, subject: Callable[[Value], bool]
) -> bool | None:
    if isinstance(test, Operation):
        if test.operator == "not":
            inner = _truth(project, test.operands[0], source, subject)
            return None if inner is None else not inner
        if test.operator in ("and", "or"):
            told = [
                # what else is refused along with the value says nothing about the value
                operand
                for operand in test.operands
                if test.operator == "and"
                or any(subject(part) for part in _looked_at(project, operand))
            ]
            both = [_truth(project, o, source, subject) for o in told or test.operands]
            decisive = test.operator == "or"
            if decisive in both:
                return decisive
            return None if None in both else not decisive
    value = _scalar(test, source, subject)
    return None if isinstance(value, _Unset) else bool(value)


def _scalar(value: Value, source: Source, subject: Callable[[Value], bool]) -> Any:
    if not isinstance(value, Operation) and subject(value):
        return source.value.value if isinstance(source.value, Const) else _UNTOLD
    if isinstance(value, Const):
        return value.value
    if isinstance(value, Sequence) and not value.rest:
        items = [_scalar(item, source, subject) for item in value.items]
        return _UNTOLD if any(isinstance(i, _Unset) for i in items) else items
    if isinstance(value, Outcome) and value.call.name == "len" and value.call.arguments:
        inner = _scalar(value.call.arguments[0].value, source, subject)
        return len(inner) if isinstance(inner, (str, bytes)) else _UNTOLD
    if isinstance(value, Operation) and value.operator in _COMPARISONS:
        left, right = (_scalar(v, source, subject) for v in value.operands)
        if isinstance(left, _Unset) or isinstance(right, _Unset):
            return _UNTOLD
        try:
            return _COMPARISONS[value.operator](left, right)
        except TypeError:
            return _UNTOLD
    return _UNTOLD


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


_PRODUCTION = frozenset({"production", "prod", "live"})
_DEVELOPMENT = frozenset(
    {"dev", "develop", "development", "debug", "local", "test", "tests", "testing"}
)


def is_for_development(project: Project, place: Place) -> bool:
    """Whether a value is returned or set only where a test says that this is not production."""
    events = [
        event
        for event in project.events
        if isinstance(event, (Returned, Assigned, Stored)) and event.value.place == place
    ]
    return bool(events) and all(
        any(_tells_development(project, event, arm) for arm in event.path) for event in events
    )


def _tells_development(project: Project, event: Returned | Assigned | Stored, arm: Arm) -> bool:
    if arm.side not in ("then", "else"):
        return False
    for test in project.events:
        start = test.place.span.start
        near = test.place.path == event.place.path and start - 8 < arm.start < start
        if isinstance(test, Tested) and near:
            value, holds = test.value, arm.side == "then"
            while isinstance(value, Operation) and value.operator == "not":
                value, holds = value.operands[0], not holds
            if isinstance(value, Operation) and value.operator == "!=":
                holds = not holds
            texts = {p.value for p in walk(value) if isinstance(p, Const)}
            named = {getattr(p, "name", None) for p in walk(value)}
            said = {w for t in (texts or named) if isinstance(t, str) for w in words(t)}
            return bool(said & (_DEVELOPMENT if holds else _PRODUCTION))
    return False


# -- where a literal stands ----------------------------------------------------------------------


_definitions: WeakKeyDictionary[Project, dict[str, list[tuple[int, int, str]]]] = (
    WeakKeyDictionary()
)


def enclosing(project: Project, place: Place) -> str:
    """The dotted name of the innermost class or function around a place; empty at module level."""
    spans = _spans(project).get(place.path, ())
    around = [s for s in spans if s[0] <= place.span.start and place.span.end <= s[1]]
    return min(around, key=lambda s: s[1] - s[0])[2] if around else ""


def _spans(project: Project) -> dict[str, list[tuple[int, int, str]]]:
    found = _definitions.get(project)
    if found is None:
        found = _definitions[project] = {}
        for identity, function in project.functions.items():
            if function.definition is not None:
                span = function.definition.span
                found.setdefault(identity.path, []).append(
                    (span.start, span.end, identity.qualname)
                )
        for identity, cls in project.classes.items():
            span = cls.definition.span
            found.setdefault(identity.path, []).append((span.start, span.end, identity.qualname))
    return found


_parameter_defaults: WeakKeyDictionary[Project, dict[Place, str]] = WeakKeyDictionary()


def parameter_of(project: Project, place: Place) -> str:
    """The name of the parameter whose default stands at a place; empty if there is none."""
    found = _parameter_defaults.get(project)
    if found is None:
        found = {
            parameter.default.place: parameter.name
            for scope in project.functions.values()
            if scope.state == "done"
            for parameter in scope.parameters.values()
            if parameter.default.place is not None and not parameter.injected
        }
        _parameter_defaults[project] = found
    return found.get(place, "")


__all__ = [
    "KeyUse",
    "Source",
    "enclosing",
    "is_for_development",
    "is_refused",
    "is_used",
    "key_uses",
    "parameter_of",
    "sources",
]
