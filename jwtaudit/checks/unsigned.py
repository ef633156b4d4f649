"""Tokens without any signature: accepted, or issued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.algorithms import (
    has_no_key,
    is_given,
    is_none,
    issues_unsigned,
    listed,
    refuses_unsigned,
    signing,
    unsigned_by,
    verifying,
)
from jwtaudit.program.call_drafts import by_branch, call_draft, version_of
from jwtaudit.program.key_at_hand import signed_instead, verified_with_key
from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.none_branches import none_branches
from jwtaudit.program.purposes import is_meant_bad
from jwtaudit.program.repairs import drop
from jwtaudit.program.signing_evidence import signing_algorithm
from jwtaudit.program.switches import turned_off
from jwtaudit.repair import DropItem, Repair, Replace
from jwtaudit.values import Absent, Const, Symbol, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.values import Value


@check("none-algorithm-accepted")
def none_algorithm_accepted(project: Project) -> Iterator[Draft]:
    """A verifying call that takes tokens without any signature."""
    for test, event in none_branches(project):
        yield Draft(
            "",
            test.place,
            "a token whose header says `none` is taken without any signature here, so anyone can"
            " mint tokens",
            Confidence.HIGH,
            trace=((test.place, "asked here"), (event.place, "returned unverified here")),
            advice="Refuse it: only the algorithm that your issuer signs with is right.",
            anchor=f"{test.scope.qualname} none",
        )
    for site in verifying(project):
        title = site.library.title
        if site.semantic("none-default") == "accept" and not is_given(site.argument("algorithms")):
            yield call_draft(
                site,
                site.place,
                f"{title} {version_of(site)} accepts tokens with alg `none` in this call, whatever"
                " the key: anyone can mint tokens",
                f"Upgrade {title}, and list the algorithm that your issuer signs with.",
                confidence=Confidence.HIGH if site.version else Confidence.LOW,
            )
        if (nothing := _key_for_none(project, site)) is not None:
            yield call_draft(
                site,
                site.place,
                f"`{nothing.name.rpartition('.')[2]}` as the key makes {title} take tokens without"
                " any signature, so anyone can mint tokens",
                "Give the issuer's key.",
            )
        for name in listed(site) if _accepts_none(site) else ():
            if is_none(name) and not _is_request_object(site):
                yield call_draft(
                    site,
                    name.place or site.place,
                    f"`none` is accepted as an algorithm: {title} takes tokens without any"
                    " signature here, so anyone can mint tokens",
                    "Remove `none` from the list.",
                    value=name,
                    what="accepted here",
                    confidence=by_branch(site.argument("algorithms")),
                    repair=_without(site, name),
                )
        for off in turned_off(site):
            if off.effect == "unsigned":
                value = off.evidence.value
                yield call_draft(
                    site,
                    value.place or site.place,
                    f"`{off.switch.when.argument}` makes {title} take tokens without any"
                    " signature, so anyone can mint tokens",
                    f"Remove `{off.switch.when.argument}`.",
                    value=value,
                    what="given here",
                    repair=drop(site, value, f"Remove `{off.switch.when.argument}`"),
                )


def _is_request_object(site: Site) -> bool:
    """Whether the token carries a client's request, which may be unsigned (OIDC Core 6.1)."""
    names = (*names_of(site.argument("token")), site.call.scope.qualname)
    return any("request_object" in pairs(name) for name in names)


@check("none-algorithm-listed")
def none_algorithm_listed(project: Project) -> Iterator[Draft]:
    """``none`` where the library refuses it: no hole today, and a trap for the next change."""
    for site in verifying(project):
        if _accepts_none(site):
            continue
        for name in listed(site):
            if is_none(name):
                yield call_draft(
                    site,
                    name.place or site.place,
                    f"`none` is in the list of accepted algorithms; {site.library.title} never"
                    " accepts it, but another library or version would take unsigned tokens",
                    "Remove `none` from the list.",
                    value=name,
                    what="listed here",
                    repair=_without(site, name, safe=True),
                )
    for site in signing(project):
        for algorithm in unsigned_by(site):
            if refuses_unsigned(site):
                yield call_draft(
                    site,
                    algorithm.place or site.place,
                    f"`none` as the algorithm of a signature: {site.library.title} refuses to make"
                    " this token, so the call always fails",
                    "Name the algorithm that fits the key.",
                    value=algorithm,
                    what="used here",
                    repair=signed_instead(site),
                )


@check("unsigned-token-issued")
def unsigned_token_issued(project: Project) -> Iterator[Draft]:
    """A token made without a signature."""
    for site in signing(project):
        if is_meant_bad(site):
            continue
        keyless = _key_for_none(project, site)
        if keyless is not None:
            yield call_draft(
                site,
                keyless.place or site.place,
                f"{site.library.title} issues a token without a signature for this key: whoever"
                " accepts it accepts any token that anyone writes",
                "Give the key to sign with.",
                value=keyless,
                what="used here",
                repair=signed_instead(site),
            )
        if not issues_unsigned(site):
            continue
        for algorithm in unsigned_by(site):
            yield call_draft(
                site,
                algorithm.place or site.place,
                "a token is issued without a signature: whoever accepts it accepts any token that"
                " anyone writes",
                "Sign it: name an algorithm such as HS256 or ES256, and give a key.",
                value=algorithm,
                what="used here",
                confidence=Confidence.HIGH if has_no_key(site) else Confidence.MEDIUM,
                repair=signed_instead(site),
            )
        key = site.argument("key")
        none = isinstance(key, Absent) or (isinstance(key, Const) and key.value is None)
        if none and site.semantic("key-none") == "accept":
            yield call_draft(
                site,
                site.place,
                f"without a key {site.library.title} issues a token without a signature: whoever"
                " accepts it accepts any token that anyone writes",
                "Give the key to sign with.",
                repair=signed_instead(site),
            )


def _key_for_none(project: Project, site: Site) -> Symbol | None:
    """A library's own stand-in for a key, with which nothing is verified."""
    for option in options(site.argument("key")):
        if isinstance(option, Symbol) and any(
            model.effect == "no-key" for model in project.models.exactly(option.name)
        ):
            return option
    return None


def _accepts_none(site: Site) -> bool:
    accepted = site.semantic("none-listed")
    if accepted == "accept-without-key":
        return has_no_key(site)
    return bool(accepted == "accept")


def _without(site: Site, name: Value, *, safe: bool = False) -> Repair | None:
    """Take an algorithm from the list; where nothing is left, what the project signs with."""
    if any(not is_none(value) for value in listed(site)):
        dropped = DropItem(name.place) if name.place else None
        return Repair("Remove `none` from the list", dropped, safe=safe) if dropped else None
    algorithm = signing_algorithm(site)
    if algorithm is None or name.place is None:
        return verified_with_key(site) if has_no_key(site) else None
    return Repair(
        f"Accept {algorithm}, which the project signs with, and not `none`",
        Replace(name.place, algorithm),
    )
