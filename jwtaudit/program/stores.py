"""Configuration stores: what is put under a name in one place and read back in another.

``app.config["SECRET_KEY"] = ...`` stands in one file, ``current_app.config["SECRET_KEY"]`` in
another, and no import leads from the one to the other. The link is the name.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.program.app_stores import is_made_by_package, kept, read_of_application
from jwtaudit.program.context import is_test
from jwtaudit.program.names import words
from jwtaudit.program.operations import empty
from jwtaudit.program.schemas import fields
from jwtaudit.program.scopes import Assigned, Stored
from jwtaudit.program.store_sources import LIKELY, classes, common_folders, modules, settings_of
from jwtaudit.program.travels import deep
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    Const,
    Env,
    Member,
    Outcome,
    Param,
    Setting,
    Symbol,
    Table,
    Value,
    each,
    hop,
    join,
    member,
    options,
    rewrite,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.scopes import Event, FunctionScope
    from jwtaudit.source import Place

# Frameworks of every language call their store so; it is a convention, not one library's name.
_STORE = "config"
_GLOBALS = f"{SCRIPT}globalThis"
_APPLICATIONS = frozenset({"app", "application"})  # which keep settings by themselves
_FILES = (
    "config", "settings", "conf", "__init__", "app", "main", "manage", "server", "run", "wsgi",
    "factory", "application",
)  # fmt: skip
_MOST_FILES = 12
_UPDATE = "update_config"  # which applications have as well
_MERGING = ("update", "from_mapping", "setdefault", _UPDATE)
_LOADING = ("from_object", "from_pyfile", "load", _UPDATE)
_SETTING_UP = frozenset({"app", "application", "config", "configure", "setup", "settings"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A value put into a store: where, and in which file the store is filled."""

    value: Value
    place: Place


class Stores:
    """Everything that a project puts into its configuration stores, by name."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.likely: set[str] = set()
        self.prefixes: dict[str, Place] = {}  # and where each is told
        self._left: set[Place] = set()

    def is_left(self, place: Place | None) -> bool:
        """Whether at a place there is what a store is given where nobody sets it."""
        return place is not None and place in self._left

    @cached_property
    def entries(self) -> dict[str, list[Entry]]:
        """Every entry by its name: looked for when one is read, for it costs further files."""
        entries: dict[str, list[Entry]] = defaultdict(list)
        self._load_likely_files()
        fallbacks: list[tuple[str, Entry]] = []
        for event in tuple(self._events()):
            fallbacks += _left(event)
            self.prefixes.update(_prefix(self.project, event))
            for name, entry in self._stored(event):
                if all(entry.value.place != known.value.place for known in entries[name]):
                    entries[name].append(entry)
        for name, many in entries.items():
            if len(many) > 1:
                entries[name] = [other for one in many for other in _but_for_itself(name, one)]
        for name, fallback in fallbacks:
            if not entries[name]:
                self._left.add(fallback.place)
                entries[name].append(fallback)
        return entries

    def get(self, name: str, reader: str) -> tuple[Entry, ...]:
        """The entries under a name in the stores nearest to a reading file.

        A repository may hold several applications, each with a key of its own.
        """
        found = self.entries.get(name) or self._unloaded(name)
        if not found:
            return ()
        near = [common_folders(entry.place.path, reader) for entry in found]
        nearest = max(near)
        return tuple(e for e, n in zip(found, near, strict=True) if n == nearest)

    def _unloaded(self, name: str) -> list[Entry]:
        """What files of settings give, when nothing is seen that loads any of them.

        A framework finds them by itself, or their name is known only at run time.
        """
        if not name.isupper():
            return []
        return [
            Entry(event.value, event.place)
            for path, module in list(self.project.modules.items())
            if _holds_settings(path) and module is not None and module.body is not None
            for event in module.body.events
            if isinstance(event, Assigned) and event.name == name
        ]

    def everywhere(self, name: str) -> tuple[Entry, ...]:
        """All entries under a name, of all applications in the project."""
        return tuple(self.entries.get(name, ()))

    def resolve(self, value: Value, reader: str) -> Value:
        """The value with reads of a store replaced by what is stored there."""

        def change(part: Value) -> Value | None:
            read = read_of(part)
            if read is None:
                return None
            name, _default = read
            stored = self.get(name, reader)
            if isinstance(part, Symbol):  # a global variable, and what is behind it
                name, *rest = part.name[len(SCRIPT) :].split(".")
                stored = tuple(Entry(_follow(e.value, rest), e.place) for e in stored)
            found = [hop(e.value, e.place, f"stored as `{name}`") for e in stored]
            if not found:
                return None
            if part.place is not None:
                found = [hop(v, part.place, f"read as `{name}`") for v in found]
            return join(*found)

        if any(isinstance(option, Symbol) for option in options(value)):  # no part of anything
            value = each(value, lambda option: change(option) or option)
        return rewrite(value, change, self.project.interpreter.attribute)

    # -- what is stored --------------------------------------------------------------------------

    def _load_likely_files(self) -> None:
        """Look into the files that usually fill a store, though no import leads to them."""
        scripts = any(self.project.is_script(path) for path in self.project.facts)
        endings = (".py", ".js", ".mjs", ".cjs", ".ts") if scripts else (".py",)
        likely = [
            path
            for path in sorted(self.project.files)
            if path.endswith(endings)
            and path not in self.project.modules
            and (
                PurePosixPath(path).stem.lower() in _FILES
                or _STORE in PurePosixPath(path).stem.lower()
            )
        ]
        roots = {path.partition("/")[0] for path in self.project.facts if not is_test(path)}
        near = [path for path in likely if "/" not in path or path.partition("/")[0] in roots]
        for path in sorted(near, key=lambda p: (p.count("/"), p))[:_MOST_FILES]:
            if self.project.module(path) is not None:
                self.likely.add(path)

    def _events(self) -> Iterator[Event]:
        project = self.project
        for module in list(project.modules.values()):
            if module is not None and module.body is not None:
                yield from module.body.events
        for scope in list(project.functions.values()):
            omitted = scope.definition is not None and scope.definition.omitted
            if (
                scope.state == "new"
                and _may_fill(scope.id.path)
                and not (omitted and scope.id.path not in self.likely and not _sets_up(scope))
            ):
                project.interpreter.function(scope)
            yield from scope.events

    def _stored(self, event: Event) -> Iterator[tuple[str, Entry]]:
        for one in kept(self.project, event):
            yield one.name, Entry(one.value, one.value.place or event.place)
        if isinstance(event, Stored) and isinstance(event.key, Const):
            if isinstance(event.base, Symbol) and event.base.name == _GLOBALS:
                yield f"{_GLOBALS}.{event.key.value!s}", Entry(event.value, event.place)
            if event.key.value == _STORE and isinstance(event.value, Table):  # config |= {...}
                added = event.value.entries if is_store(event.value) else {}
                yield from ((str(n), Entry(v, v.place or event.place)) for n, v in added.items())
            inside = is_store(event.base) or (not event.item and _is_made_object(event.base))
            if inside and isinstance(event.key.value, str):
                yield _entry_name(event.key.value, item=event.item), Entry(event.value, event.place)
        elif isinstance(event, Call):
            setting = _setting(event, "set", 2)
            if setting is not None:
                yield setting, Entry(event.arguments[1].value, event.place)
            elif _of_store(event) or event.name.rpartition(".")[2] == _UPDATE:
                yield from self._filled(event)
            elif (declared := self._declared(event)) is not None:
                yield declared
            elif isinstance(held := self._held(event), Table):
                for name, value in held.entries.items():
                    if isinstance(name, str):
                        yield name, Entry(value, value.place or event.place)

    def _declared(self, call: Call) -> tuple[str, Entry] | None:
        """What a call declares as a setting, with a default: ``define("key", default="k")``."""
        model = self.project.model_of(call)
        if model is None or model.role != "setting":
            return None
        name, default = (self.project.argument(call, model, m) for m in ("name", "default"))
        if not isinstance(name, Const) or isinstance(default, Absent):
            return None
        setting = Setting(str(name.value), default, model.returns, place=default.place)
        return _declared_name(setting), Entry(setting, call.place)

    def _held(self, call: Call) -> Value | None:
        """What becomes the store: ``server.decorate("config", {...})``, or read by a plugin."""
        if call.name.endswith(".decorate") and len(call.arguments) > 1:
            name, given = (argument.value for argument in call.arguments[:2])
            return given if isinstance(name, Const) and name.value == _STORE else None
        model = self.project.model_of(call)
        if model is None or model.role != "schema" or "fields" not in model.inside:
            return None
        return fields(self.project.argument(call, model, "fields"))

    def _filled(self, call: Call) -> Iterator[tuple[str, Entry]]:
        method = call.name.rpartition(".")[2]
        if method in _MERGING:
            for argument in call.arguments:
                if argument.name is not None:
                    yield argument.name, Entry(argument.value, argument.place or call.place)
                elif isinstance(argument.value, Table):
                    for key, value in argument.value.entries.items():
                        if isinstance(key, str) and not isinstance(value, Absent):
                            yield key, Entry(value, value.place or call.place)
        if method in _LOADING and call.arguments:
            source = call.arguments[0].value
            for path in modules(self.project, source, call):
                module = self.project.module(path, call.place.path)
                for name in tuple(module.names) if module is not None else ():
                    if name.isupper():
                        value = self.project.module_name(path, name, call.place)
                        yield name, Entry(value, value.place or call.place)
            for cls in classes(self.project, source):
                for name in settings_of(self.project, cls):
                    value = self.project.interpreter.attribute(cls, name, call.place)
                    if not isinstance(value, Member):
                        yield name, Entry(value, value.place or call.place)


def is_store(value: Value) -> bool:
    """Whether a value is a configuration store (or one that a few entries were put into)."""
    if isinstance(value, Member):
        return not value.item and value.name == _STORE
    if isinstance(value, Symbol):
        return value.name.rpartition(".")[2] == _STORE
    if isinstance(value, Outcome):  # of its own, for an application to take over
        return value.call.target is None and value.call.name.endswith(f".{_STORE.capitalize()}")
    return isinstance(value, Table) and any(is_store(rest) for rest in value.rest)


def _left(event: Event) -> Iterator[tuple[str, Entry]]:
    """What a store is given for the case that nobody sets it: ``setdefault("KEY", "k")``."""
    if isinstance(event, Call) and event.name.endswith(".setdefault") and _of_store(event):
        name, default = (*(argument.value for argument in event.arguments), ABSENT, ABSENT)[:2]
        if isinstance(name, Const) and not isinstance(default, Absent):
            setting = Setting(str(name.value), default, place=default.place)
            yield setting.name, Entry(setting, default.place or event.place)


def _of_store(call: Call) -> bool:
    """Whether a call is one of a store's own methods."""
    if call.receiver is None:  # an imported object's: ``current_app.config.get("X")``
        return call.name.rpartition(".")[0].endswith(f".{_STORE}")
    return is_store(call.receiver)


def read_of(value: Value) -> tuple[str, Value | None] | None:
    """The name and the default that a value reads from a store; None if it does not."""
    if isinstance(value, Symbol) and value.name.startswith(SCRIPT) and "." in value.name:
        return f"{_GLOBALS}.{value.name[len(SCRIPT) :].partition('.')[0]}", None
    if isinstance(value, Setting) and "." in value.owner and isinstance(value.default, Absent):
        return _declared_name(value), None
    if isinstance(value, Member) and value.name is not None:
        attribute = not value.item and value.name.endswith("_key")
        kept_name = read_of_application(value)
        if kept_name is None and (attribute or is_store(value.base)):
            return _entry_name(value.name, item=value.item), None
        return None if kept_name is None else (kept_name, None)
    if isinstance(value, Outcome) and value.call.name.rpartition(".")[2] == "get":
        call = value.call
        setting = _setting(call, "get", 1)
        if setting is not None:
            return setting, None
        if (kept_name := read_of_application(value)) is not None:
            return kept_name, None
        if not _of_store(call) or not call.arguments:
            return None
        key = call.arguments[0].value
        if isinstance(key, Const) and isinstance(key.value, str):
            default = call.arguments[1].value if len(call.arguments) > 1 else None
            return key.value, default
    return None


def prefixed(project: Project, setting: Env | Setting) -> Iterator[str]:
    """The environment variables that a store is told to take a setting from, by a prefix."""
    if isinstance(setting, Setting):  # where one is read, the store has been looked for
        yield from (f"{prefix}_{setting.name}" for prefix in project.stores.prefixes)


def _prefix(project: Project, event: Event) -> Iterator[tuple[str, Place]]:
    """The prefix of the variables that a store is told to take: ``from_prefixed_env("SHOP")``."""
    model = project.model_of(event) if isinstance(event, Call) else None
    if isinstance(event, Call) and model is not None and model.effect == "by-prefix":
        prefix = project.argument(event, model, "prefix")
        if isinstance(prefix, Const):
            yield str(prefix.value), event.place


def _but_for_itself(name: str, entry: Entry) -> Iterator[Entry]:
    """An entry without what it is given out of the store itself: nothing only where it had nothing.

    As in ``config["KEY"] = setting("KEY", default="", config=config)``.
    """
    full = [part for part in options(entry.value) if not empty(part)]
    others = [part for part in full if all(name not in (read_of(p) or ()) for p in deep(part))]
    if len(others) == len(full):
        yield entry
    elif others:
        yield Entry(join(*others), entry.place)


def _follow(value: Value, names: list[str]) -> Value:
    for name in names:
        value = member(value, Const(name), item=True, place=value.place)
    return value


def _setting(call: Call, method: str, count: int) -> str | None:
    """The name of an application's own setting: ``app.set("key", ...)``, ``req.app.get("key")``."""
    owner, _, called = call.name.rpartition(".")
    if called != method or len(call.arguments) != count or not call.name.startswith(SCRIPT):
        return None
    name = call.arguments[0].value
    if not isinstance(name, Const) or not isinstance(name.value, str) or "/" in name.value:
        return None
    on = call.receiver
    owners = {owner.rpartition(".")[2].lower()}
    if isinstance(on, (Member, Param)) and on.name is not None:
        owners.add(on.name.lower())
    known = is_made_by_package(on) or owners & _APPLICATIONS
    return f"{_STORE}:{name.value}" if known else None


def _declared_name(setting: Setting) -> str:
    return f"{setting.owner}:{setting.name}"


def _entry_name(name: str, *, item: bool) -> str:
    """The name of an entry: some are attributes of the application as well (``app.secret_key``)."""
    return name if item or not name.endswith("_key") else name.upper()


def _is_made_object(value: Value) -> bool:
    """An application object: made by a library's class, or imported from somewhere unseen."""
    return isinstance(value, Outcome) and bool(value.call.name) and value.call.target is None


def _sets_up(scope: FunctionScope) -> bool:
    """Whether a function makes an application or its settings, by its name: ``create_app()``."""
    if scope.module.is_script and _STORE in PurePosixPath(scope.id.path).stem.lower():
        return True  # a plugin, whose function may have any name
    return not _SETTING_UP.isdisjoint(words(scope.short_name))


def _may_fill(path: str) -> bool:
    stem = PurePosixPath(path).stem.lower()
    return stem in _FILES or _STORE in stem


def _holds_settings(path: str) -> bool:
    """Whether a file of code holds settings; a file of data is judged as what it is."""
    pure = PurePosixPath(path)
    told = pure.suffix != ".json" and any(word in pure.stem.lower() for word in LIKELY)
    return told and not is_test(path)
