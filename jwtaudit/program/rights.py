"""What a claim's name and value say of what its holder may do."""

from __future__ import annotations

import functools

from jwtaudit.program.names import words as words_of
from jwtaudit.resources import data
from jwtaudit.values import Const, Sequence, Table, Value, options


@functools.lru_cache(maxsize=1)
def right_words() -> dict[str, frozenset[str]]:
    """The word lists of ``rules/data/privileges.toml``."""
    return {name: frozenset(words) for name, words in data("privileges").items()}


def speaks_of_rights(name: str) -> bool:
    """Whether a claim says what somebody may do."""
    return _plain(name) in right_words()["claims"]


def is_everything(value: Value) -> bool:
    """Whether a claim's value makes its holder an administrator."""
    if isinstance(value, Sequence):
        return any(is_everything(item) for item in value.items)
    if not isinstance(value, Const):
        return False
    if isinstance(value.value, str):
        return _plain(value.value) in right_words()["privileged"]
    return value.value is True


def made_up_identity(value: Value) -> tuple[str, bool] | None:
    """The claim by which literal claims make somebody of their holder, and whether he may do all.

    Nothing, nobody and a guest are no identity.
    """
    found: tuple[str, bool] | None = None
    for table in options(value):
        for name, entry in table.entries.items() if isinstance(table, Table) else ():
            if not isinstance(name, str):
                continue
            identifies = _plain(name) in right_words()["identities"]
            if (identifies or speaks_of_rights(name)) and is_everything(entry):
                return name, True
            if identifies and isinstance(entry, Const) and _is_somebody(entry.value):
                found = found or (name, False)
    return found


def _is_somebody(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return False
    if isinstance(value, int):
        return value > 0
    # A sentence tells what went wrong.
    return bool(value.strip(" 0-")) and not (
        any(c.isspace() for c in value) or right_words()["nobody"] & set(words_of(value))
    )


def _plain(name: str) -> str:
    return "_".join(words_of(name))
