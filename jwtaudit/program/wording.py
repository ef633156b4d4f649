"""How advice names code, in the language of the program (``rules/data/wording.toml``)."""

from __future__ import annotations

import functools

import tomli

from jwtaudit.resources import rules_directory


@functools.cache
def _data() -> dict[str, dict[str, str]]:
    return tomli.loads((rules_directory() / "data" / "wording.toml").read_text("utf-8"))


def wording(language: str, name: str) -> str:
    """How something is written in a language; in Python where the language has no word for it."""
    data = _data()
    return data.get(language, {}).get(name) or data["python"][name]
