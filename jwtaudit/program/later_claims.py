"""Claims that are put into a token object after it was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.names import words
from jwtaudit.program.scopes import Stored
from jwtaudit.values import Const, Member, Outcome, Table, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.sites import Site

_WITHIN = ("token", "payload")  # `refresh.access_token["role"] = ...`


def stored_later(site: Site) -> Iterator[tuple[str, Value]]:
    """Claims set on a token object: ``token["email"] = user.email``."""
    for event in site.project.uses(site.call):
        if (
            isinstance(event, Stored)
            and event.item
            and isinstance(event.key, Const)
            and isinstance(event.key.value, str)
            and any(_is_token_of(site, base) for base in options(event.base))
        ):
            yield event.key.value, event.value


def _is_token_of(site: Site, value: Value) -> bool:
    """Whether a value is what a call made, with or without claims put into it since."""
    if isinstance(value, Table):
        return any(_is_token_of(site, rest) for rest in value.rest)
    if isinstance(value, Member) and not value.item and value.name is not None:
        return words(value.name)[-1] in _WITHIN and _is_token_of(site, value.base)
    return isinstance(value, Outcome) and value.call.place == site.place
