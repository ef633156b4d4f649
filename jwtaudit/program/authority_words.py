"""Words by which code shows what it does with a token: ``rules/data/authority.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.names import names_of
from jwtaudit.program.names import words as words_of
from jwtaudit.program.word_lists import WordLists

if TYPE_CHECKING:
    from jwtaudit.values import Call

_LISTS = WordLists("authority")
words, says = _LISTS.words, _LISTS.says


def is_harmless(claim: object) -> bool:
    """Whether a claim only chooses a key or an issuer, or says how long something lasts."""
    return claim in words("harmless-claims") or (
        isinstance(claim, str) and not set(words("ending")).isdisjoint(words_of(claim)[-1:])
    )


def asks_issuer(call: Call) -> bool:
    """Whether the client of an identity provider is asked whose token it is."""
    owner, _, name = call.name.rpartition(".")
    owners = [owner.rpartition(".")[2]]
    if call.receiver is not None:
        owners += names_of(call.receiver)
    return any(f"{one}.{name}" in words("asking-calls") for one in owners)
