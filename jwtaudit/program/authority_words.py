"""Words by which code shows what it does with a token: ``rules/data/authority.toml``."""

from __future__ import annotations

from jwtaudit.program.names import words as words_of
from jwtaudit.program.word_lists import WordLists

_LISTS = WordLists("authority")
words, says = _LISTS.words, _LISTS.says


def is_harmless(claim: object) -> bool:
    """Whether a claim only chooses a key or an issuer, or says how long something lasts."""
    return claim in words("harmless-claims") or (
        isinstance(claim, str) and not set(words("ending")).isdisjoint(words_of(claim)[-1:])
    )
