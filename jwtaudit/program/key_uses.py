"""Where tokens are signed and verified, and with which key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jwtaudit import facts as f
from jwtaudit.program.classes import library_base
from jwtaudit.program.command_options import with_defaults
from jwtaudit.program.context import is_test
from jwtaudit.program.development import is_replaced_in_production
from jwtaudit.program.dotted_settings import resolved
from jwtaudit.program.env_files import given_in_files
from jwtaudit.program.handmade import handmade_keys
from jwtaudit.program.scopes import Assigned, Stored
from jwtaudit.program.set_anew import is_set_anew
from jwtaudit.program.set_outside import as_set
from jwtaudit.program.stores import Entry, read_of
from jwtaudit.program.ties import are_one_program
from jwtaudit.program.travels import deep
from jwtaudit.source import Place
from jwtaudit.values import ABSENT, Absent, Const, Env, Sequence, Table, Value, member, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.version import Version

    from jwtaudit.models import Condition, Library
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site


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
        return _VERBS.get(self.role, "verifies")

    def semantic(self, name: str) -> Any:
        """What the library's version does."""
        return self.library.semantic(name, self.version)


_VERBS = {"sign": "signs", "encrypt": "encrypts", "decrypt": "decrypts"}
_WITH_KEYS = ("sign", "verify", "verify-signature", "factory", "encrypt", "decrypt")
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
    for site in project.sites(*_WITH_KEYS):
        if is_test(site.place.path) or "key" not in site.model.meanings | site.model.inside:
            continue
        if signature_is_off(site) or _is_refused_or_off(site):
            continue
        value = _looked_up(project, as_set(project, site.argument("key")), site.place.path)
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
        if any(_is_set(project, library, name) for name in library.key_given_by):
            continue
        given: list[Entry] = []
        algorithms = _set_algorithms(project, library)
        for name in (*library.key_settings, *project.options.secret_settings):
            entries = _everywhere(project, library, name)
            told = [(entry.place, entry.value) for entry in entries]
            for entry in entries:
                if is_test(entry.place.path) or not _decides(project, library, entry, given):
                    continue
                if is_replaced_in_production(entry.place, told):
                    continue
                if is_set_anew(project, name, entry.place):
                    continue
                version = project.version(library, entry.place.path)
                value = _looked_up(project, entry.value, entry.place.path)
                yield KeyUse(
                    value, entry.place, "verify", library, version, algorithms, setting=name
                )
            given += entries
        if not given:
            yield from _in_variables(project, library, algorithms)


def _in_variables(
    project: Project, library: Library, algorithms: frozenset[str]
) -> Iterator[KeyUse]:
    """The key in the variables that a store is told to take by their prefix, the first there is."""
    for prefix, place in project.stores.prefixes.items():
        for name in () if is_test(place.path) else library.key_settings:
            variable = Env(f"{prefix}_{name}", ABSENT, place=place)
            version = project.version(library, place.path)
            yield KeyUse(variable, place, "verify", library, version, algorithms, setting=name)
            if given_in_files(project, variable) is not variable:
                break


def _is_set(project: Project, library: Library, name: str) -> bool:
    """Whether something is given to a setting that says nothing by default."""
    given = (entry.value for entry in _everywhere(project, library, name))
    return any(not isinstance(value, Const) or value.value is not None for value in given)


def _everywhere(project: Project, library: Library, name: str) -> tuple[Entry, ...]:
    """What the project gives to a setting; what is read from an object may be in large letters."""
    either = name.islower() and name in library.key_settings
    return tuple(
        entry
        for said in ((name, name.upper()) if either else (name,))
        for entry in (
            *project.stores.everywhere(said),
            *_set(project, said),
            *_kept_inside(project, library, said),
        )
    )


def _set_algorithms(project: Project, library: Library) -> frozenset[str]:
    """The algorithms that a framework is told to use by its settings; none if any is not known."""
    name = library.algorithm_setting
    given = [e.value for e in _everywhere(project, library, name)] if name else []
    known = [v.value for v in given if isinstance(v, Const) and isinstance(v.value, str)]
    return frozenset(a.upper() for a in known) if len(known) == len(given) else frozenset()


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

    It does in a folder with an application of its own, where none of them is set; and in a file
    with one, beside others that have nothing to do with it.
    """
    path = entry.place.path
    top, others = _top(path), {before.place.path for before in given}
    if not others:
        return True
    if top and all(_top(other) not in ("", top) for other in others):
        return is_used(project, library, top)
    return is_used(project, library, path) and not any(
        are_one_program(project, path, other) or not is_used(project, library, other)
        for other in others
    )


def _top(path: str) -> str:
    """The topmost folder of a file, with its slash; empty for a file at the root."""
    folder, slash, _ = path.partition("/")
    return folder + slash if slash else ""


def _set(project: Project, name: str) -> Iterator[Entry]:
    """The values of a constant or an entry in modules of settings, and in classes of settings."""
    for body in project.python.settings_saying((name,)):
        for event in body.events:
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
        if isinstance(event, Stored):
            if isinstance(event.key, Const) and event.key.value == name:
                yield Entry(event.value, event.place)
            continue
        for table in options(event.value):
            value = table.entries.get(name) if isinstance(table, Table) else None
            if value is not None and not isinstance(value, Absent):
                yield Entry(value, _given_at(value, event.place))


def _given_at(value: Value, around: Place) -> Place:
    """Where an entry of a mapping is written; its value may come from another file."""
    places = (value.place, *(at for at, _ in reversed(value.trace)))
    return next((at for at in places if at is not None and at.path == around.path), around)


def _own_mappings(project: Project, library: Library) -> Iterator[Assigned | Stored]:
    """Where the project fills a mapping that can only be the framework's own."""
    mappings = {mapping for setting in library.settings for mapping in setting.inside}
    for event in project.events if mappings else ():
        if (isinstance(event, Assigned) and event.name in mappings) or (
            isinstance(event, Stored) and event.into in mappings
        ):
            yield event


_used: WeakKeyDictionary[Project, dict[tuple[str, str], bool]] = WeakKeyDictionary()


def is_used(project: Project, library: Library, folder: str = "") -> bool:
    """Whether product code uses a library; its own code below the scan root does not count."""
    known = _used.setdefault(project, {})
    if (library.id, folder) not in known:
        known[library.id, folder] = _is_used(project, library, folder)
    return known[library.id, folder]


def _is_used(project: Project, library: Library, folder: str) -> bool:
    roots = tuple(f"{root}." for root in library.roots)
    own = tuple(f"{root.replace('.', '/')}/" for root in library.roots)

    def counts(path: str) -> bool:
        return path.startswith(folder) and not path.startswith(own) and not is_test(path)

    return (
        any(name.startswith(roots) and counts(path) for name, path in _named(project))
        # Named in the settings: an installed application, a class that authenticates.
        or any(counts(path) for path, _ in project.python.named_in_settings(library.roots))
        or any(
            counts(event.place.path)
            for event in _own_mappings(project, library)
            if not isinstance(event.value, Table) or event.value.entries or event.value.rest
        )
    )


_names: WeakKeyDictionary[Project, frozenset[tuple[str, str]]] = WeakKeyDictionary()


def _named(project: Project) -> frozenset[tuple[str, str]]:
    """What is called or imported, dotted, and the file in which it is."""
    found = _names.get(project)
    if found is None:
        found = _names[project] = frozenset(_namings(project))
    return found


def _namings(project: Project) -> Iterator[tuple[str, str]]:
    for call in project.calls:
        yield call.name, call.place.path
    for path, facts in project.facts.items():
        for statement in facts.body:  # a decorator, a dependency: used without a call
            if isinstance(statement, f.Import):
                yield f"{statement.module}.", path


def _looked_up(project: Project, value: Value, reader: str) -> Value:
    if project.is_script(reader):
        value = resolved(project, value)
    value = with_defaults(project, project.environment.resolve(value))
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


def _is_refused_or_off(site: Site) -> bool:
    """Whether older versions do not look at the signature, and newer ones refuse the call.

    As ``jwt.decode(token, "anything", verify=False)`` without a list of algorithms.
    """
    return (
        isinstance(site.argument("algorithms"), Absent)
        and site.semantic("algorithms-missing") == "error"
        and any(
            _holds(site, switch.when)
            for switch in site.model.switches
            if any("signature" in effect for _, effect in switch.effect)
        )
    )


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
