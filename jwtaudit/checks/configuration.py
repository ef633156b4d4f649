"""Configuration: keys that are written into the files which start a program."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from jwtaudit.checks import check
from jwtaudit.checks.key_files import DEVELOPMENT, is_for_tests, key_files
from jwtaudit.facts import Assign, Literal, Name
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.asked_names import asked_names
from jwtaudit.program.classes import variables_of
from jwtaudit.program.context import Setting as FileKind
from jwtaudit.program.context import is_sample, is_test, setting_of
from jwtaudit.program.key_guards import is_refused
from jwtaudit.program.key_names import may_name_token_key, names_token_key
from jwtaudit.program.key_sources import Source, sources
from jwtaudit.program.key_uses import KeyUse, key_uses
from jwtaudit.program.named_files import is_loaded, names_file
from jwtaudit.program.names import words
from jwtaudit.program.script_settings import variables
from jwtaudit.program.stores import prefixed, read_of
from jwtaudit.program.wordlist import is_known, is_placeholder
from jwtaudit.resources import words_of_data
from jwtaudit.source import Place
from jwtaudit.values import ABSENT, Const, Env, Member, Outcome, Setting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from jwtaudit.facts import Facts
    from jwtaudit.program import Project
    from jwtaudit.values import Value

_REFERENCE = re.compile(
    r"""
    <.*> | .*\$[({].* | \$\w+ | .*\{\{.*\}\}.* | .*\{%.*%\}.* | \[.*\] | %\(?\w+\)?[s%]? | @.*@
    | __\w+__ | \#\{.*\}\#?
    | (?i:enc|sops|vault|secret(?:ref)?|env|file|ref\+\w+|op|gcp|aws|azure|ssm):.*
    | (?i:ENC)\[.*\] | \$ANSIBLE_VAULT.* | arn:.* | projects/.*/secrets/.* | .*:// .*
    | [xX*.\-_+?~]+ | (?i:none|null|todo|tbd|redacted|placeholder|random|generated?) | \w+\(.*\)
    """,
    re.VERBOSE | re.DOTALL,
)
_PATH = re.compile(r"[~./].*/.*|[^\s:]*\.(pem|key|crt|cer|pub|der|p8|p12|jwk|txt)", re.IGNORECASE)
# The name of a thing that holds the key, in the style of constants.
_NAME = re.compile(
    r"(?!(?:CHANGE|REPLACE|YOUR|PUT|INSERT|ENTER|FILL)_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"
    r"_(KEYS?|SECRETS?|TOKENS?|PASSWORDS?|JWT|AUTH|ENV|VAR|VARIABLE|NAME|ID|VALUE|PEM|FILE|PATH"
    r"|PROD|PRODUCTION|DEV|STAGING|TEST|V?[0-9]+)"
)
# GRAB_FROM_THE_PORTAL: in a sample, what to do.
_SENTENCE = re.compile(r"[A-Z]+(?:[_-][A-Z]+){2,}|[a-z]+(?: [a-z]+){2,}")
_PUBLIC = re.compile(r"-----BEGIN (?!.*PRIVATE)|ssh-|ecdsa-")
# A script that writes what another file is to hold, when a program is installed.
_SETS_UP = re.compile(
    r"(^|[-_./])(setup|set-up|install|init|bootstrap|configure|quickstart)[\w-]*\.(sh|bash|ps1|bat)$"
)
_DEPLOYMENT = frozenset(
    {
        "deploy", "deployment", "deployments", "docker", "compose", "infra", "infrastructure",
        "ops", "k8s", "kubernetes", "helm", "charts", "ansible", "terraform", "env", "envs",
    }
)  # fmt: skip
# Files of services that build and test; some deploy as well, with secrets that are elsewhere.
_BUILD = re.compile(
    r"(^|/)\.?(travis|appveyor|azure-pipelines|bitbucket-pipelines|drone|cirrus|wercker|semaphore|circle"
    r"|codeship-\w+)\.ya?ml$"
)
# What a section, or what a recipe makes, is called.
_TESTED = re.compile(r"(^|[._-])test(s|ing)?(?=[._-]).*\.", re.IGNORECASE)
_TOKEN_SECRET = ("token", "secret")
_ENOUGH = 16
_LONGEST_NOTE = 200


class _Entry(NamedTuple):
    """A name in a configuration file, and its literal value."""

    name: str
    value: str
    place: Place

    @property
    def leaf(self) -> str:
        """The last name of the path."""
        return self.name.rpartition(".")[2]

    @property
    def around(self) -> str:
        """The names that lead to it: of sections, or of what a recipe makes."""
        return self.name.rpartition(".")[0].lower()


class _Reader(NamedTuple):
    """A key that the program takes from a lookup.

    Attributes:
        variables: the environment variables that it may be read from.
    """

    use: KeyUse
    source: Source
    variables: frozenset[str]


_Found: TypeAlias = tuple[_Entry, Confidence, "Sequence[_Reader]"]


@check("default-secret-in-config")
def default_secret_in_config(project: Project) -> Iterator[Draft]:
    """A configuration file in the repository holds the key."""
    readers = _readers(project)
    found: dict[tuple[str, str], list[_Found]] = defaultdict(list)
    loaded = {
        source.value.place
        for use in key_uses(project)
        for source in sources(project, use.value)
        if isinstance(source.value, Const)
    }
    for entry in (*_entries(project), *_unnamed(project, readers)):
        if entry.place in loaded:
            continue  # loaded as a module: the program has it as a literal
        near = _readers_of(project, entry, readers)
        confidence = _confidence(project, entry, near)
        if confidence is not None and not any(_is_refused(project, entry, r) for r in near):
            found[_plain(entry.leaf), entry.value].append((entry, confidence, near))
    for same in found.values():
        places = [entry.place for entry, *_ in same]
        for entry, confidence, near in _told(same):
            uses = {r.use.place: f"{r.use.library.title} {r.use.verb} with it" for r in near}
            copies = [place for place in places if place != entry.place]
            yield Draft(
                rule="",
                place=entry.place,
                message=f"{_given(entry)} in a file that is part of the repository"
                f"{_weakness(entry.value)}: whoever reads it can mint tokens for any user",
                confidence=confidence,
                related=(*uses.items(), *((place, "the same value") for place in copies)),
                advice="Leave the value out of the repository (an ignored file, a secret store),"
                " let the program refuse to start without it, and treat this one as known.",
                secrets=tuple(places),
                anchor=entry.name,
            )
    yield from key_files(project)


def _told(same: Sequence[_Found]) -> Iterator[_Found]:
    """Of one value under one name, what to report: each file has to be changed, but for samples."""
    by_file: dict[str, list[_Found]] = defaultdict(list)
    for found in same:
        by_file[found[0].place.path].append(found)
    best = [max(one, key=lambda found: found[1]) for one in by_file.values()]
    sure = [found for found in best if found[1] is not Confidence.LOW]
    near = {found[0].place.path: _closeness(found[0], found[2]) for found in best}
    if not sure:
        yield max(best, key=lambda found: near[found[0].place.path])
    for found in sure:
        path = PurePosixPath(found[0].place.path)
        alike = (p for p in near if PurePosixPath(p).name == path.name)
        if near[str(path)] == max(map(near.__getitem__, alike)):
            yield found  # of files of one name, another program's lies farther away


def _given(entry: _Entry) -> str:
    """What is given; a name that is the value itself is not written into reports."""
    itself = entry.leaf.lower() == entry.value.lower()
    return "a key has its own name for a value" if itself else f"`{entry.leaf}` is given a value"


def _entries(project: Project) -> Iterator[_Entry]:
    """The literals in configuration files that may be keys."""
    for path, facts in sorted(project.facts.items()):
        if facts.language != "config" or is_for_tests(path):
            continue
        named = set(_named(facts))
        for statement in facts.body:
            if isinstance(statement, Assign) and isinstance(statement.value, Literal):
                target, literal = statement.targets[0], statement.value
                if not isinstance(target, Name):
                    continue
                text, itself = str(literal.value), _is_environment(path, target.id)
                if _TESTED.search(target.id) or _is_half(target.id, named):
                    continue
                leaf = target.id.rpartition(".")[2]
                if _is_value(text, target.id) or (itself and text.lower() == leaf.lower()):
                    yield _Entry(target.id, text, Place(path, literal.span))
    if key_uses(project):
        for name, text, place in variables(project):
            if not is_for_tests(place.path) and _is_value(text, name):
                yield _Entry(name, text, place)


def _is_half(name: str, named: Collection[str]) -> bool:
    """Whether a name is the lesser half of a pair, or belongs to one of OAuth 1.0 (RFC 5849, 3.1).

    Of a `key` and a `secret` the first is what the second goes by.
    """
    around, _, leaf = name.rpartition(".")
    if leaf == "key" and f"{around}.secret" in named:
        return True
    beside = (other.rpartition(".") for other in named)
    return words(leaf)[-2:] == _TOKEN_SECRET and any(
        not words_of_data("key-names", "delegating").isdisjoint(words(other))
        for section, _, other in beside
        if section == around
    )


def _named(facts: Facts) -> Iterator[str]:
    """The names of all that a file sets, each with those of the sections around it."""
    for statement in facts.body:
        if isinstance(statement, Assign):
            yield from (target.id for target in statement.targets if isinstance(target, Name))


def _is_value(text: str, name: str) -> bool:
    """Whether a text is a key itself, and not where to find one."""
    text = text.strip()
    return (
        bool(text)
        and not _REFERENCE.fullmatch(text[:_LONGEST_NOTE])
        and not _PATH.fullmatch(text)
        and not _NAME.fullmatch(text)
        and not _PUBLIC.match(text)
        and text.lower().replace("-", "_") != name.rpartition(".")[2].lower().replace("-", "_")
    )


def _is_environment(path: str, name: str) -> bool:
    """Whether an entry is of the environment itself, in which nothing is put in a name's place."""
    return PurePosixPath(path).name in (".env", ".flaskenv") or "environment" in name.split(".")


# -- what the program does with it ---------------------------------------------------------------


def _readers(project: Project) -> Mapping[str, Sequence[_Reader]]:
    """Name of a variable or setting -> the keys that are read from it."""
    found: dict[str, list[_Reader]] = defaultdict(list)
    for use in key_uses(project):
        for source in _lookups(project, use):
            assert isinstance(source.value, (Env, Setting))
            reader = _Reader(use, source, frozenset(_variables(project, source.value)))
            for name in {_plain(name) for name in (source.value.name, *reader.variables) if name}:
                known = found[name]
                if all(other.use.place != use.place for other in known):
                    known.append(reader)
    return found


def _variables(project: Project, lookup: Env | Setting) -> Iterator[str]:
    """The environment variables that a lookup reads."""
    if isinstance(lookup, Env):
        yield from filter(None, (lookup.name,))
    else:
        yield from (name.upper() for name in variables_of(project, lookup))
        yield from prefixed(project, lookup)


def _unnamed(project: Project, readers: Mapping[str, Sequence[_Reader]]) -> Iterator[_Entry]:
    """The entries under names that say nothing, which the program reads its keys from all the same.

    A variable's name is one wherever it stands; an entry of a file is one of the file that is read.
    """
    told: dict[str, list[_Reader]] = defaultdict(list)
    for reader in {id(r): r for many in readers.values() for r in many}.values():
        for name in reader.variables or _spellings(reader):
            told[name].append(reader)
    for facts in project.loader.naming(told) if project.loader is not None else ():
        path = facts.path
        for statement in facts.body if not is_for_tests(path) else ():
            if not isinstance(statement, Assign) or not isinstance(statement.value, Literal):
                continue
            target, literal = statement.targets[0], statement.value
            if isinstance(target, Name) and _is_value(str(literal.value), target.id):
                entry = _Entry(target.id, str(literal.value), Place(path, literal.span))
                if any(_is_read(project, entry, reader) for reader in told[entry.leaf]):
                    yield entry


def _spellings(reader: _Reader) -> set[str]:
    """How an entry of a file may be written: some readers do not tell capitals from others."""
    leaf = _path_of(reader).rpartition(".")[2]
    return {leaf, leaf.lower(), leaf.upper()}


def _path_of(reader: _Reader) -> str:
    lookup = reader.source.value
    assert isinstance(lookup, (Env, Setting))
    return lookup.name or ""


def _is_read(project: Project, entry: _Entry, reader: _Reader) -> bool:
    """Whether a key is read from an entry; it may stand below the name of a stage."""
    if reader.variables:
        return True
    path, name = _path_of(reader).lower(), entry.name.lower()
    return path in (name, name.partition(".")[2]) and names_file(
        project, reader.use, entry.place.path
    )


def _lookups(project: Project, use: KeyUse) -> Iterator[Source]:
    """The sources of a key that have a name which a configuration file may give a value."""
    for source in sources(project, use.value):
        found = _from_file(project, source)
        if isinstance(found.value, (Env, Setting)):
            yield found
        for name in asked_names(project, source.value):
            yield replace(source, value=Setting(name, ABSENT, place=source.value.place))


def _from_file(project: Project, source: Source) -> Source:
    """An entry of a file that the program reads is a setting, by the whole of its path.

    So is one of a configuration store that nothing in the program fills: it comes from a file.
    """
    if (read := read_of(source.value)) is not None:
        return replace(source, value=Setting(read[0], ABSENT, place=source.value.place))
    names: list[str] = []
    value = source.value
    while (step := _step(value)) is not None:
        names.append(step[0])
        value = step[1]
    if not names or not isinstance(value, Outcome) or not is_loaded(project, value):
        return source
    setting = Setting(".".join(reversed(names)), ABSENT, place=source.value.place)
    return replace(source, value=setting)


def _step(value: Value) -> tuple[str, Value] | None:
    """The name that an entry has in a mapping, and the mapping: ``a["b"]``, ``a.get("b")``."""
    if isinstance(value, Member):
        return None if value.name is None else (value.name, value.base)
    if isinstance(value, Outcome) and value.call.name.endswith(".get") and value.call.arguments:
        first, mapping = value.call.arguments[0].value, value.call.receiver
        if mapping is not None and isinstance(first, Const) and isinstance(first.value, str):
            return first.value, mapping
    return None


def _plain(name: str) -> str:
    return re.sub(r"\W", "_", name).upper()


def _readers_of(
    project: Project, entry: _Entry, readers: Mapping[str, Sequence[_Reader]]
) -> Sequence[_Reader]:
    below = entry.name.partition(".")[2]  # the name of a stage
    names = {_plain(name) for name in (entry.leaf, entry.name, below)} - {""}
    return [
        r for name in sorted(names) for r in readers.get(name, ()) if _is_near(project, entry, r)
    ]


def _closeness(entry: _Entry, readers: Sequence[_Reader]) -> int:
    """How many folders a file shares with a program that reads it; none where nothing does."""
    folders = set(PurePosixPath(entry.place.path).parents)
    shared = (folders & set(PurePosixPath(r.use.place.path).parents) for r in readers)
    return max(map(len, shared), default=0)


def _is_near(project: Project, entry: _Entry, reader: _Reader) -> bool:
    """Whether a file may configure a program: it lies on one way with it, or apart from all."""
    folder = str(PurePosixPath(entry.place.path).parent)
    asked = reader.source.value.place  # for the setting, in a file of its own
    for place in (reader.use.place, asked or reader.use.place):
        program = str(PurePosixPath(place.path).parent)
        if (
            folder == "."
            or f"{program}/".startswith(f"{folder}/")
            or f"{folder}/".startswith(f"{program}/")
        ):
            return True
    if _DEPLOYMENT & set(folder.lower().split("/")):
        return True
    top = entry.place.path.partition("/")[0] + "/"
    return not any(path.startswith(top) and path.endswith(".py") for path in project.files)


def _is_refused(project: Project, entry: _Entry, reader: _Reader) -> bool:
    """Whether the program does not run on with this value."""
    lookup = reader.source.value
    assert isinstance(lookup, (Env, Setting))
    value = Const(entry.value, place=lookup.place)
    return is_refused(project, replace(reader.source, value=value, lookups=(lookup,)))


def _is_default(project: Project, entry: _Entry) -> bool:
    """Whether the program has the very value as a key, or as the default of one."""
    return any(
        isinstance(source.value, Const)
        and source.value.value in (entry.value, entry.value.encode())
        and not is_test(use.place.path)
        for use in key_uses(project)
        for source in sources(project, use.value)
    )


# -- how sure ------------------------------------------------------------------------------------


def _confidence(project: Project, entry: _Entry, readers: Sequence[_Reader]) -> Confidence | None:
    """How sure it is that tokens are signed with it; None where it does not look so."""
    names_key = names_token_key(entry.name)
    if not readers and not names_key and not may_name_token_key(entry.name):
        return None
    path = entry.place.path.lower()
    is_weak = is_known(entry.value) or _is_note(entry.value) or len(entry.value) < _ENOUGH
    example = is_sample(path) or setting_of(path) is FileKind.EXAMPLE
    if example and not any(names_file(project, r.use, entry.place.path) for r in readers):
        if _is_default(project, entry):
            return None  # whoever copies it has what the source says, where it is told
        # An example that says what to write there does what it is for.
        said = (
            _is_note(entry.value)
            or _plain(entry.leaf).endswith(f"_{_plain(entry.value)}")
            or _SENTENCE.fullmatch(entry.value)
        )
        return None if said else Confidence.LOW
    if _SETS_UP.search(path) and _is_note(entry.value):
        return None  # what somebody is to write there
    if DEVELOPMENT.search(path) or DEVELOPMENT.search(entry.around) or _BUILD.search(path):
        return Confidence.LOW
    if readers:
        return Confidence.HIGH
    if names_key:
        return Confidence.HIGH if is_weak else Confidence.MEDIUM
    return Confidence.MEDIUM if is_weak else Confidence.LOW


def _is_note(value: str) -> bool:
    return len(value) <= _LONGEST_NOTE and is_placeholder(value)


def _weakness(value: str) -> str:
    if is_known(value):
        return ", one that stands in public lists of default secrets"
    if _is_note(value):
        return ", a placeholder that is easily guessed"
    size = len(value.encode())
    return f", of only {size} bytes" if size < _ENOUGH else ""
