"""Programs that sign with one variable, and verify with another that is called otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.facts import Assign, Name
from jwtaudit.program.claims import is_foreign, is_tested
from jwtaudit.program.claims_read import Reading
from jwtaudit.program.contracts import claims_in
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.names import pairs, words
from jwtaudit.program.operations import empty
from jwtaudit.program.ties import are_one_program
from jwtaudit.resources import words_of_data
from jwtaudit.values import Absent, Env, options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.program.project import Project

_VERIFYING = ("verify", "verify-signature")
# What a variable is called that holds a program's own secret, and nothing else's.
_PLAIN = frozenset({"access", "app", "auth", "jwt", "key", "my", "secret", "token", "tokens"})


class Twins(NamedTuple):
    """The variables that a program signs and verifies with, and where it does."""

    signed: str
    verified: str
    signing: list[KeyUse]
    verifying: list[KeyUse]


def named_apart(project: Project) -> Twins | None:
    """The two variables of a program that knows no other keys; None where they are one."""
    uses = [use for use in key_uses(project) if use.site is not None and not is_tested(use.site)]
    signing = [use for use in uses if use.role == "sign"]
    verifying = [use for use in uses if use.role in _VERIFYING]
    if len(uses) != len(signing) + len(verifying) or not signing:
        return None
    signed, verified = _variable(signing), _variable(verifying)
    if signed is None or verified is None or signed == verified:
        return None
    if {signed, verified} <= _configured(project):
        return None  # where both are given a value, that may be the same
    if not all(_takes_own(project, use, signing) for use in verifying):
        return None
    return Twins(signed, verified, signing, verifying)


def _variable(uses: Iterable[KeyUse]) -> str | None:
    """The one variable that all keys are read from; None where it is not one, or not known."""
    found: set[str | None] = set()
    for use in uses:
        if any(not name.startswith("HS") for name in use.algorithms):
            return None
        for option in options(use.value):
            plain = isinstance(option, Env) and (
                isinstance(option.default, Absent) or empty(option.default)
            )
            found.add(option.name if plain and isinstance(option, Env) else None)
    name = next(iter(found)) if len(found) == 1 else None
    return name if name is not None and set(words(name)) <= _PLAIN else None


def _configured(project: Project) -> set[str]:
    """The variables that files of settings give a value."""
    return {
        statement.targets[0].id.rpartition(".")[2]
        for facts in project.facts.values()
        if facts.language == "config"
        for statement in facts.body
        if isinstance(statement, Assign) and isinstance(statement.targets[0], Name)
    }


def _takes_own(project: Project, use: KeyUse, signing: list[KeyUse]) -> bool:
    """Whether what is verified can only be what the program signs."""
    site = use.site
    assert site is not None
    if is_foreign(site):
        return False
    if any(words_of_data("authority", "foreign") & pairs(c.scope.qualname) for c in site.calls):
        return False
    read = Reading(site).direct
    signed = {
        name for other in signing if other.site for names in claims_in(other.site) for name in names
    }
    return (not read or bool(read & signed)) and all(
        are_one_program(project, use.place.path, other.place.path) for other in signing
    )
