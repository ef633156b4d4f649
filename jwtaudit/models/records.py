"""What is known of libraries and their functions."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from packaging.version import Version

SCRIPT = "js:"
"""What the names of JavaScript begin with, so that they cannot be taken for Python's."""

ROLES = frozenset(
    {
        # tokens
        "sign",  # payload, key, algorithm, headers -> a token
        # token, key, algorithms, options ... -> verified claims; effect: `any-kind`, whatever the
        # kind of the token
        "verify",
        "verify-signature",  # as verify, but no claim is ever looked at
        "verify-bytes",  # receiver: a key; verifies the signature over a text, of claims or not
        "decode-unverified",  # token -> claims nobody has verified
        "header-peek",  # token -> header nobody has verified
        "claims-validator",  # checks claims that were decoded before
        "claims-accessor",  # receiver, or none -> the claims of a decoded token
        "cookie-settings",  # gives the attributes of all cookies that say nothing else
        "factory",  # makes the object whose methods sign or verify
        "decrypt",  # token, key -> plaintext of a JWE
        "encrypt",  # payload, key -> a JWE
        "key-import",  # value -> a key object for the same key material
        "key-source",  # uri -> something that gives keys
        "algorithms",  # every algorithm that the library knows
        "key-generate",  # size, curve -> a new key
        "keyed",  # key: does with it what has nothing to do with tokens; effect: what
        # transport
        "cookie",  # name, value, httponly, secure, samesite
        "cookie-jar",  # -> a mapping of cookies, each of them a mapping of its attributes
        # name, value, httponly, or pairs or entries of these, or cookie: keeps it where scripts can
        # read it
        "storage",
        "storage-read",  # name -> what was kept
        "storage-hook",  # name, httponly -> a variable that is kept so
        "storage-state",  # state, parts, without, where, switch: an object that is kept so
        "log",  # everything given is written to a log, a console or a file
        "redirect",  # url
        "http-request",  # url, headers
        "http-client",  # url, headers: makes what sends requests, there and with these
        "request-hook",  # hook: a function that every request of a client goes through
        "token-request",  # -> what an authorization server answers, with the tokens in it
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
        # what keeps things for its handlers; effect: `settings`, the arguments that made it, too
        "application",
        # path: the function decorated answers requests, its parameters come from the query string
        "route",
        "guard",  # decorator or call: no way on without a token; optional: unless there is none
        "identity",  # -> who the token of the request says it is; None without a token
        # values
        # name, default -> a setting of the process; of an object, its members are the settings
        "environment-default",  # receiver: a lookup; default
        "settings",  # -> what a file of settings holds; effect: the entry that holds it there
        "environment",
        "promise",  # executor: a function that gives the result to its first parameter
        "transform",  # value -> the same information in another form
        "digest",  # value -> something that no longer tells it
        "generator",  # size -> fresh bytes or text
        "clock",  # -> a point in time
        "duration",  # weeks, days, hours, minutes, seconds, milliseconds -> a length of time
        "partial",  # target, further arguments -> a callable
        "plugin",  # plugin: a function that is called with the other arguments
        "provider",  # function: it is called with the other arguments for whoever asks
        "run",  # function: what it gives when called with the arguments behind it
        "getattr",  # object, name, default -> the attribute
        "import",  # name -> the module; effect: `member`, what a dotted path leads to
        "mapping",  # dict(...) and its like
        "selection",  # value, then names or lists of them: an object with these fields alone
        "serialize",  # receiver: a schema; value -> the fields of it that the schema declares
        "dependency",  # value: a provider function whose result is meant
        "settings-base",  # base class of settings objects
        "settings-file",  # -> what is read from files of settings, by name
        "settings-object",  # object whose members are settings
        "setting",  # name, default: declares a member of the settings object that it `returns`
        "field",  # default: declares a member of a settings class
        "schema",  # value: what was described before, or is here, is read from the environment
        "exit",  # does not come back
        "dump",  # receiver or value: an object turned into a mapping of all its fields
        "load",  # value: a mapping turned into an object of the receiver, or of `type`, a class
        # class whose objects write out records; effect: which fields if none is named: `all`
        "record-writer",
        "expire",  # receiver: a token; lifetime: how long it is good from now on
        "record",  # base or decorator of classes whose objects hold what they were made of
        "type",  # known for its methods only
    }
)
VERIFYING = ("verify", "verify-signature", "decrypt")
"""The roles of calls that refuse a token which was not made with the key."""


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
        right: the value that it should have, where there is one and `when` does not tell it.
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


Row: TypeAlias = Switch | Requirement | Ineffective


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
        initializer: the method of a handler that gets what the handler is listed with.
        effect: what a transform does, how a generator makes its bytes, which clock it is, whether
            mappings are merged into the depth, or the first of them wins.
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
    initializer: str = ""
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
        key_given_by: names of the settings that name a function which gives each user a key: no
            other one is used then.
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
    key_given_by: tuple[str, ...] = ()
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
        names = {n for n in needles - setters if n[-1] != "(" and not set("\"'${") & set(n)}
        return tuple(sorted(names)), tuple(sorted(calls))

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

    def names_below(self, package: str) -> Iterator[str]:
        """All modelled names of a package and its modules."""
        prefix = package + "."
        return (name for name in self._by_name if name.startswith(prefix))

    def names_in(self, module: str) -> list[str]:
        """The modelled names directly inside a module, for star imports."""
        prefix = module + "."
        return sorted(
            {name[len(prefix) :].split(".")[0] for name in self._by_name if name.startswith(prefix)}
        )
