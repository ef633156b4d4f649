"""Whom a token is for, and whom it is from: what a verification is told to expect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.checks.claims import checks_itself, disabled, stepped, unchecked
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.algorithms import ASYMMETRIC, algorithm_name, listed, signing
from jwtaudit.program.claims import (
    can_expect,
    claim_sets,
    compares,
    has_expectation,
    is_foreign,
    is_tested,
)
from jwtaudit.program.kinds import Kind, token_kind
from jwtaudit.program.origins import origins, steps
from jwtaudit.program.peeks import (
    compares_signer,
    has_keys_of_its_own,
    has_keys_of_one_tenant,
    names_itself,
)
from jwtaudit.program.repairs import require_claim
from jwtaudit.program.requirements import expectation, requires
from jwtaudit.program.steering import fetches_named_keys
from jwtaudit.program.switches import turned_off
from jwtaudit.program.token_sources import is_answer, is_kept_by_client
from jwtaudit.program.travels import deep
from jwtaudit.program.verifiers import is_issuers_own
from jwtaudit.program.wording import wording
from jwtaudit.values import Const, Env, Join, Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.program.switches import Off
    from jwtaudit.source import Place
    from jwtaudit.values import Value


@check("audience-not-validated")
def audience_not_validated(project: Project) -> Iterator[Draft]:
    """A token that was made for another service is accepted."""
    for site, offs in _of_shared_keys(project):
        yield from _asked_for(site, _audience_open(site, offs))


def _audience_open(site: Site, offs: list[Off]) -> Iterator[Draft]:
    danger = "a token made for another service is accepted"
    if not any(checks_itself(site.project, site, claim) for claim in _CLIENTS):
        yield from unchecked(site, offs, "aud", danger, _by_key(site))
    yield from _self_assured(site, "audience", "aud", danger)
    # Who compares the client, as one does with access tokens that name no audience, is content.
    if _leaves_open(site, offs, "audience", "aud", *_CLIENTS):
        title = site.library.title
        closed = site.semantic("aud-not-given") == "reject"
        yield _left_open(
            site,
            f"{title} is not told which `aud` to expect of this issuer's tokens: one without"
            " an audience is accepted, whichever client it was issued to"
            if closed
            else f"{title} is not told which `aud` to expect of this issuer's tokens: whoever"
            " runs another client of the issuer signs in here with a token made for it",
            "audience",
            Confidence.LOW if closed else Confidence.MEDIUM,
        )


# Which client a token was issued to: access tokens of some providers name no audience beside it.
_CLIENTS = ("client_id", "azp")


@check("issuer-not-validated")
def issuer_not_validated(project: Project) -> Iterator[Draft]:
    """A token of another issuer is accepted."""
    for site, offs in _of_shared_keys(project):
        if not has_keys_of_one_tenant(site):
            yield from _asked_for(site, _issuer_open(site, offs))


def _issuer_open(site: Site, offs: list[Off]) -> Iterator[Draft]:
    danger = "a token of another issuer with the same key is accepted"
    yield from unchecked(site, offs, "iss", danger, _by_key(site))
    yield from _self_assured(site, "issuer", "iss", danger)
    if site.semantic("iss-not-given") == "accept" and _leaves_open(
        site, offs, "issuer", "iss", "tid"
    ):
        yield _left_open(
            site,
            f"{site.library.title} is not told which `iss` to expect: whoever else has tokens"
            " signed with the provider's keys, another tenant say, is accepted",
            "issuer",
            Confidence.MEDIUM,
        )


def _of_shared_keys(project: Project) -> Iterator[tuple[Site, list[Off]]]:
    """The verifying calls with keys that may sign for others, with the checks they turn off.

    Where the token says where its key is fetched, anyone signs for whom they like: told there.
    """
    for site, offs in disabled(project):
        apart = has_keys_of_its_own(site) or fetches_named_keys(site) or is_issuers_own(site)
        if not apart and not _is_of_itself(site):
            yield site, offs


def _is_of_itself(site: Site) -> bool:
    """Whether the program makes the access tokens, and reads its own key where a setting says."""
    parts = list(deep(site.argument("key")))
    if any(isinstance(part, Const) and "://" in str(part.value) for part in parts):
        return False
    return any(isinstance(part, (Env, Setting)) for part in parts) and any(
        any(algorithm_name(one.value) in ASYMMETRIC for one in origins(made.argument("algorithm")))
        and token_kind(made, claim_sets(made)) is Kind.ACCESS
        for made in signing(site.project)
    )


def _self_assured(site: Site, argument: str, claim: str, danger: str) -> Iterator[Draft]:
    """An expectation that each token brings along: what it says itself, before it is verified."""
    expected = site.argument(argument)
    public = any(algorithm_name(v) in ASYMMETRIC for v in listed(site))
    if (public or is_foreign(site)) and names_itself(site, expected):
        yield replace(
            _left_open(
                site,
                f"The token itself says which `{claim}` is expected of it: {danger}",
                argument,
                Confidence.MEDIUM,
            ),
            place=_given_in(site, expected),
        )


def _asked_for(site: Site, drafts: Iterator[Draft]) -> Iterator[Draft]:
    """What is said of a token; less surely, where the program has just asked its issuer for it.

    Its signature may then be left to TLS, whom it is for and who issued it may not (OIDC Core
    3.1.3.7).
    """
    token = site.argument("token")
    asked = is_answer(site.project, token) or is_kept_by_client(token)
    note = "the token is the answer of the issuer's own endpoint, which sends nobody else's"
    for draft in drafts:
        if asked:
            yield replace(draft, confidence=Confidence.LOW, notes=(*draft.notes, note))
        else:
            yield draft


def _by_key(site: Site) -> Confidence:
    """An identity provider's key signs for many services, one's own mostly for one."""
    return Confidence.MEDIUM if is_foreign(site) else Confidence.LOW


def _leaves_open(site: Site, offs: list[Off], argument: str, *claims: str) -> bool:
    """Whether a token of somebody else is verified without a word on a claim."""
    if not can_expect(site, argument) or has_expectation(site.argument(argument)):
        return False
    if {off.effect for off in offs} & {claims[0], "claims"} or requires(site, claims[0]):
        return False
    if not is_foreign(site) or compares_signer(site):
        return False
    return not any(checks_itself(site.project, site, claim) for claim in claims)


def _left_open(site: Site, message: str, argument: str, confidence: Confidence) -> Draft:
    return Draft(
        rule="",
        place=site.place,
        message=message,
        confidence=stepped(site, confidence),
        advice="Say what is expected:"
        f" `{wording(site.library.language, 'argument').format(name=argument, value='...')}`.",
        anchor=f"{site.call.scope.qualname} {argument}",
    )


# -- what is expected and may be missing -----------------------------------------------------------


@check("required-claims-not-enforced")
def required_claims_not_enforced(project: Project) -> Iterator[Draft]:
    """An expected audience or issuer is only compared where the token has one."""
    for site in project.sites("verify", "factory"):
        if is_tested(site):
            continue
        disabled = {off.effect for off in turned_off(site)}
        for claim, fact, argument in _EXPECTED:
            if site.semantic(fact) != "accept" or disabled & {claim, "signature", "claims"}:
                continue
            wanted = site.argument(argument)
            if names_itself(site, wanted):
                continue
            if not has_expectation(wanted):
                told = expectation(site, claim)
                if told is None:
                    continue
                wanted = told
            if requires(site, claim) or compares(project, site.call, claim):
                continue
            yield Draft(
                rule="",
                place=_given_in(site, wanted),
                message=f"{site.library.title} accepts a token without `{claim}` here, although"
                f" one is expected: a token that was never meant for this service passes",
                confidence=stepped(site, Confidence.MEDIUM),
                trace=steps(wanted, site.place, f"`{claim}` expected by this verification"),
                advice="Make the claim mandatory:"
                f" {wording(site.library.language, 'mandatory-claim').format(claim=claim)}.",
                anchor=f"{site.call.scope.qualname} {claim}",
                notes=site.notes,
                repair=require_claim(site, claim),
            )


def _given_in(site: Site, value: Value) -> Place:
    """Where a value stands, beside the call; the call, where it comes from elsewhere."""
    at = None if isinstance(value, Join) else value.place
    return at if at is not None and at.path == site.place.path else site.place


_EXPECTED = (
    ("aud", "aud-given-token-without", "audience"),
    ("iss", "iss-given-token-without", "issuer"),
)
