"""What names tell: their words, and whether something so called is a token or a credential."""

from __future__ import annotations

import enum
import functools
import itertools
import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.resources import data, words_of_data
from jwtaudit.values import (
    Const,
    Env,
    Member,
    Outcome,
    Param,
    Setting,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# The interpreter's own words for steps on a value's way.
_SET = re.compile(r"`([^`]+)` is set$")
_RETURNED = re.compile(r"^returned by `([^`]+)\(\)`$")
_LOOKUPS = frozenset({"get", "pop", "getlist", "__getitem__", "getheader", "get_header"})


@functools.lru_cache(maxsize=1 << 15)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in snake, camel or kebab case."""
    return tuple(part.lower() for part in _PARTS.findall(name))


@functools.lru_cache(maxsize=1 << 15)
def pairs(name: str) -> frozenset[str]:
    """The words of a name, and each two that stand together."""
    parts = words(name)
    return frozenset((*parts, *(f"{a}_{b}" for a, b in itertools.pairwise(parts))))


def _words(kind: str) -> frozenset[str]:
    """A list of words, by its name in the data."""
    return words_of_data("name-words", kind)


# -- tokens --------------------------------------------------------------------------------------


def is_token_name(name: str) -> bool:
    """Whether something so called is a token that lets its bearer in."""
    parts = words(name)
    return bool(parts) and parts[-1] in _words("token") and not is_other_token(name)


def is_other_token(name: str) -> bool:
    """Whether the name speaks of a token that is no credential: CSRF, pages, parsers."""
    found = pairs(name)
    return bool(_words("other-token") & found) or (
        name.isupper() and bool(_words("refused-token") & found)
    )


_BEFORE = re.compile(r"(\w+)[ _-]?tokens?\b", re.IGNORECASE)


def speaks_of_other(text: str) -> bool:
    """Whether a sentence is about tokens to which somebody else gives rights: a push token."""
    return any(_words("of-others") & set(words(found)) for found in _BEFORE.findall(text))


def is_link_name(name: str) -> bool:
    """Whether it has to do with a link sent once: a reset, a confirmation, an invitation."""
    return bool(_words("link") & pairs(name))


def names_of(value: Value) -> Iterator[str]:
    """The names that a value bears, the nearest first."""
    for step in reversed(value.trace):
        if found := _SET.search(step.what):
            yield found[1]
    if isinstance(value, (Param, Setting, Env, Member)):
        if value.name is not None:
            yield value.name
    elif isinstance(value, Unknown) and value.why.isidentifier():
        yield value.why
    elif isinstance(value, Outcome):
        yield from _names_of_outcome(value)


def _names_of_outcome(value: Outcome) -> Iterator[str]:
    call = value.call
    method = call.name.rpartition(".")[2]
    if not method and call.receiver is not None:  # a variable's: `this.token()` of a signal
        method = next(names_of(call.receiver), "")
    if method in _LOOKUPS:
        if call.arguments:
            key = call.arguments[0].value
            if isinstance(key, Const) and isinstance(key.value, str):
                yield key.value
    elif not (_words("no-giver") & set(words(method)[:1])):
        yield method


def is_called_token(value: Value) -> bool:
    """Whether a value bears the name of a token, by its variable, its key or its maker."""
    if isinstance(value, Member) and value.name is None and not _is_index(value):
        return False  # a slice or an element of a collection: masked, or of another kind
    if isinstance(value, Outcome) and _words("no-giver") & set(
        words(value.call.name.rpartition(".")[2])
    ):
        return False
    owner = _owner_words(value)
    if isinstance(value, Member) and _words("of-tokens") & owner:
        return False  # what is set for each kind of token: algorithms, lifetimes
    if _words("of-others") & owner:
        return False
    found = list(names_of(value))
    return any(map(is_token_name, found)) and not any(map(is_other_token, found))


def _owner_words(value: Value) -> set[str]:
    """The words in the names of what a value is taken out of, or given by."""
    if isinstance(value, Member):
        return {word for name in names_of(value.base) for word in words(name)}
    if isinstance(value, Outcome):
        owner = value.call.receiver
        found = {word for name in (names_of(owner) if owner else ()) for word in words(name)}
        return found.union(words(value.call.name))
    return set()


def is_password_scheme(value: Value) -> bool:
    """Whether a header is said to hold a name and a password (``Basic``), by what gave it."""
    return any(
        "basic" in words(found[1])
        for step in value.trace
        if (found := _RETURNED.search(step.what) or _SET.search(step.what))
    )


def _is_index(value: Member) -> bool:
    return isinstance(value.key, Const) and isinstance(value.key.value, int)


def is_masked(value: Value) -> bool:
    """Whether a value came out of a function that shortens or hides, going by its name."""
    return any(
        _words("masking") & set(words(found[1]))
        for step in value.trace
        if (found := _RETURNED.search(step.what))
    )


# -- claims --------------------------------------------------------------------------------------


class Sensitivity(enum.Enum):
    """How bad it is that everyone who holds a token can read a claim."""

    CREDENTIAL = "credential"
    PERSONAL = "personal"
    COMMON = "common"  # personal, and in most sessions' payloads


class _Words(NamedTuple):
    words: frozenset[str]
    names: frozenset[str]

    def tell(self, name: str) -> bool:
        return bool(self.words & pairs(name)) or "_".join(words(name)) in self.names


class _Vocabulary(NamedTuple):
    credential: _Words
    personal: _Words
    common: frozenset[str]
    harmless: frozenset[str]
    but: frozenset[str]


def sensitivity(name: str, further: Collection[str] = ()) -> Sensitivity | None:
    """What a claim so called holds; ``further`` names count as credentials."""
    if name in further:
        return Sensitivity.CREDENTIAL
    known = _vocabulary()
    whole = "_".join(words(name))
    if whole not in known.credential.names | known.personal.names:
        found = pairs(name)
        if known.harmless & found and not known.but & found:
            return None
    if known.credential.tell(name):
        return Sensitivity.CREDENTIAL
    if known.personal.tell(name):
        return Sensitivity.COMMON if whole in known.common else Sensitivity.PERSONAL
    return None


@functools.cache
def _vocabulary() -> _Vocabulary:
    known = data("claim-words")
    return _Vocabulary(
        _Words(frozenset(known["credential"]["words"]), frozenset(known["credential"]["names"])),
        _Words(frozenset(known["personal"]["words"]), frozenset(known["personal"]["names"])),
        frozenset(known["personal"]["common"]),
        frozenset(known["harmless"]["words"]),
        frozenset(known["harmless"]["but"]),
    )
