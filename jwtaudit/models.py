"""Library models: what the functions of each library mean, by version, read from TOML.

The engine knows roles (``sign``, ``verify``, ``cookie`` ...) and meanings (``key``,
``algorithms`` ...); which function has which role, and which parameter which meaning, is data in
``rules/libraries``. A project may add models of its own wrappers in the same form.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import tomli

from jwtaudit.resources import rules_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.version import Version

SCRIPT = "js:"
"""What the names of JavaScript begin with, so that they cannot be taken for Python's."""

ROLES = frozenset(
    {
        # tokens
        "sign",  # payload, key, algorithm, headers -> a token
        "verify",  # token, key, algorithms, options ... -> verified claims
        "verify-signature",  # as verify, but no claim is ever looked at
        "decode-unverified",  # token -> claims nobody has verified
        "header-peek",  # token -> header nobody has verified
        "claims-validator",  # checks claims that were decoded before
        "claims-accessor",  # receiver -> the claims held by a decoded token object
        "cookie-settings",  # gives the attributes of all cookies that say nothing else
        "factory",  # makes the object whose methods sign or verify
        "decrypt",  # token, key -> plaintext of a JWE
        "key-import",  # value -> a key object for the same key material
        "key-source",  # uri -> something that gives keys
        "algorithms",  # every algorithm that the library knows
        "key-generate",  # size, curve -> a new key
        "keyed",  # key: does with it what has nothing to do with tokens; effect: what
        # transport
        "cookie",  # name, value, httponly, secure, samesite
        # name, value, httponly, or pairs of these, or cookie: keeps it where scripts can read it
        "storage",
        "storage-read",  # name -> what was kept
        "storage-hook",  # name, httponly -> a variable that is kept so
        "storage-state",  # state, parts, without, where, switch: an object that is kept so
        "log",  # everything given is written to a log, a console or a file
        "redirect",  # url
        "http-request",  # url, headers
        "post-message",  # message, target: sends it to another window
        "cors",  # origins, credentials, kind: who may read answers from other pages
        "query-entry",  # name, value: puts a parameter into the query string of a URL
        "query",  # name -> a parameter of the query string
        "request",  # something a client controls
        "respond",  # everything given goes to the client
        # what a name from outside must not choose unchecked
        "file",  # path: opens or reads a file
        "sql",  # statement: runs a text as SQL
        "shell",  # command, shell: runs a program
        # web frameworks
        # path: the function decorated answers requests, its parameters come from the query string
        "route",
        "guard",  # decorator or call: no way on without a token; optional: unless there is none
        "identity",  # -> who the token of the request says it is; None without a token
        # values
        # name, default -> a setting of the process; of an object, its members are the settings
        "environment-default",  # receiver: a lookup; default
        "environment",
        "promise",  # executor: a function that gives the result to its first parameter
        "transform",  # value -> the same information in another form
        "digest",  # value -> something that no longer tells it
        "generator",  # size -> fresh bytes or text
        "clock",  # -> a point in time
        "duration",  # weeks, days, hours, minutes, seconds, milliseconds -> a length of time
        "partial",  # target, further arguments -> a callable
        "plugin",  # plugin: a function that is called with the other arguments
        "getattr",  # object, name, default -> the attribute
        "import",  # name -> the module
        "mapping",  # dict(...) and its like
        "selection",  # value, then names or lists of them: an object with these fields alone
        "dependency",  # value: a provider function whose result is meant
        "settings-base",  # base class of settings objects
        "settings-object",  # object whose members are settings
        "setting",  # name, default: declares a member of the settings object that it `returns`
        "field",  # default: declares a member of a settings class
        "schema",  # value: what was described before, or is here, is read from the environment
        "exit",  # does not come back
        "dump",  # receiver or value: an object turned into a mapping of all its fields
        "type",  # known for its methods only
    }
)

_VERSIONED = {"versions", "value"}
_NUMBER = r"\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?"
_RANGE = re.compile(
    rf"(?:(?:\A|,)\s*(?:[=!]=\s*{_NUMBER}(?:\.\*)?|[<>]=?\s*{_NUMBER}|~=\s*\d+(?:\.\d+)+)\s*)*"
)


class ModelError(Exception):
    """A model file is wrong; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a meaning hides in another argument: ``options["leeway"]``.

    A key may lead further down (``signOptions.expiresIn``), and through what a function in it
    returns (``useFactory().secret``). Of several keys each may hold it.
    """

    argument: str
    keys: tuple[str, ...]

    @property
    def key(self) -> str:
        """The usual key."""
        return self.keys[0]


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A test on an argument (or on a key inside it), or on a setting.

    ``above`` is a number of seconds, and ``starts`` the start of a text.
    """

    argument: str
    key: str | None = None
    equals: Any = None
    has_equals: bool = False
    falsy: bool = False
    truthy: bool = False
    absent: bool = False
    contains: Any = None
    lacks: tuple[str, ...] = ()
    above: float | None = None
    starts: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Switch:
    """A spelling that turns a check off; ``effect`` names what: ``signature``, ``exp`` ...

    Several effects are joined by ``+``; ``claims`` stands for all claim checks, and ``nothing``
    for a spelling without effect in that version.
    """

    versions: str
    when: Condition
    effect: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """How a claim is made mandatory; ``{claim}`` stands for its name."""

    versions: str
    when: Condition


@dataclass(frozen=True, slots=True, eq=False)
class Ineffective:
    """An argument or option that is accepted and does nothing; ``instead`` is the right one."""

    versions: str
    argument: str
    key: str | None
    instead: str
    wanted: str


@dataclass(frozen=True, slots=True, eq=False)
class FrameworkSetting:
    """A setting of a framework, and the value of it that a rule reports.

    Attributes:
        inside: names of the mappings that hold it; empty when its own name says whose it is.
        rule: the name of the rule that reports it.
        when: one of these must hold of the value.
        along: what other settings must be for it to matter; ``unless``: what makes it harmless.
        confidence: of the finding.
        local: whether the value is right for development.
        why: what is wrong, to follow the setting's name; ``advice``: what to do.
        right: the value that it should have, where there is one and it is no switch.
    """

    name: str
    inside: tuple[str, ...]
    rule: str
    when: tuple[Condition, ...]
    along: tuple[Condition, ...]
    unless: tuple[Condition, ...]
    confidence: str
    local: bool
    why: str
    advice: str
    right: Any = None


_Row: TypeAlias = Switch | Requirement | Ineffective


@dataclass(slots=True, eq=False)  # not frozen: a thousand of them are made at every start
class Model:
    """One function of a library, in one range of versions.

    Attributes:
        name: canonical dotted name; ``*.name`` is a method whatever the receiver.
        needs: the meanings that must be given for this to be what the call does.
        written_with: the parameter whose position takes true or false in these versions alone:
            a call that gives such a value there tells the version where no manifest does.
        parameters: positional order, self left out.
        open: whether further keywords are accepted.
        meanings: meaning -> parameter.
        inside: meaning -> key inside another argument.
        defaults: meaning -> value when the argument is missing.
        options: the known keys of the ``options`` argument; empty when not listed.
        factory: the meanings that the constructor of the receiver gives.
        configured_by: calls anywhere in the project that give what this call leaves out.
        validated_by: methods of the result, or functions it must be passed to, that check claims.
        validate: how the first of these is written behind the call; ``{target}`` is its result.
        verified: what verifies instead; ``$token``, ``$key``, ``$algorithm`` are filled in.
        signed: what signs instead; ``$payload``, ``$key``, ``$algorithm`` are filled in, and
            ``$links`` with what is called on it before.
        limited: the method that gives a token an expiry, called on what signs it.
        secure: the function that makes secrets in the place of this one, for the same arguments.
        raising: the method that fails, in the place of this one, where nothing is found.
        effect: what a transform does, how a generator makes its bytes, which clock it is, whether
            a mapping is merged into the depth.
    """

    library: Library
    name: str
    role: str
    versions: str = ""
    needs: tuple[str, ...] = ()
    written_with: str = ""
    parameters: tuple[str, ...] = ()
    open: bool = False
    meanings: dict[str, str] = field(default_factory=dict)
    inside: dict[str, Inside] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    factory: tuple[str, ...] = ()
    configured_by: tuple[str, ...] = ()
    validated_by: tuple[str, ...] = ()
    validate: str = ""
    verified: str = ""
    signed: str = ""
    limited: str = ""
    secure: str = ""
    raising: str = ""
    effect: str = ""
    returns: str = ""
    switches: tuple[Switch, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    ineffective: tuple[Ineffective, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """A library or framework.

    Attributes:
        package: its name in the registry; empty for the standard library.
        roots: dotted import roots.
        needles: words (lower case) one of which stands in every file that matters.
        releases: tested versions, oldest first; the last is the newest.
        semantics: fact -> ((versions, value), ...), first match wins.
        key_settings: names of the settings that hold its key, the first that is set wins.
        algorithm_setting: the name of the setting that holds the algorithm of that key.
        key_attributes: names of attributes that hold a key, in classes derived from its own.
        settings: its settings that a rule reports.
    """

    id: str
    title: str
    package: str
    ecosystem: str
    language: str
    roots: tuple[str, ...]
    needles: tuple[str, ...]
    releases: tuple[str, ...]
    conflicts: tuple[str, ...]
    semantics: dict[str, tuple[tuple[str, Any], ...]]
    source: str
    key_settings: tuple[str, ...] = ()
    algorithm_setting: str = ""
    key_attributes: tuple[str, ...] = ()
    settings: tuple[FrameworkSetting, ...] = ()

    def semantic(self, name: str, version: Version | None) -> Any:
        """What is known of ``name`` for a version (the newest if None); None if nothing."""
        return _pick(self.semantics.get(name, ()), version or self.newest)

    def assumed(self, version: Version | None) -> tuple[str, ...]:
        """A note for a finding that rests on a version which nothing in the project tells."""
        if version is not None or self.newest is None or not self.package:
            return ()
        return (f"no version of {self.title} is pinned; {self.newest} is assumed",)

    def newest_in(self, versions: str) -> Version | None:
        """The newest version in a range that the model was checked against."""
        fitting = (v for v in map(_version, reversed(self.releases)) if applies(versions, v))
        return next(fitting, None)

    @property
    def newest(self) -> Version | None:
        """The newest version the model was checked against."""
        return _version(self.releases[-1]) if self.releases else None


@functools.cache
def _version(text: str) -> Version:
    from packaging.version import Version  # noqa: PLC0415

    return Version(text)


@functools.cache
def _specifier(text: str) -> Any:
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415

    return SpecifierSet(text)


def applies(versions: str, version: Version | None) -> bool:
    """Whether a version lies in a range; an empty range holds all, an unknown version fits."""
    if not versions or version is None:
        return True
    return bool(_specifier(versions).contains(version, prereleases=True))


def _pick(choices: Iterable[tuple[str, Any]], version: Version | None) -> Any:
    for versions, value in choices:
        if applies(versions, version):
            return value
    return None


class Models:
    """All library models, looked up by the dotted name of a function."""

    def __init__(self, libraries: Sequence[Library], models: Sequence[Model]) -> None:
        self.libraries = tuple(libraries)
        self._by_name: dict[str, list[Model]] = {}
        self._named: dict[str, Sequence[Model]] = {}
        for model in models:
            self._by_name.setdefault(model.name, []).append(model)
        self.roots = {root: lib for lib in libraries for root in lib.roots}
        self.script_roots = frozenset(
            name[len(SCRIPT) :].partition(".")[0]
            for name in self._by_name
            if name.startswith(SCRIPT)
        )
        self._packages = {lib.package for lib in libraries if lib.package}

    def needles(self, language: str) -> tuple[bytes, ...]:
        """Lower-case words; a file of the language without any of them cannot matter."""
        return tuple(sorted(word.encode() for word in self._needles(language)))

    def words(self, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The needles, apart: words of module names, and names of cookie setters."""
        setters = {
            name.rpartition(".")[2].lower()
            for name, models in self._by_name.items()
            if any(m.role == "cookie" and m.library.language == language for m in models)
        }
        needles = self._needles(language)
        calls = {n.removesuffix("(") for n in needles if n.endswith("(") or n in setters}
        return tuple(sorted(n for n in needles - setters if n[-1] != "(")), tuple(sorted(calls))

    def _needles(self, language: str) -> set[str]:
        return {
            needle.lower()
            for library in self.libraries
            if library.language == language
            for needle in library.needles
        }

    def with_role(self, role: str) -> Iterator[Model]:
        """All models of what functions of a role do."""
        for models in self._by_name.values():
            yield from (model for model in models if model.role == role)

    def named(self, name: str) -> Sequence[Model]:
        """The models of a dotted name, of all versions; a method falls back to ``*.method``."""
        found = self._named.get(name)
        if found is None:
            found = self._by_name.get(name)
            if found is None and "." in name:
                prefix = SCRIPT if name.startswith(SCRIPT) else ""
                found = self._by_name.get(f"{prefix}*.{name.rpartition('.')[2]}")
            found = self._named[name] = found or ()
        return found

    def exactly(self, name: str) -> Sequence[Model]:
        """The models of exactly this name."""
        return self._by_name.get(name, ())

    def select(
        self,
        candidates: Sequence[Model],
        version: Version | None,
        given: Callable[[Model, str], bool] | None = None,
    ) -> Model | None:
        """The model that holds for a version (the newest if None).

        ``given`` tells whether the call has an argument of a meaning; without it, only models
        that need none are taken.
        """
        for model in candidates:
            if applies(model.versions, version or model.library.newest) and (
                not model.needs or (given is not None and all(given(model, n) for n in model.needs))
            ):
                return model
        return candidates[0] if candidates else None

    def is_library(self, module: str) -> bool:
        """Whether a dotted module name belongs to a modelled library."""
        parts = module.split(".")
        return any(".".join(parts[: n + 1]) in self.roots for n in range(len(parts)))

    def names_in(self, module: str) -> list[str]:
        """The modelled names directly inside a module, for star imports."""
        prefix = module + "."
        return sorted(
            {name[len(prefix) :].split(".")[0] for name in self._by_name if name.startswith(prefix)}
        )


# -- loading -------------------------------------------------------------------------------------

_LIBRARY_KEYS: dict[str, type] = {
    "id": str, "title": str, "ecosystem": str, "language": str, "package": str, "status": str,
    "errors": str, "import-roots": list, "needles": list, "releases": list, "conflicts": list,
    "successor": list, "key-settings": list, "key-attributes": list, "algorithm-setting": str,
}  # fmt: skip
_CALL_KEYS: dict[str, type] = {
    "name": str, "aliases": list, "role": str, "versions": str, "when-given": list,
    "written-with": str,
    "params": list, "kwargs": bool, "map": dict, "inside": dict, "defaults": dict,
    "options": list, "factory": list, "configured-by": list, "validated-by": list,
    "validate": str, "verified": str, "signed": str, "limited": str, "secure": str, "raising": str,
    "effect": str, "returns": str,
}  # fmt: skip
_WHEN_KEYS: dict[str, type] = {
    "arg": str, "key": str, "equals": object, "falsy": bool, "truthy": bool, "absent": bool,
    "contains": object, "lacks": list,
}  # fmt: skip
_SETTING_KEYS: dict[str, type] = {
    "names": list, "inside": list, "rule": str, "when": object, "along": object, "unless": object,
    "confidence": str, "local": bool, "why": str, "advice": str, "right": object,
}  # fmt: skip
_SETTING_WHEN_KEYS: dict[str, type] = {
    **_WHEN_KEYS, "arg": str, "above": int, "starts": str,
}  # fmt: skip
_TABLES: dict[str, type] = {
    "schema": int, "library": dict, "semantics": dict, "call": list, "disable": list,
    "require": list, "ineffective": list, "setting": list,
}  # fmt: skip
_TYPE_NAMES = {
    str: "a text",
    list: "a list",
    dict: "a table",
    bool: "true or false",
    int: "a number",
}


@functools.lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[Library, list[Model]], ...]:
    directory = rules_directory() / "libraries"
    return tuple(
        _library(path.name, _parse(path.name, path.read_bytes()))
        for path in sorted(directory.glob("*.toml"))
    )


def _parse(name: str, data: bytes) -> Mapping[str, Any]:
    try:
        return tomli.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{name}: not valid TOML: {error}") from None


def _own(path: Path) -> Mapping[str, Any]:
    try:
        return _parse(str(path), path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None


def load(extra: Sequence[Path] = ()) -> Models:
    """The shipped models plus a project's own files.

    Raises:
        ModelError: a file cannot be read or is not a model.
    """
    libraries: list[Library] = []
    models: list[Model] = []
    own = [_library(str(path), _own(path)) for path in extra]
    for library, found in (*own, *_shipped()):
        libraries.append(library)
        models.extend(found)
    return Models(libraries, models)


def _library(source: str, document: Mapping[str, Any]) -> tuple[Library, list[Model]]:
    _check_keys(source, "the file", document, _TABLES)
    head = document.get("library", {})
    _check_keys(source, "[library]", head, _LIBRARY_KEYS)
    if "id" not in head:
        raise ModelError(f"{source}: [library] needs an id")
    prefix = SCRIPT if head.get("language") == "javascript" else ""
    library = Library(
        id=head["id"],
        title=head.get("title", head["id"]),
        package=head.get("package", ""),
        ecosystem=head.get("ecosystem", "pypi"),
        language=head.get("language", "python"),
        roots=tuple(prefix + root for root in head.get("import-roots", ())),
        needles=tuple(head.get("needles", ())),
        releases=tuple(head.get("releases", ())),
        conflicts=tuple(head.get("conflicts", ())),
        semantics={
            key: _versioned(source, f"[semantics] {key}", value)
            for key, value in document.get("semantics", {}).items()
        },
        source=source,
        key_settings=tuple(head.get("key-settings", ())),
        algorithm_setting=head.get("algorithm-setting", ""),
        key_attributes=tuple(head.get("key-attributes", ())),
        settings=tuple(
            setting for row in document.get("setting", ()) for setting in _settings(source, row)
        ),
    )
    rows = _rows(source, document)
    models: list[Model] = []
    for number, call in enumerate(document.get("call", ()), 1):
        models.extend(_models(source, f"[[call]] number {number}", library, call, rows))
    named = {model.name.removeprefix(prefix) for model in models}
    for name in rows:
        if name not in named:
            tables = [t for t in _ROWS for r in document.get(t, ()) if name in _called(r)]
            message = f"[[{tables[0]}]]: no [[call]] is named {name!r}{_nearest(name, named)}"
            raise ModelError(f"{source}: {message}")
    return library, models


def _rows(source: str, document: Mapping[str, Any]) -> Mapping[str, Sequence[_Row]]:
    """What the file says about calls besides their signatures, by the name of the call."""
    rows: dict[str, list[_Row]] = {}
    for table, (make, keys, needs) in _ROWS.items():
        for row in document.get(table, ()):
            _check_keys(source, f"[[{table}]]", row, keys)
            missing = [key for key in needs if key not in row]
            if missing:
                raise ModelError(f"{source}: [[{table}]] needs {', '.join(missing)}")
            made = make(source, row)
            for name in _called(row):
                rows.setdefault(name, []).append(made)
    return rows


def _called(row: Mapping[str, Any]) -> Sequence[str]:
    call = row["call"]
    return [call] if isinstance(call, str) else call


def _switch(source: str, row: Mapping[str, Any]) -> Switch:
    effects = _versioned(source, "[[disable]]", row["effect"])
    return Switch(
        row.get("versions", ""),
        _condition(source, row["when"]),
        tuple((versions, str(effect)) for versions, effect in effects),
    )


def _requirement(source: str, row: Mapping[str, Any]) -> Requirement:
    return Requirement(row.get("versions", ""), _condition(source, row["when"]))


def _useless(source: str, row: Mapping[str, Any]) -> Ineffective:
    return Ineffective(
        row.get("versions", ""),
        row["arg"],
        row.get("key"),
        row.get("instead", ""),
        row.get("wanted", ""),
    )


_ROWS: dict[str, tuple[Callable[[str, Mapping[str, Any]], _Row], dict[str, type], list[str]]] = {
    "disable": (
        _switch,
        {"call": object, "when": dict, "effect": object, "versions": str},
        ["call", "when", "effect"],
    ),
    "require": (
        _requirement,
        {"call": object, "when": dict, "versions": str},
        ["call", "when"],
    ),
    "ineffective": (
        _useless,
        {"call": object, "arg": str, "versions": str, "key": str, "instead": str, "wanted": str},
        ["call", "arg"],
    ),
}


def _models(
    source: str,
    where: str,
    library: Library,
    call: Mapping[str, Any],
    rows: Mapping[str, Sequence[_Row]],
) -> list[Model]:
    _check_keys(source, where, call, _CALL_KEYS)
    if "name" not in call or "role" not in call:
        raise ModelError(f"{source}: {where} needs a name and a role")
    if call["role"] not in ROLES:
        raise ModelError(
            f"{source}: {where} ({call['name']}): unknown role {call['role']!r};"
            f" it must be one of {', '.join(sorted(ROLES))}"
        )
    prefix = SCRIPT if library.language == "javascript" else ""
    parameters = tuple(call.get("params", ()))
    meanings = {meaning: meaning for meaning in parameters}
    meanings.update(call.get("map", {}))
    names = dict.fromkeys((call["name"], *call.get("aliases", ()))).keys()

    said = list(dict.fromkeys(row for name in names for row in rows.get(name, ())))
    switches = tuple(row for row in said if isinstance(row, Switch))
    requirements = tuple(row for row in said if isinstance(row, Requirement))
    ineffective = tuple(row for row in said if isinstance(row, Ineffective))
    return [
        Model(
            library=library,
            name=prefix + name,
            role=call["role"],
            versions=call.get("versions", ""),
            needs=tuple(call.get("when-given", ())),
            written_with=call.get("written-with", ""),
            parameters=parameters,
            open=bool(call.get("kwargs", False)),
            meanings=meanings,
            inside={k: _inside(source, where, v) for k, v in call.get("inside", {}).items()},
            defaults=dict(call.get("defaults", {})),
            options=frozenset(call.get("options", ())),
            factory=tuple(call.get("factory", ())),
            configured_by=tuple(prefix + name for name in call.get("configured-by", ())),
            validated_by=tuple(call.get("validated-by", ())),
            validate=call.get("validate", ""),
            verified=call.get("verified", ""),
            signed=call.get("signed", ""),
            limited=call.get("limited", ""),
            secure=call.get("secure", ""),
            raising=call.get("raising", ""),
            effect=call.get("effect", ""),
            returns=prefix + call["returns"] if "returns" in call else "",
            switches=switches,
            requirements=requirements,
            ineffective=ineffective,
        )
        for name in names
    ]


def _condition(
    source: str, row: Mapping[str, Any], keys: Mapping[str, type] = _WHEN_KEYS
) -> Condition:
    _check_keys(source, f"when = {dict(row)}", row, keys)
    if "arg" not in row:
        raise ModelError(f"{source}: when = {dict(row)} needs an arg")
    return Condition(
        argument=row["arg"],
        key=row.get("key"),
        equals=row.get("equals"),
        has_equals="equals" in row,
        falsy=bool(row.get("falsy")),
        truthy=bool(row.get("truthy")),
        absent=bool(row.get("absent")),
        contains=row.get("contains"),
        lacks=tuple(row.get("lacks", ())),
        above=row.get("above"),
        starts=row.get("starts"),
    )


def _settings(source: str, row: Mapping[str, Any]) -> Iterator[FrameworkSetting]:
    """One setting for each of the names of a row."""
    _check_keys(source, "[[setting]]", row, _SETTING_KEYS)
    missing = [key for key in ("names", "rule", "when", "why", "advice") if key not in row]
    if missing:
        raise ModelError(f"{source}: [[setting]] needs {', '.join(missing)}")
    confidence = row.get("confidence", "high")
    if confidence not in ("low", "medium", "high"):
        raise ModelError(f"{source}: [[setting]]: {confidence!r} is not low, medium or high")

    def conditions(key: str, name: str = "") -> tuple[Condition, ...]:
        found = row.get(key, [])
        rows = [found] if isinstance(found, dict) else found
        return tuple(
            _condition(source, {"arg": name, **each} if name else each, _SETTING_WHEN_KEYS)
            for each in rows
        )

    for name in row["names"]:
        yield FrameworkSetting(
            name=name,
            inside=tuple(row.get("inside", ())),
            rule=row["rule"],
            when=conditions("when", name),
            along=conditions("along"),
            unless=conditions("unless"),
            confidence=confidence,
            local=bool(row.get("local")),
            why=row["why"],
            advice=row["advice"],
            right=row.get("right"),
        )


def _inside(source: str, where: str, value: Any) -> Inside:
    if not (isinstance(value, list) and len(value) > 1 and all(isinstance(v, str) for v in value)):
        raise ModelError(f"{source}: {where}: inside must map a meaning to [argument, key, ...]")
    return Inside(value[0], tuple(value[1:]))


def _versioned(source: str, where: str, value: Any) -> tuple[tuple[str, Any], ...]:
    """Normalise a plain value or a list of ``{versions, value}``."""
    if not (
        isinstance(value, list)
        and value
        and all(isinstance(v, dict) and set(v) <= _VERSIONED and "value" in v for v in value)
    ):
        return (("", value),)
    for choice in value:
        _check_range(source, where, choice.get("versions", ""))
    return tuple((choice.get("versions", ""), choice["value"]) for choice in value)


def _check_keys(source: str, where: str, table: Any, known: Mapping[str, type]) -> None:
    if not isinstance(table, dict):
        raise ModelError(f"{source}: {where} must be a table")
    for key, value in table.items():
        wanted = known.get(key)
        if wanted is None:
            hint = _nearest(key, known) or f"; known: {', '.join(sorted(known))}"
            raise ModelError(f"{source}: {where}: unknown key {key!r}{hint}")
        if not isinstance(value, wanted):
            raise ModelError(f"{source}: {where}: {key} must be {_TYPE_NAMES[wanted]}")
        if key == "versions":
            _check_range(source, where, value)


def _check_range(source: str, where: str, versions: Any) -> None:
    """Refuse what is no range; without ``packaging``, which every start would have to load."""
    if not isinstance(versions, str) or not _RANGE.fullmatch(versions):
        raise ModelError(f"{source}: {where}: {versions!r} is not a range of versions")


def _nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the word that was probably meant; empty if none is near."""
    import difflib  # noqa: PLC0415

    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
