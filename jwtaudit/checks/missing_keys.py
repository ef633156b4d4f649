"""Keys that are not there, or that no library takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence
from jwtaudit.program.key_at_hand import keyed
from jwtaudit.program.key_drafts import key_draft, versioned, when_missing, written
from jwtaudit.program.key_guards import is_refused, is_refused_before, is_ruled_out
from jwtaudit.program.key_material import (
    as_text,
    is_asymmetric,
    is_hmac,
    is_hole,
    is_path,
    is_pem,
    is_public,
    made_of,
    text_of,
)
from jwtaudit.program.key_sources import TEXT_OF_NOTHING, TEXT_OF_UNDEFINED, Source, sources
from jwtaudit.program.key_uses import KeyUse, key_uses, signature_is_switched
from jwtaudit.program.names import words
from jwtaudit.program.scopes import MODULE, Tested
from jwtaudit.program.secret_repairs import insisted_on, without_default
from jwtaudit.program.set_outside import fields_at, set_by_others
from jwtaudit.values import Absent, Const, Env, Member, Setting, same, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.finding import Draft
    from jwtaudit.program import Project
    from jwtaudit.repair import Repair
    from jwtaudit.source import Place

# What is said of an empty key that the newest version refuses, and older ones take.
_OLDER = "accepted-before"
_MAKING = frozenset({"sign", "generate", "create", "issue", "make", "mint", "encode"})


@check("empty-or-missing-key")
def empty_or_missing_key(project: Project) -> Iterator[Draft]:
    """The key may be empty, and the library takes it."""
    for use, source, verdict in _empty_keys(project):
        if verdict in ("accept", "warn", _OLDER):
            older = verdict == _OLDER
            who = f"older versions of {use.library.title}" if older else versioned(use)
            does = "work" if older else use.verb
            yield key_draft(
                project,
                use,
                source,
                f"{when_missing(source)} the key is empty, and {who} {does} with it:"
                " anyone can mint tokens for any user",
                f"Take the key without a default (`{written(use, 'key-from-environment')}`), and"
                " refuse to start when it is empty.",
                Confidence.HIGH if use.version is not None else Confidence.MEDIUM,
                repair=_insisted(project, source) or (keyed(use.site) if use.site else None),
            )
    yield from _missing_keys(project)


def _missing_keys(project: Project) -> Iterator[Draft]:
    """A key that may not be there, where the library then asks for no signature at all.

    Whoever signs with the same key would have noticed: that fails.
    """
    signing = {
        name
        for use in key_uses(project)
        if use.role == "sign"
        for source in sources(project, use.value)
        for name in _lookup_names(source)
    }
    signing.update(_handed_over(project))
    for use, source in made_of(project):
        site = use.site
        if site is None or use.role != "verify" or _is_there(source):
            continue
        if use.semantic("key-none-verifies") != "unsigned":
            continue
        if not isinstance(site.argument("algorithms"), Absent) or signature_is_switched(site):
            continue
        if _lookup_names(source) & signing or is_refused(project, source):
            continue
        if isinstance(source.value, Member) and _is_tested(project, source.value):
            continue
        chosen = isinstance(source.value, Member)
        when = "Where the `kid` of a token is not known," if chosen else when_missing(source)
        yield key_draft(
            project,
            use,
            source,
            f"{when} there is no key, and {versioned(use)} then accepts tokens without"
            " any signature: anyone can write them, for any user",
            "Name the algorithms that are accepted, and refuse a `kid` that is not known."
            if chosen
            else "Name the algorithms that are accepted, and refuse to start without the key.",
            Confidence.HIGH if chosen else Confidence.MEDIUM,
            repair=None if chosen else insisted_on(source),
        )


def _handed_over(project: Project) -> Iterator[str]:
    """What is given to a function that is not seen and makes something: tokens, perhaps."""
    for call in project.calls:
        if _MAKING & set(words(call.name.rpartition(".")[2])) and call.target is None:
            for argument in call.arguments:
                for part in walk(argument.value):
                    if isinstance(part, (Env, Setting)) and part.name:
                        yield part.name


def _is_tested(project: Project, value: Member) -> bool:
    """Whether one side of a test of a value does not go on."""
    return any(
        isinstance(event, Tested)
        and (event.then_exits or event.else_exits)
        and any(same(part, value) for part in walk(event.value))
        for event in project.events
    )


def _is_there(source: Source) -> bool:
    """Whether a key is known to be there, or nothing is known of that."""
    value = source.value
    if isinstance(value, Member):  # an entry that the token itself names
        return not (
            value.item and any(isinstance(p, Member) and p.name == "kid" for p in walk(value.key))
        )
    return not isinstance(value, Const) or bool(value.value) or not _lookup_names(source)


def _lookup_names(source: Source) -> set[str]:
    return {
        found.name for found in source.lookups if isinstance(found, (Env, Setting)) and found.name
    }


@check("refused-key")
def refused_key(project: Project) -> Iterator[Draft]:
    """A key that the library will not take: nobody gets in, the users included."""
    for use, source, verdict in _empty_keys(project):
        if any(isinstance(one, Env) and (one.asked or not one.name) for one in source.lookups):
            continue  # a helper that reads any variable; what must be there is said elsewhere
        if verdict in ("error", "reject"):
            yield key_draft(
                project,
                use,
                source,
                f"{when_missing(source)} {_refusal(use, source)}",
                "Refuse to start when the key is missing.",
                Confidence.HIGH if use.version is not None else Confidence.MEDIUM,
                repair=_insisted(project, source),
            )
    for use, source in made_of(project):
        reason = _unusable(use, source)
        if reason:
            yield key_draft(
                project,
                use,
                source,
                f"{use.library.title} cannot use this as a key ({reason}): every call fails",
                "Give the key that the algorithm needs.",
                Confidence.HIGH,
                secrets=(source.value.place,) if source.value.place is not None else (),
            )


def _refusal(use: KeyUse, source: Source) -> str:
    """What is said of a key that a library refuses because there is none."""
    assert isinstance(source.value, Const)
    if not isinstance(source.value.value, (str, bytes)):
        return f"there is no key: {versioned(use)} refuses the call, so nobody gets in"
    said = f"the key is empty: {versioned(use)} refuses it at the first token"
    if _is_taken_by_older(use):
        said += ", older versions accept it and so do tokens that anyone can mint"
    return said


def _insisted(project: Project, source: Source) -> Repair | None:
    assert isinstance(source.value, Const)
    lookups = [found for found in source.lookups if isinstance(found, (Env, Setting))]
    return without_default(project, source.value, lookups)


def _empty_keys(project: Project) -> Iterator[tuple[KeyUse, Source, object]]:
    for use, source in made_of(project):
        value = source.value
        if use.role == "factory" or not isinstance(value, Const):
            continue
        if is_asymmetric(use) or source.imported or source.derived:
            continue
        if use.site is None:
            verdict = _of_library_below(project, use)
            if source.lookups and value.value == "" and not is_refused(project, source):
                yield from [(use, source, verdict)] if verdict in ("accept", "warn") else ()
            continue
        if signature_is_switched(use.site):
            continue  # without a key nothing is verified, and that is a matter of its own
        if isinstance(value.value, (str, bytes)) and not value.value:
            if value.place is None or value.place == use.place:
                continue  # left out: the library's own default
            if not source.lookups and fields_at(project, value.place):
                continue  # filled in by whoever makes the object
            if not (
                is_refused(project, source)
                or is_refused_before(project, use, source)
                or is_ruled_out(project, use, source)
                or _is_set_at_start(project, value.place)
            ):
                yield use, source, _of_empty(use)
        elif _is_nothing(use, source) and not _is_set_later(project, value.place):
            unsigned = use.semantic("key-none-verifies") == "unsigned"
            yield use, source, "accept" if unsigned else use.semantic("key-none")


def _of_empty(use: KeyUse) -> object:
    """What the library does with an empty key; unpinned, it may be one that still takes it."""
    verdict = use.semantic("key-empty")
    refused = verdict in ("error", "reject")
    return _OLDER if use.version is None and refused and _is_taken_by_older(use) else verdict


def _is_taken_by_older(use: KeyUse) -> bool:
    """Whether some version of the library takes an empty key, of the kind that may be one."""
    facts = use.library.semantics.get("key-empty", ())
    shared = not use.algorithms or any(name.startswith("HS") for name in use.algorithms)
    return shared and any(told in ("accept", "warn") for _, told in facts)


def _of_library_below(project: Project, use: KeyUse) -> object:
    """What the library that a framework signs by does with the empty key of its own setting."""
    name = use.library.semantic("signs-by", use.version)
    if not name or use.setting != use.library.key_settings[0]:
        return None  # the key of the web framework, which does not start with an empty one
    below = next(library for library in project.models.libraries if library.id == name)
    version = project.version(below, use.place.path)
    return None if version is None else below.semantic("key-empty", version)


def _is_nothing(use: KeyUse, source: Source) -> bool:
    """Whether ``None``, or a script's ``undefined`` or ``false``, is the key, and nothing else."""
    if use.role == "sign":
        meant = bool(use.algorithms) and "NONE" not in use.algorithms
    else:
        meant = use.library.language == "javascript"
    return (
        meant
        and isinstance(use.value, Const)
        and (use.value.value is None or use.value.value is False)
        and not source.lookups
        and source.value.place not in (None, use.place)
    )


def _is_set_later(project: Project, place: Place | None) -> bool:
    """Whether somebody sets the attribute of an object that begins with a value."""
    return any(True for _ in set_by_others(project, place))


def _is_set_at_start(project: Project, place: Place) -> bool:
    """Whether a module sets the attribute when it is loaded: ``settings.KEY = file.read()``."""
    return any(
        event.scope.qualname == MODULE and not event.path and not isinstance(event.value, Const)
        for event in set_by_others(project, place)
    )


def _unusable(use: KeyUse, source: Source) -> str:
    text = text_of(source.value)
    if not text or source.imported or source.derived or use.site is None:
        return ""
    if source.lookups and text in (TEXT_OF_NOTHING, TEXT_OF_UNDEFINED):
        return ""  # only where a variable is not set
    shown = as_text(text).strip()
    if is_asymmetric(use) and not is_pem(shown) and not shown.startswith(("{", "[")):
        if is_hole(shown) or any(a == "NONE" for a in use.algorithms):
            return ""
        return "a path is not read" if is_path(shown) else "it is not a PEM or JWK"
    if is_public(shown) and is_hmac(use) and use.semantic("hs-with-pem") == "reject":
        return "HMAC with a public key is refused"
    return ""
