"""What decides about names that tokens choose: words of ``rules/data/steering.toml``."""

from __future__ import annotations

import functools


@functools.lru_cache(maxsize=1)
def _all_words() -> dict[str, tuple[str, ...]]:
    import tomli  # noqa: PLC0415 - only where tokens are read

    from jwtaudit.resources import rules_directory  # noqa: PLC0415

    document = tomli.loads((rules_directory() / "data" / "steering.toml").read_text("utf-8"))
    return {name: tuple(words) for name, words in document.items()}


def words(name: str) -> tuple[str, ...]:
    """A word list of ``rules/data/steering.toml``."""
    return _all_words()[name]


def says(text: str, name: str) -> bool:
    """Whether a text holds one of the words of a list."""
    lower = text.lower()
    return any(word in lower for word in words(name))
