"""Claims that are missing, not checked, or not insisted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.checks.bare_signatures import of_bare_signatures
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.authority_words import is_harmless
from jwtaudit.program.claims import (
    REGISTERED,
    bases_of,
    compares,
    has_expectation,
    holds_call,
    is_foreign,
    is_handed_to_check,
    is_registered_check,
    is_tested,
    reads,
)
from jwtaudit.program.claims_read import Reading
from jwtaudit.program.claims_repairs import expected_again, read_as_claims, validated
from jwtaudit.program.context import (
    Setting,
    exclusive,
    in_main,
    is_demonstration,
    is_test,
    setting_of,
)
from jwtaudit.program.deciding import compares as is_comparison
from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.origins import steps
from jwtaudit.program.peeks import is_chosen_by, is_compared_before
from jwtaudit.program.refusals import is_told_along
from jwtaudit.program.repairs import check_and_require, require_claim
from jwtaudit.program.requirements import requires
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.switches import turned_off
from jwtaudit.program.times import HOUR, MINUTE, times
from jwtaudit.program.timespans import as_tolerance
from jwtaudit.program.token_sources import (
    answers_requests,
    has_role,
    is_answer,
    is_kept_by_client,
    tells_of_server,
    tells_of_user,
)
from jwtaudit.program.travels import deep
from jwtaudit.program.verifiers import is_never_minted
from jwtaudit.program.version_branches import is_for_some_version
from jwtaudit.program.wording import wording
from jwtaudit.repair import Named, Repair, Replace
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    Absent,
    Call,
    Const,
    Outcome,
    Param,
    Symbol,
    Value,
    member,
    options,
    root_of,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.program.switches import Off
    from jwtaudit.values import Value

_MOST_LEEWAY = 5 * MINUTE


def stepped(site: Site, confidence: Confidence = Confidence.HIGH) -> Confidence:
    """One step less sure in examples and demos."""
    shown = setting_of(site.place.path) is not Setting.PRODUCT or in_main(site.call.path)
    return Confidence(max(confidence - 1, 0)) if shown else confidence


# -- checks that are turned off ------------------------------------------------------------------


@check("claim-verification-disabled")
def claim_verification_disabled(project: Project) -> Iterator[Draft]:
    """An expired token is accepted."""
    for site, offs in disabled(project):
        for off in offs:
            if off.effect not in ("exp", "claims"):
                continue
            idle = _is_idle(project, site)
            if _is_lenient(site) and not idle:
                continue
            if checks_itself(project, site, "exp") or _verified_elsewhere(site):
                continue
            if off.effect == "exp" and _hands_on(project, site, "exp"):
                continue  # it is looked at where it goes
            if compares(project, site.call, "iat") or is_told_along(project, site.call):
                continue  # it is refused once it is too old, or its callers hear of it
            if tells_of_user(site.argument("token")) or Reading(site).is_only_logged:
                continue
            what = "The expiry is not" if off.effect == "exp" else "No claim is"
            yield _off(
                "claim-verification-disabled",
                site,
                off,
                f"{what} checked here: {site.library.title} accepts this token long after it has"
                " expired, so a stolen one never dies",
                "Leave the check on, and catch the error of an expired token where that is what"
                " you want to know.",
                Confidence.LOW if idle else Confidence.HIGH,
            )
            break
        yield from _leeway(site, HOUR, None, "claim-verification-disabled")


@check("claim-check-relaxed")
def claim_check_relaxed(project: Project) -> Iterator[Draft]:
    """The start of validity is not checked, or the clock is given too much slack."""
    for site, offs in disabled(project):
        if not any(off.effect == "exp" for off in offs):  # the same switch; reported there
            for claim, told in _STARTS.items():
                yield from unchecked(site, offs, claim, *told)
        yield from _leeway(site, _MOST_LEEWAY, HOUR, "claim-check-relaxed")


_STARTS = {
    "nbf": ("a token is accepted before it becomes valid", Confidence.MEDIUM),
    "iat": ("a token from the future is accepted", Confidence.LOW),
}


def unchecked(
    site: Site, offs: list[Off], claim: str, danger: str, confidence: Confidence
) -> Iterator[Draft]:
    """The check of a claim that a call turns off, unless the program makes it itself."""
    for off in offs:
        if off.effect != claim or is_never_minted(site, claim):
            continue
        if not checks_itself(site.project, site, claim):
            yield _off(
                "",
                site,
                off,
                f"The claim `{claim}` is not checked here: {danger}",
                f"Leave the check on and say what `{claim}` must be.",
                confidence,
            )


# -- what the checks that are turned off have in common ------------------------------------------


def disabled(project: Project) -> Iterator[tuple[Site, list[Off]]]:
    """The verifying calls whose signature check is on, with the checks that they turn off."""
    for site in project.sites("verify", "factory"):
        if is_tested(site) or _only_made(site) or tells_of_server(site.argument("token")):
            continue
        offs = [off for off in turned_off(site) if not _is_switched(site, off)]
        if not any(off.effect == "signature" for off in offs):
            yield site, offs


def _is_switched(site: Site, off: Off) -> bool:
    """Whether another branch leaves the check on: that is a switch, and a matter of its own."""
    when = off.switch.when
    if when.key is None:
        return False
    given = [
        option
        for table in options(site.argument(when.argument))
        for option in options(member(table, Const(when.key), item=True))
    ]
    return not off.evidence.lookups and any(
        isinstance(o, Absent) or (isinstance(o, Const) and o.value is not when.truthy)
        for o in given
    )


def checks_itself(project: Project, site: Site, claim: str) -> bool:
    """Whether the program looks at a claim itself, or a check of its own does."""
    return (
        compares(project, site.call, claim)
        or is_compared_before(project, site, claim)
        or is_handed_to_check(project, site.call, claim)
        or is_registered_check(project, claim)
        or (claim != "aud" and is_chosen_by(project, site, claim))
    )


def _hands_on(project: Project, site: Site, claim: str) -> bool:
    """Whether a function gives a claim to those that call it, and not to a client."""
    return any(
        isinstance(event, Returned)
        and holds_call(bases_of(project, event.value, claim), site.call)
        and not answers_requests(project, event.scope)
        and not any(
            isinstance(p, Outcome) and has_role(project, p, "respond") for p in deep(event.value)
        )
        for event in project.uses(site.call)
    )


def _only_made(site: Site) -> bool:
    """A constructor that takes no token verifies nothing itself."""
    return site.role == "factory" and not has_expectation(site.argument("token"))


def _is_lenient(site: Site) -> bool:
    """Whether the code is there for expired tokens: refresh, logout, introspection."""
    names = [site.call.scope.qualname, *(c.name for c in site.chain)]
    names.extend(c.scope.qualname for c in site.chain)
    names.extend(names_of(site.argument("token")))
    return any(words_of_data("name-words", "lenient") & pairs(name) for name in names)


def _is_idle(project: Project, site: Site) -> bool:
    """Whether it is a helper for expired tokens that nothing uses: what it is for is not told."""
    scope = project.scope(site.calls[-1].scope)
    return (
        scope is not None
        and bool(words_of_data("name-words", "timeless") & pairs(scope.short_name))
        and not any(not is_test(c.place.path) for c in project.callers.get(scope.id, ()))
        and all(
            isinstance(d, Symbol) and d.name in ("staticmethod", "classmethod")
            for d in scope.decorators
        )
    )


def _verified_elsewhere(site: Site) -> bool:
    """Whether the same function also verifies the same token in full, on the same way."""
    token = site.argument("token")
    if isinstance(token, Absent):
        return False  # a middleware sees whatever comes, on its own route
    for other in site.project.sites("verify"):
        if other.place == site.place or other.call.scope != site.call.scope:
            continue
        if not same(other.argument("token"), token) or exclusive(other.call.path, site.call.path):
            continue
        tried = {arm.start for arm in other.call.path if arm.side == "try"}
        if any(a.start in tried and a.side.startswith("except") for a in site.call.path):
            continue  # what the first one refused
        if not any(off.effect in ("exp", "claims", "signature") for off in turned_off(other)):
            return True
    return False


def _off(
    rule: str, site: Site, off: Off, message: str, advice: str, confidence: Confidence
) -> Draft:
    if off.evidence.lookups:
        confidence = min(confidence, Confidence.MEDIUM)
    return Draft(
        rule=rule,
        place=off.evidence.value.place or site.place,
        message=message,
        confidence=stepped(site, confidence),
        trace=steps(off.evidence.value, site.place, "token verified here"),
        advice=advice,
        anchor=f"{site.call.scope.qualname} {off.effect}",
        notes=site.notes,
        repair=_left_on(site, off, confidence),
    )


def _left_on(site: Site, off: Off, confidence: Confidence) -> Repair | None:
    if off.effect in ("aud", "iss"):
        return expected_again(site, off.evidence.value, off.effect)
    if confidence is Confidence.LOW and off.effect in ("exp", "claims"):
        return None
    return check_and_require(site, off.evidence.value, "exp")


def _leeway(site: Site, least: float, most: float | None, rule: str) -> Iterator[Draft]:
    for given in times(site.project, site.argument("leeway")):
        slack = as_tolerance(site, given)
        if slack.clock or slack.length is None or slack.length <= least:
            continue
        if most is None or slack.length <= most:
            yield Draft(
                rule=rule,
                place=slack.source.place or site.place,
                message=f"Tokens are accepted for {_span(slack.length)} after they have expired",
                confidence=stepped(site, Confidence.HIGH),
                trace=steps(slack.source, site.place, "leeway of this verification"),
                advice="A leeway is for clocks that differ: a minute is enough.",
                anchor=f"{site.call.scope.qualname} leeway",
                repair=_shorter(site, slack.source),
            )


def _shorter(site: Site, leeway: Value) -> Repair | None:
    if leeway.place is None or not isinstance(leeway, (Const, Outcome)):
        return None
    if isinstance(leeway, Outcome):
        return Repair("Allow for a minute", Replace(leeway.place, Named("a-minute")))
    unit = 1000 if site.semantic("lifetime-number") == "milliseconds" else 1
    return Repair("Allow for a minute", Replace(leeway.place, int(MINUTE) * unit))


def _span(seconds: float) -> str:
    for unit, size in (("days", 24 * HOUR), ("hours", HOUR), ("minutes", MINUTE)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


# -- claims that may be missing ------------------------------------------------------------------


@check("expiry-not-required")
def expiry_not_required(project: Project) -> Iterator[Draft]:
    """A token that has no expiry at all is accepted; one finding tells it of the project."""
    sites = {site.place: site for site in project.sites("verify") if _takes_eternal(site)}
    ordered = sorted(sites, key=lambda place: (place.path, place.span.start))
    if not ordered:
        return
    first, *others = ordered
    site = sites[first]
    yield Draft(
        rule="",
        place=first,
        message=f"{site.library.title} checks `exp` here only in tokens that have one: should a"
        " token ever be issued without an expiry, it stays valid for ever",
        confidence=Confidence.MEDIUM if is_foreign(site) else Confidence.LOW,
        related=tuple((place, "`exp` is not required here, either") for place in others),
        advice="Require the claim as a second line of defence,"
        f" {wording(site.library.language, 'mandatory-expiry')}.",
        anchor="expiry required",
        notes=site.notes,
        repair=_all_require_expiry([sites[place] for place in ordered]),
    )


def _all_require_expiry(sites: list[Site]) -> Repair | None:
    """One repair for all calls, as there is one finding; only if each can be told."""
    repairs = [require_claim(site, "exp") for site in sites]
    changes = [change for repair in repairs if repair for change in repair.changes]
    return Repair("Refuse a token without `exp`", *changes) if all(repairs) else None


def _takes_eternal(site: Site) -> bool:
    """Whether product code accepts a token without an expiry."""
    if is_tested(site) or is_demonstration(site.place.path, site.call.path):
        return False
    if site.semantic("exp-missing") != "accept" or site.semantic("claims-checked") == []:
        return False
    if site.semantic("exp-required-by") == "hand" or is_for_some_version(site):
        return False  # there is no option for it, or none that the version has
    if {off.effect for off in turned_off(site)} & {"signature", "claims", "exp"}:
        return False
    return not requires(site, "exp") and not reads(site.project, site.call, "exp")


def _is_self_made(site: Site) -> bool:
    """Whether the token that is verified was signed here just before."""
    for part in deep(site.argument("token")):
        if isinstance(part, Outcome):
            model = site.project.model_of(part.call)
            if model is not None and model.role == "sign":
                return True
    return False


# -- claims that are never looked at -------------------------------------------------------------


@check("claims-never-validated")
def claims_never_validated(project: Project) -> Iterator[Draft]:
    """The signature is verified, the claims are not."""
    yield from of_bare_signatures(project)
    for site in project.sites("verify", "verify-signature"):
        if is_tested(site) or compares(project, site.call, "exp"):
            continue
        if any(off.effect == "signature" for off in turned_off(site)):
            continue
        uses = project.uses(site.call)
        if site.role == "verify":
            if not site.model.validated_by or any(_validates(site, u) for u in uses):
                continue
            if is_handed_to_check(project, site.call) or _decides_nothing(site):
                continue
            if _is_validated_beside(site):
                continue
            confidence = Confidence.HIGH if uses else Confidence.MEDIUM
            repair = validated(site)
            advice = f"Call `{site.model.validated_by[0]}` on the result before it is used."
        else:
            if not _used_as_claims(project, site) or is_handed_to_check(project, site.call):
                continue
            confidence, repair = Confidence.MEDIUM, read_as_claims(project, site)
            advice = "Verify with the library's JWT function, which looks at the claims, too."
        if _is_lenient(site) or _is_self_made(site) or _verified_elsewhere(site):
            continue
        token = site.argument("token")
        if tells_of_user(token) or is_answer(project, token) or is_kept_by_client(token):
            continue  # made a moment ago, or shown to nobody here
        yield Draft(
            rule="",
            place=site.place,
            message=f"{site.library.title} checks only the signature here and nothing looks at"
            " `exp`: an expired token is accepted, so a stolen one never dies",
            confidence=stepped(site, confidence),
            advice=advice,
            anchor=f"{site.call.scope.qualname} claims",
            notes=site.notes,
            repair=repair,
        )


def _decides_nothing(site: Site) -> bool:
    """Whether only who issued a token, for whom and when, is read of it, to be told."""
    reading = Reading(site)
    if not reading.claims or not all(map(is_harmless, reading.claims)) or reading.escapes:
        return False
    return not any(
        isinstance(event, Tested) and is_comparison(event.value)
        for event in site.project.uses(site.call)
    )


def _validates(site: Site, event: object) -> bool:
    """Whether an event is the validation that the library's model asks for."""
    if not isinstance(event, Call):
        return False
    model = site.project.model_of(event)
    if model is not None and model.role == "claims-validator":
        return True
    short = {name.rpartition(".")[2] for name in site.model.validated_by}
    return event.name.rpartition(".")[2] in short


def _is_validated_beside(site: Site) -> bool:
    """Whether claims that an object holds beside the token are validated in the same function."""
    holder = root_of(site.argument("token"))
    scope = site.project.scope(site.call.scope)
    return (
        isinstance(holder, Param)
        and scope is not None
        and any(
            _validates(site, event) and same(root_of(argument.value), holder)
            for event in scope.events
            if isinstance(event, Call)
            for argument in event.arguments
        )
    )


def _used_as_claims(project: Project, site: Site) -> bool:
    """Whether the program reads registered claims out of a signed payload."""
    place = site.place
    for event in project.uses(site.call):
        for value in (getattr(event, "value", None), getattr(event, "receiver", None)):
            if value is None:
                continue
            for claim in REGISTERED:
                if any(_comes(base, place) for base in bases_of(project, value, claim)):
                    return True
    return False


def _comes(value: Value, place: object) -> bool:
    return any(isinstance(p, Outcome) and p.call.place == place for p in deep(value))
