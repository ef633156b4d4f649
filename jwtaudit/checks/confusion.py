"""Tokens of one kind that are accepted in the place of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import REGISTERED, claim_sets, has_expectation, is_known, is_tested
from jwtaudit.program.claims_read import Reading, is_compared_elsewhere
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.key_identity import identities
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.kinds import KIND_CLAIMS, Kind, kind_of, token_kind, words
from jwtaudit.program.names import names_of
from jwtaudit.program.origins import steps
from jwtaudit.program.travels import deep
from jwtaudit.values import Const, Member, Table, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.program.sites import Site

# What lets a request in, by its name, and what exchanges or revokes tokens.
_LETS_IN = frozenset(
    {"access", "auth", "authenticate", "authenticated", "authentication", "authorize", "authorized"}
    | {"bearer", "current_user", "guard", "identity", "login_required", "logged", "middleware"}
    | {"permission", "protect", "protected", "required", "requires", "session", "user"}
)
_GUARDS = frozenset({"guard", "guards", "middleware", "middlewares"})  # in the names of files
_EXCHANGES = frozenset(
    {"refresh", "renew", "reissue", "rotate", "rotation", "logout", "signout", "revoke", "reset"}
    | {"forgot", "confirm", "confirmation", "activate", "activation", "invite", "verification"}
    | {"email", "mail", "link", "unsubscribe", "introspect"}
)
_HEADERS = frozenset({"authorization", "http_authorization", "x-access-token", "x-auth-token"})
# Options of a verifying call that ask for more than a good signature.
_ASKED = frozenset({"audience", "subject", "typ", "jwtid", "sub", "aud"})


@check("token-type-confusion")
def token_type_confusion(project: Project) -> Iterator[Draft]:
    """A refresh token opens what is meant for access tokens."""
    uses = [(use, use.site) for use in key_uses(project) if use.site and not is_tested(use.site)]
    minted = [
        (use, site, identities(project, use.value)) for use, site in uses if use.role == "sign"
    ]
    kinds = [_kind(site) for _, site, _ in minted]
    refreshing = [one for one, kind in zip(minted, kinds, strict=True) if kind is Kind.REFRESH]
    others = [keys for (*_, keys), kind in zip(minted, kinds, strict=True) if kind != Kind.REFRESH]
    minting = {call.scope for _, site, _ in minted for call in (site.call, *site.chain)}
    told = set()
    for use, site in uses if refreshing and others else ():
        keys = identities(project, use.value)
        if use.role == "sign" or use.place in told or not any(keys & other for other in others):
            continue
        alike = (other for other, _, shared in refreshing if keys & shared)
        accepted = next((other for other in alike if _passes(other, use, site)), None)
        if accepted is None or any(call.scope in minting for call in (site.call, *site.chain)):
            continue  # what signs tokens, too, exchanges them
        if not _lets_in(site) or _looks_at_kind(project, site):
            continue
        told.add(use.place)
        shown = is_demonstration(use.place.path, site.call.path)
        yield Draft(
            "",
            use.place,
            "refresh tokens are accepted here like access tokens: they are signed with the same"
            " key, and nothing looks at the kind of a token; one that leaks opens everything for"
            " as long as it lives",
            Confidence.LOW if shown else Confidence.MEDIUM,
            trace=steps(use.value, use.place, f"{use.library.title} verifies with it"),
            related=((accepted.place, "refresh tokens are signed here"),),
            advice="Put the kind into a claim and compare it here, or give each kind a key of its"
            " own.",
            anchor=enclosing(project, use.place),
        )


def _kind(site: Site) -> Kind:
    # An endpoint that exchanges refresh tokens is called by them, and makes others.
    return token_kind(site, claim_sets(site), site.argument("lifetime"), around=False)


def _passes(refresh: KeyUse, verifier: KeyUse, site: Site) -> bool:
    """Whether a refresh token has all that the verifier looks at, and names somebody."""
    if refresh.algorithms and verifier.algorithms and not refresh.algorithms & verifier.algorithms:
        return False
    needed = Reading(site).claims - (REGISTERED - {"sub"})
    for claims in claim_sets(refresh.site) if refresh.site else ():
        given = {str(name) for name in claims.entries}
        names_somebody = is_known(claims) and given - (REGISTERED - {"sub"})
        if needed <= given and (needed or names_somebody):
            return True
    return False


def _lets_in(site: Site) -> bool:
    """Whether a verified token lets a request in, going by names and by where it comes from."""
    if site.role == "factory":
        return False
    calls = (site.call, *site.chain)
    token = site.argument("token")
    guards = "token" not in site.model.meanings  # what answers all requests, or is a part of it
    names = [call.scope.qualname for call in calls] + list(names_of(token))
    said = {word for name in names for word in words(name)}
    if said & _EXCHANGES or any(kind_of(name) is Kind.REFRESH for name in names):
        return False
    around = {word for call in calls for word in words(call.scope.path)}
    sent = (
        str(part.value if isinstance(part, Const) else part.name).lower() in _HEADERS
        for part in deep(token)
        if isinstance(part, (Const, Member))
    )
    return bool(guards or said & _LETS_IN or around & _GUARDS) or any(sent)


def _looks_at_kind(project: Project, site: Site) -> bool:
    """Whether anything tells a token's kind: a claim, or what the call asks for."""
    if has_expectation(site.argument("audience")):
        return True
    given = (o for a in site.call.arguments for o in options(a.value) if isinstance(o, Table))
    if any(_ASKED & set(table.entries) for table in given):
        return True
    reading = Reading(site)
    return bool(reading.claims & KIND_CLAIMS) or (
        (reading.escapes or not reading.claims) and is_compared_elsewhere(project, KIND_CLAIMS)
    )
