"""Which functions verify tokens, and what a verifying call is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.algorithms import algorithm_name, listed, signing
from jwtaudit.program.claims import claim_sets, is_foreign, is_known
from jwtaudit.program.kinds import Kind, kind_of
from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.origins import origins
from jwtaudit.program.switches import turned_off
from jwtaudit.program.token_lookups import is_looked_for
from jwtaudit.program.token_sources import addresses_answered
from jwtaudit.program.travels import deep
from jwtaudit.resources import words_of_data
from jwtaudit.values import Const, Member

if TYPE_CHECKING:
    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.values import Call, FunctionId

_MAX_LEVELS = 3


def verifications(project: Project) -> dict[FunctionId, list[Call]]:
    """Function -> the calls in it that verify a token, or call what does."""
    found: dict[FunctionId, list[Call]] = {}
    queue: list[tuple[FunctionId, Call, int]] = []
    for site in project.sites("verify", "verify-signature", "guard"):
        if site.role == "guard" or not any(o.effect == "signature" for o in turned_off(site)):
            raw = site.call.origin or site.call
            queue.append((raw.scope, raw, 0))
    while queue:
        function, call, level = queue.pop()
        known = found.setdefault(function, [])
        if any(c.place == call.place for c in known):
            continue
        known.append(call)
        if level < _MAX_LEVELS:
            queue.extend((c.scope, c, level + 1) for c in project.callers.get(function, ()))
    return found


def wanted_kind(site: Site, *, exchanges: bool = False) -> Kind:
    """The kind of token that a verifying call is for, by names and by where the token comes from.

    ``exchanges``: whether the function around it signs tokens, too.
    """
    if site.role == "factory":
        return Kind.UNKNOWN
    calls = site.way
    token = site.argument("token")
    names = [call.scope.qualname for call in calls] + list(names_of(token))
    said = {word for name in names for word in pairs(name)}
    headers = words_of_data("name-words", "bearing-header")
    sent = any(
        str(part.value if isinstance(part, Const) else part.name).lower() in headers
        for part in deep(token)
        if isinstance(part, (Const, Member))
    )
    refreshing = any(kind_of(name) is Kind.REFRESH for name in names)
    if exchanges or refreshing or said & words_of_data("name-words", "exchange"):
        if is_looked_for(site):
            return Kind.UNKNOWN  # which only those are that were kept
        if exchanges:
            return Kind.REFRESH if refreshing else Kind.UNKNOWN
        single = said & words_of_data("name-words", "single-step")
        return Kind.LINK if single and not sent else Kind.UNKNOWN
    guards = "token" not in site.model.meanings  # what answers all requests, or is a part of it
    around = {word for call in calls for word in pairs(call.scope.path)}
    lets_in = said & words_of_data("name-words", "lets-in")
    lets_in |= around & words_of_data("name-words", "guarding-file")
    return Kind.ACCESS if guards or sent or lets_in else Kind.UNKNOWN


def is_issuers_own(site: Site) -> bool:
    """Whether an issuer tells of tokens that it has signed itself, whichever client they are for.

    That is what the endpoints for introspection and userinfo do (RFC 7662; OIDC Core, 5.3).
    """
    project = site.project
    told = words_of_data("name-words", "of-issuer")
    addresses = [a for call in site.calls for a in addresses_answered(project, call.scope)]
    names = [*(call.scope.qualname for call in site.calls), *names_of(site.argument("token"))]
    answers = any(told & pairs(address) for address in addresses)
    if not answers and (is_foreign(site) or not any(told & pairs(name) for name in names)):
        return False
    taken = {algorithm_name(value) for value in listed(site)}
    return any(
        not taken
        or taken & {algorithm_name(one.value) for one in origins(other.argument("algorithm"))}
        for other in signing(project)
    )


def is_never_minted(site: Site, claim: str) -> bool:
    """Whether the program verifies what it signs itself, and no token of it has the claim."""
    if is_foreign(site):
        return False
    minted = [list(claim_sets(one)) for one in signing(site.project)]
    return bool(minted) and all(
        sets and all(is_known(claims) and claim not in claims.entries for claims in sets)
        for sets in minted
    )
