"""Words that decide about names which tokens choose: ``rules/data/steering.toml``."""

from __future__ import annotations

from jwtaudit.program.word_lists import WordLists

_LISTS = WordLists("steering")
words, says = _LISTS.words, _LISTS.says
