"""Keys that are no secret: public defaults, and texts that ask to be replaced."""

from __future__ import annotations

import functools
import re

from jwtaudit.resources import rules_directory

# "your-secret-key-here", "change_me_in_prod": someone wrote a note where a key belongs.
_PLACEHOLDER = re.compile(
    r"(?i)(^|[^a-z])(your|my|the|some|change|replace|insert|todo|example|default|dev|test|fallback"
    r"|secret|please|super|very|really|strong|put|enter|generate|demo|sample|local|insecure|jwt|not)"
    r"([-_ ]?).*(secret|key|token|here|prod|production|me|own|this|bits|password|string"
    r"|characters?|chars)"
    r"|^your[-_ ][a-z]"
)
_GENERATED_PREFIXES = ("django-insecure-",)


@functools.lru_cache(maxsize=1)
def known_secrets() -> tuple[str, ...]:
    """The public list of keys, in order."""
    text = (rules_directory() / "data" / "known-secrets.txt").read_text("utf-8")
    return tuple(line for line in text.split("\n") if line and not line.startswith("# "))


@functools.lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(known_secrets())


def is_known(key: str | bytes) -> bool:
    """Whether a key stands in the public list, in any letter case."""
    text = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
    return text in _known() or text.lower() in _known()


def is_placeholder(key: str | bytes) -> bool:
    """Whether a key reads like a note to replace it, or is generated with a warning in front."""
    text = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
    return text.startswith(_GENERATED_PREFIXES) or bool(_PLACEHOLDER.search(text))
