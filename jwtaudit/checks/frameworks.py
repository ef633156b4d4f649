"""Rules about frameworks that say by their settings alone how they handle tokens.

What a setting must be for a rule to report it stands in the framework's model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.key_sources import sources
from jwtaudit.program.key_uses import key_uses
from jwtaudit.values import Const, Env, Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.key_uses import KeyUse


@check("cookie-auth-without-csrf")
def cookie_auth_without_csrf(_project: Project) -> Iterator[Draft]:
    """Tokens are taken from cookies, and other sites can have requests sent with them."""
    yield from ()


@check("user-state-not-rechecked")
def user_state_not_rechecked(_project: Project) -> Iterator[Draft]:
    """Tokens of a user who was shut out go on working."""
    yield from ()


@check("refresh-not-rotated")
def refresh_not_rotated(_project: Project) -> Iterator[Draft]:
    """An exchanged refresh token goes on working."""
    yield from ()


@check("framework-secret-as-signing-key")
def framework_secret_as_signing_key(project: Project) -> Iterator[Draft]:
    """Tokens are signed with the key that the web framework uses for everything else."""
    told: set[str] = set()
    for use in key_uses(project):
        shared = use.library.key_settings[-1:]
        if use.site is not None or len(use.library.key_settings) < 2 or use.library.id in told:
            continue
        if use.setting not in shared and not set(shared) & _names(project, use):
            continue
        if any(isinstance(s.value, Const) and s.value.value for s in sources(project, use.value)):
            continue  # a key that everybody can read is a finding of its own
        told.add(use.library.id)
        yield Draft(
            "",
            use.place,
            f"{use.library.title} signs with `{shared[0]}`, which also protects sessions and links"
            " of the application: whoever verifies tokens holds it, and to change it ends both",
            Confidence.HIGH,
            advice=f"Give tokens a key of their own: `{use.library.key_settings[0]}`.",
            anchor="shared key",
        )


def _names(project: Project, use: KeyUse) -> set[str]:
    """The names under which the environment holds the key."""
    return {
        source.value.name
        for source in sources(project, use.value)
        if isinstance(source.value, (Env, Setting)) and source.value.name
    }
