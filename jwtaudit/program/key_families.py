"""Which family of algorithms a key is for, as far as its text and its names tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.program.names import names_of, words
from jwtaudit.program.origins import origins
from jwtaudit.program.travels import deep
from jwtaudit.program.word_lists import WordLists
from jwtaudit.values import (
    Absent,
    Call,
    Closure,
    Const,
    Env,
    Member,
    Outcome,
    Param,
    Setting,
    Symbol,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.values import Value

_NO_SECRET = re.compile(r"-----BEGIN|^ssh-|^\s*\{|://|\.(?:pem|key|crt|cer|der)$")
_LISTS = WordLists("key-names")


def is_public(project: Project, key: Value) -> bool:
    """Whether a key is seen to be a public one: by its text, or by what its source is called."""
    for part in deep(key):
        if isinstance(part, Closure) and _fetches(project, part):
            return True
        texts = [hop.what for hop in part.trace]
        if isinstance(part, Const):
            if isinstance(part.value, (str, bytes)) and "-----BEGIN" in str(part.value):
                return True
        elif isinstance(part, (Env, Setting, Param, Member, Symbol)):
            texts.append((part.name or "").rpartition(".")[2])
        elif isinstance(part, Outcome):
            model = project.model_of(part.call)
            role = "" if model is None else model.role
            if role == "key-source":
                return True
            if role == "file":
                texts += [
                    inner.value
                    for argument in part.call.arguments
                    for inner in deep(argument.value)
                    if isinstance(inner, Const) and isinstance(inner.value, str)
                ]
        if any(map(_says_public, texts)):
            return True
    return False


def is_secret(project: Project, key: Value) -> bool:
    """Whether a key is seen to be a shared secret: a text that is no key pair's, or so called."""
    if is_public(project, key):
        return False
    sources = [origin.value for origin in origins(key) if not _is_nothing(origin.value)]
    given = [source for source in sources if not isinstance(source, (Env, Setting, Param))]
    return bool(sources) and all(map(_is_secret, given or sources))


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Absent) or (isinstance(value, Const) and value.value is None)


def _is_secret(source: Value) -> bool:
    text = source.value if isinstance(source, Const) else None
    if isinstance(text, (str, bytes)):
        text = text.decode("latin-1") if isinstance(text, bytes) else text
        return text != "" and not _NO_SECRET.search(text)
    named = [name for part in deep(source) for name in _names(part)]
    paired = {*_LISTS.words("paired")}
    return any(map(_says_secret, named)) and not any(paired & {*words(n)} for n in named)


def _names(value: Value) -> Iterator[str]:
    yield from names_of(value)
    if isinstance(value, Symbol):
        yield value.name.rpartition(".")[2]


def _says_secret(name: str) -> bool:
    """Whether a name is that of a shared secret: ``jwt_secret``, ``SECRET_KEY``, ``hmacKey``."""
    said = words(name)
    if said[-1:] == ("key",) and len(said) > 1:
        return said[-2] in _LISTS.words("shared")
    return said[-1:] != () and said[-1] in _LISTS.words("shared-whole")


def _says_public(text: str) -> bool:
    """Whether a name speaks of a public key, and not of what else is public: ``PUBLIC_URL``."""
    said = {*words(text), *re.findall(r"[a-z0-9]+", text.lower())}
    found = said.intersection(_LISTS.words("public"))
    return bool(found) and not (found == {"public"} and said & {*_LISTS.words("otherwise-public")})


def _fetches(project: Project, function: Closure) -> bool:
    """Whether a function that gives keys takes them from where public keys are published."""
    scope = project.scope(function.id)
    return scope is not None and any(
        isinstance(event, Call)
        and (model := project.model_of(event)) is not None
        and model.role == "key-source"
        for event in scope.events
    )
