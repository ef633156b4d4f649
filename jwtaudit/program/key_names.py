"""What the name of a configuration entry says: whether its value is the key of tokens."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from jwtaudit.resources import data

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Names that say nothing without the one above them: ``jwt: {secret: ...}``.
_GENERIC = frozenset({"secret", "key", "secretkey", "signingkey", "privatekey", "signingsecret"})


@functools.lru_cache(maxsize=1)
def _lists() -> Mapping[str, frozenset[str]]:
    document = data("key-names")
    return {name: frozenset(words) for name, words in document.items() if isinstance(words, list)}


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def names_token_key(name: str) -> bool:
    """Whether a dotted name can only mean the key of tokens: ``JWT_SECRET``, ``jwt.signingKey``."""
    lists = _lists()
    path = name.split(".")
    if any(not lists["aside"].isdisjoint(_words(part)) for part in path):
        return False
    words = _words(path[-1])
    if "".join(words) in _GENERIC and len(path) > 1:
        words = [*_words(path[-2]), *words]
    if lists["keyed"].isdisjoint(words) and not lists["claims"].isdisjoint(words):
        return False  # which claim to look at
    return words[-1:] in (["secret"], ["key"]) and not lists["tokens"].isdisjoint(words)


def may_name_token_key(name: str) -> bool:
    """Whether a dotted name says that it is the key of something like tokens: ``AUTH_SECRET``."""
    lists = _lists()
    words = _words(name.rpartition(".")[2])
    return (
        "secret" in words
        and words[-1] in ("secret", "key")
        and not lists["likely"].isdisjoint(words)
        and (lists["likely"] | lists["beside"]).issuperset(words)
    )
