"""How advice names code, in the language of the program (``rules/data/wording.toml``)."""

from __future__ import annotations

from jwtaudit.resources import data


def wording(language: str, name: str) -> str:
    """How something is written in a language; in Python where the language has no word for it."""
    known = data("wording")
    found: str = known.get(language, {}).get(name) or known["python"][name]
    return found
