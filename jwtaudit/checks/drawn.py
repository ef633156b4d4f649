"""Tokens that are drawn by chance rather than signed, and can be guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.names import pairs, words
from jwtaudit.program.scopes import Assigned, Returned
from jwtaudit.program.token_sources import has_role
from jwtaudit.program.travels import deep
from jwtaudit.values import Outcome, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_TOKENS = frozenset({"token", "tokens"})


def guessable(project: Project) -> Iterator[Draft]:
    """Refresh tokens of a program that signs others, drawn by what is no source of secrets."""
    if not any(True for _ in project.sites("sign")):
        return
    told: set[Place] = set()
    for event in project.events:
        if isinstance(event, Assigned):
            name = event.name
        elif isinstance(event, Returned):
            given = [option for option in options(event.value) if isinstance(option, Outcome)]
            if any(has_role(project, option, "respond") for option in given):
                continue  # what a client is answered holds other things, too
            name = event.scope.qualname.rpartition(".")[2]
        else:
            continue
        if not _is_refresh_token(name) or is_test(event.place.path):
            continue
        drawn = _drawn(project, event.value)
        if drawn is None or drawn in told:
            continue
        told.add(drawn)
        shown = is_demonstration(drawn.path, event.path)
        yield Draft(
            "",
            drawn,
            "a refresh token is made by a pseudo-random generator that is not for secrets: from"
            " some of its output the rest can be computed, and whoever does so takes over sessions",
            Confidence.LOW if shown else Confidence.MEDIUM,
            trace=((event.place, f"`{name}` is made of it"),),
            advice="Draw it from a source of secrets, of at least 16 bytes.",
            anchor=f"{enclosing(project, drawn)}:drawn",
        )


def _is_refresh_token(name: str) -> bool:
    return "refresh_token" in pairs(name) and words(name)[-1] in _TOKENS


def _drawn(project: Project, value: Value) -> Place | None:
    """Where a value is drawn by a generator that is not for secrets."""
    for part in deep(value):
        model = project.model_of(part.call) if isinstance(part, Outcome) else None
        if model is not None and model.role == "generator" and model.effect == "predictable":
            return part.place
    return None
