"""Keys that leave the server: in code that everyone loads, and in answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import is_tested
from jwtaudit.program.context import Setting, is_test, setting_of
from jwtaudit.program.key_leaks import shown_keys
from jwtaudit.program.key_sources import sources
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.names import words as words_of
from jwtaudit.program.origins import steps
from jwtaudit.program.platforms import in_browser, platform_words
from jwtaudit.program.scopes import Returned
from jwtaudit.program.token_sources import answers_requests
from jwtaudit.values import Absent, Const, Env, Outcome, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.source import Place
    from jwtaudit.values import Value

_ASYMMETRIC = ("RS", "PS", "ES", "ED")


@check("secret-exposed-to-client")
def secret_exposed_to_client(project: Project) -> Iterator[Draft]:
    """The key that signs tokens is in the code that every visitor loads."""
    public = list(_public_keys(project))
    used = {env.name: use for use, env in public}
    told = {use.place for use, _ in public}
    for name, places in _published(project).items():
        first, *others = sorted(places, key=lambda p: (p.path, p.span.start))
        use = used.get(name)
        sure = use is not None or any(in_browser(project, place.path) for place in places)
        prefix = next(p for p in platform_words("public-prefixes") if name.startswith(p))
        yield _draft(
            first,
            f"`{name}` is copied into the code that every visitor loads, as all variables are"
            f" that begin with `{prefix}`: whoever looks there can mint tokens for any user",
            Confidence.HIGH if sure else Confidence.MEDIUM,
            name,
            related=(
                *((use.place, f"{use.library.title} {use.verb} with it") for use in [use] if use),
                *((place, "read here, too") for place in others),
            ),
        )
    for use in key_uses(project):
        if use.site is None or use.place in told or not in_browser(project, use.place.path):
            continue
        if use.role == "sign" and not is_tested(use.site) and _is_brought_along(project, use):
            told.add(use.place)
            yield _draft(
                use.place,
                "a token is signed in code that runs where the user is, so that its key is there"
                " too: whoever looks for it can mint tokens for any user",
                Confidence.MEDIUM,
                "signed",
                trace=steps(use.value, use.place, "signed with it here"),
            )
    yield from _sent(project)


def _sent(project: Project) -> Iterator[Draft]:
    """The answers of a server that hold the key."""
    told = set()
    for place, value in _answers(project):
        part = next(shown_keys(project, value, place.path), None)
        if part is not None and place not in told:
            told.add(place)
            yield _draft(
                place,
                "the key that signs tokens is sent to whoever asks, and can mint tokens for"
                " any user then",
                Confidence.HIGH,
                "sent",
                trace=steps(part, place, "sent in an answer here"),
            )


def _answers(project: Project) -> Iterator[tuple[Place, Value]]:
    """What is sent to clients: given to what answers, or returned by what routes lead to."""
    for call in project.calls_with("respond"):
        if not is_test(call.place.path):
            yield from ((call.place, argument.value) for argument in call.arguments)
    for event in project.events:
        if (
            isinstance(event, Returned)
            and not is_test(event.place.path)
            and answers_requests(project, event.scope)
        ):
            yield event.place, event.value


def _published(project: Project) -> dict[str, set[Place]]:
    """The secrets among the variables that a bundler copies, and where they are read."""
    found: dict[str, set[Place]] = {}
    for _, parts in project.script_parts:
        for part in parts:
            if isinstance(part, Env) and part.place is not None and _is_secret(part.name):
                found.setdefault(part.name or "", set()).add(part.place)
    return found


def _public_keys(project: Project) -> Iterator[tuple[KeyUse, Env]]:
    """The uses of keys that are read from such a variable."""
    for use in key_uses(project):
        for source in sources(project, use.value):
            if isinstance(source.value, Env) and _is_secret(source.value.name):
                yield use, source.value


def _is_secret(name: str | None) -> bool:
    """Whether a variable is published by its name, and a key for tokens by the rest of it."""
    prefix = next((p for p in platform_words("public-prefixes") if (name or "").startswith(p)), "")
    if not prefix or name is None:
        return False
    rest = name[len(prefix) :].lower()
    found = set(words_of(rest))
    if found & platform_words("published"):
        return False
    return any(word in rest for word in platform_words("whole-secrets")) or (
        bool(found & platform_words("signing"))
        and any(word in rest for word in platform_words("secret"))
    )


def _is_brought_along(project: Project, use: KeyUse) -> bool:
    """Whether the key comes with the code: not typed in, nor made on the spot, nor a literal.

    A literal key is reported as such.
    """
    if any(name.startswith(_ASYMMETRIC) for name in use.algorithms):
        return False
    for part in options(use.value):
        if isinstance(part, (Absent, Const)):
            return False
        for inner in walk(part):
            if isinstance(inner, Outcome):
                model = project.model_of(inner.call)
                if model is not None and model.role in (
                    "key-generate",
                    "generator",
                    "storage-read",
                ):
                    return False
    return any(isinstance(part, Env) for part in walk(use.value))


def _draft(
    place: Place,
    message: str,
    confidence: Confidence,
    anchor: str,
    *,
    trace: Iterator[tuple[Place, str]] | tuple[tuple[Place, str], ...] = (),
    related: tuple[tuple[Place, str], ...] = (),
) -> Draft:
    if setting_of(place.path) is not Setting.PRODUCT:
        confidence = Confidence.LOW
    return Draft(
        rule="",
        place=place,
        message=message,
        confidence=confidence,
        trace=tuple(trace),
        related=related,
        advice="Sign and verify on the server, with a key in a variable of another name, and"
        " change the key: it has been published.",
        anchor=f"client {anchor}",
    )
