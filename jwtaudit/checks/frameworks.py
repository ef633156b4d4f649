"""Rules about frameworks that say by their settings alone how they handle tokens.

What a setting must be for a rule to report it stands in the framework's model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.finding import Draft
    from jwtaudit.program import Project


@check("cookie-auth-without-csrf")
def cookie_auth_without_csrf(_project: Project) -> Iterator[Draft]:
    """Tokens are taken from cookies, and other sites can have requests sent with them."""
    yield from ()


@check("token-type-confusion")
def token_type_confusion(_project: Project) -> Iterator[Draft]:
    """A token of one kind is accepted where another is asked for."""
    yield from ()


@check("user-state-not-rechecked")
def user_state_not_rechecked(_project: Project) -> Iterator[Draft]:
    """Tokens of a user who was shut out go on working."""
    yield from ()
