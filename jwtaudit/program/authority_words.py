"""Words by which code shows what it does with a token: ``rules/data/authority.toml``."""

from __future__ import annotations

from jwtaudit.program.word_lists import WordLists

_LISTS = WordLists("authority")
words, says = _LISTS.words, _LISTS.says
