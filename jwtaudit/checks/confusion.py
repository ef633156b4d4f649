"""Tokens of one kind that are accepted in the place of another."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import REGISTERED, claim_sets, has_expectation, is_known, is_tested
from jwtaudit.program.claims_read import Reading, is_compared_elsewhere
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.key_identity import identities
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.kinds import KIND_CLAIMS, Kind, token_kind
from jwtaudit.program.links import is_link_text
from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.origins import steps
from jwtaudit.program.switches import turned_off
from jwtaudit.program.texts import pieces
from jwtaudit.program.ties import are_one_program
from jwtaudit.program.token_roots import alike
from jwtaudit.program.token_sources import has_role, is_in_session
from jwtaudit.program.travels import event_values
from jwtaudit.program.verifiers import wanted_kind
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    Absent,
    Closure,
    Const,
    Operation,
    Outcome,
    Param,
    Table,
    join,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.program.sites import Site
    from jwtaudit.values import Value

# The kinds that a verifier is for, and those that it should not take.
_OWN = {
    Kind.ACCESS: (Kind.ACCESS, Kind.MACHINE, Kind.UNKNOWN),
    Kind.REFRESH: (Kind.REFRESH,),
    Kind.LINK: (Kind.LINK,),
}
_FOREIGN = {
    Kind.ACCESS: (Kind.REFRESH, Kind.LINK, Kind.STATE),
    Kind.REFRESH: (Kind.ACCESS,),
    Kind.LINK: (Kind.ACCESS,),
}
_NAMES = {
    Kind.ACCESS: "access tokens",
    Kind.REFRESH: "refresh tokens",
    Kind.LINK: "tokens for links in mails",
    Kind.STATE: "the `state` tokens of a login elsewhere",
}
_WHAT_FOR = {
    (Kind.ACCESS, Kind.REFRESH): "one that leaks opens everything for as long as it lives",
    (Kind.ACCESS, Kind.LINK): "whoever sees such a link, in a mail or a log, is let in",
    (Kind.ACCESS, Kind.STATE): "whoever sees one, in an address or at the other party, is let in",
    (Kind.REFRESH, Kind.ACCESS): "one that leaks is renewed for ever, however short its life",
    (Kind.LINK, Kind.ACCESS): "whoever gets hold of one does what only the mail's owner should",
}


# Claims by which a user is found.
_SUBJECTS = frozenset({"sub", "user_id", "user", "username"})


class _Minted(NamedTuple):
    """A place where tokens are signed, which kind they are of, and what tells their key."""

    use: KeyUse
    site: Site
    kind: Kind
    keys: frozenset[object]


@check("token-type-confusion")
def token_type_confusion(project: Project) -> Iterator[Draft]:
    """A token of one kind opens what is meant for those of another."""
    yield from _of_any_kind(project)
    uses = [(use, use.site) for use in key_uses(project) if use.site and not is_tested(use.site)]
    minted = [
        _Minted(use, site, kind, identities(project, _chosen(use.value, kind)))
        for use, site in uses
        if use.role == "sign"
        for kind in (_kind(site),)
    ]
    if len({one.kind for one in minted}) < 2:
        return
    minting = {call.scope for one in minted for call in one.site.calls}
    told = set()
    for use, site in uses:
        token = site.argument("token")
        if use.role == "sign" or use.place in told or is_in_session(token):
            continue
        if all(isinstance(o, Outcome) and has_role(project, o, "sign") for o in options(token)):
            continue  # it has just been made here
        wanted = wanted_kind(site, exchanges=any(c.scope in minting for c in site.way))
        keys = identities(project, use.value)
        alike = [
            one
            for one in minted
            if one.keys & keys and are_one_program(project, one.use.place.path, use.place.path)
        ]
        own = [one for one in alike if one.kind in _OWN.get(wanted, ())]
        foreign = [one for one in alike if one.kind in _FOREIGN.get(wanted, ())] if own else []
        if not all(_is_idle(project, one.site) for one in own):
            foreign = [one for one in foreign if not _is_idle(project, one.site)]
        accepted = next((one for one in foreign if _passes(one, own, use, site)), None)
        if accepted is None or _looks_at_kind(project, site, _telling(accepted, own)):
            continue
        told.add(use.place)
        shown = is_demonstration(use.place.path, site.call.path)
        yield Draft(
            "",
            use.place,
            f"{_NAMES[accepted.kind]} are accepted here like {_NAMES[wanted]}: they are signed"
            " with the same key, and nothing looks at the kind of a token;"
            f" {_WHAT_FOR[wanted, accepted.kind]}",
            Confidence.LOW if shown else Confidence.MEDIUM,
            trace=steps(use.value, use.place, f"{use.library.title} verifies with it"),
            related=((accepted.use.place, f"{_NAMES[accepted.kind]} are signed here"),),
            advice="Put the kind into a claim and compare it here, or give each kind a key of its"
            " own.",
            anchor=enclosing(project, use.place),
        )


def _of_any_kind(project: Project) -> Iterator[Draft]:
    """A call that takes tokens of any kind, and a user who is looked up by what they say."""
    told = set()
    for site in project.sites("verify"):
        if site.model.effect != "any-kind" or is_tested(site) or site.place in told:
            continue
        name = site.model.name.rpartition(".")[2]
        read = [site, *_read_afterwards(site)]
        if Kind.REFRESH in map(wanted_kind, read) or any(_looks_at_kind(project, r) for r in read):
            continue
        if any(off.effect == "signature" for off in turned_off(site)):
            continue
        if any(_SUBJECTS & pairs(claim) for one in read for claim in Reading(one).claims):
            told.add(site.place)
            yield Draft(
                "",
                site.place,
                f"`{name}` takes tokens of any kind: {_NAMES[Kind.REFRESH]} are accepted here like"
                f" {_NAMES[Kind.ACCESS]}; {_WHAT_FOR[Kind.ACCESS, Kind.REFRESH]}",
                Confidence.MEDIUM,
                advice="Verify it as the kind of token that is meant for this.",
                anchor=enclosing(project, site.place),
            )


def _read_afterwards(site: Site) -> Iterator[Site]:
    """Where the same function reads the same token once more."""
    token = site.argument("token")
    for other in site.project.sites("verify", "decode-unverified"):
        apart = other.call.scope == site.call.scope and other.place != site.place
        if apart and alike(other.argument("token"), token):
            yield other


def _is_idle(project: Project, site: Site) -> bool:
    """Whether a token is made by a plain function that nobody calls, nor is given."""
    scope = site.scope
    return (
        not site.chain
        and scope is not None
        and scope.definition is not None
        and scope.cls is None
        and not scope.decorators
        and not scope.closures
        and not project.is_script(scope.id.path)
        and not project.callers.get(scope.id)
        and not any(
            isinstance(part, Closure) and part.id == scope.id
            for event in project.events
            for value in event_values(event)
            for part in walk(value)
        )
    )


def _kind(site: Site) -> Kind:
    # An endpoint that exchanges refresh tokens is called by them, and makes others.
    kind = token_kind(site, claim_sets(site), site.argument("lifetime"), around=False)
    return Kind.LINK if kind is Kind.UNKNOWN and _stands_in_link(site) else kind


def _stands_in_link(site: Site) -> bool:
    """Whether a token is written into a URL that is called a link: `/reset/${token}`."""
    made = {call.place for call in site.calls}
    return any(
        is_link_text(text)
        and any(isinstance(p, Outcome) and p.call.place in made for p in pieces(text))
        for call in site.calls
        for event in site.project.uses(call)
        for value in event_values(event)
        for text in walk(value)
        if isinstance(text, Operation)
    )


def _chosen(key: Value, kind: Kind) -> Value:
    """The key that a kind of tokens is signed with, where one is chosen of several by the kind."""
    of_refresh = [
        any("refresh" in pairs(name) for name in names_of(option)) for option in options(key)
    ]
    if kind in (Kind.ACCESS, Kind.REFRESH) and len(set(of_refresh)) > 1:
        wanted = kind is Kind.REFRESH
        return join(*(o for o, its in zip(options(key), of_refresh, strict=True) if its == wanted))
    return key


def _passes(foreign: _Minted, own: list[_Minted], verifier: KeyUse, site: Site) -> bool:
    """Whether a token of another kind has all that the verifier looks at, and names somebody."""
    signed, taken = foreign.use.algorithms, verifier.algorithms
    if signed and taken and not signed & taken:
        return False
    reading = Reading(site)
    needed = reading.direct - reading.replaced - (REGISTERED - {"sub"})
    if foreign.kind is not Kind.REFRESH and (reading.escapes or not needed):
        needed |= frozenset().union(*(_names_in(one) for one in own))  # whatever is looked at
    for claims in map(partial(_with_subject, foreign.site), claim_sets(foreign.site)):
        given = {str(n) for n, value in claims.entries.items() if not isinstance(value, Absent)}
        if not is_known(claims) and _made_alike(claims, own):
            return True
        names_somebody = is_known(claims) and given - (REGISTERED - {"sub"})
        if needed <= given and (needed or names_somebody) and _says_the_same(claims, own, needed):
            return True
    return False


def _made_alike(claims: Table, own: list[_Minted]) -> bool:
    """Whether all that is put into a token is what the usual ones hold: ``{...user.toJSON()}``."""
    return any(
        claims.entries.keys() == usual.entries.keys()
        and len(claims.rest) == len(usual.rest)
        and all(map(_is_same_record, claims.rest, usual.rest))
        for one in own
        for usual in claim_sets(one.site)
    )


def _is_same_record(one: Value, other: Value) -> bool:
    """Whether the same thing is written out, by the same method, or what is called the same."""
    if not (isinstance(one, Outcome) and isinstance(other, Outcome)):
        return False
    first, second = one.call.receiver, other.call.receiver
    if one.call.name != other.call.name or first is None or second is None:
        return False
    if isinstance(first, Param) and isinstance(second, Param):
        return first.name == second.name
    return same(first, second)


def _with_subject(site: Site, claims: Table) -> Table:
    """The claims of a token, with the subject that an option puts among them."""
    subject = site.argument("subject")
    if isinstance(subject, Absent):
        return claims
    return replace(claims, entries={**claims.entries, "sub": subject})


def _says_the_same(claims: Table, own: list[_Minted], needed: frozenset[str]) -> bool:
    """Whether claims name somebody as the usual ones do: by an address, or by something else."""
    usual = [table.entries for one in own for table in claim_sets(one.site)]
    return all(
        any(_is_address(claims.entries[claim]) == _is_address(held[claim]) for held in holding)
        for claim in needed
        if (holding := [entries for entries in usual if claim in entries])
    )


def _is_address(value: Value) -> bool:
    return any(
        {"email", "mail"} & pairs(name)
        for option in options(value)
        for part in (option.operands if isinstance(option, Operation) else (option,))
        for name in names_of(part)
    )


def _names_in(minted: _Minted) -> frozenset[str]:
    """The claims of a token, but for those that say nothing of whom it is for."""
    found = (str(name) for claims in claim_sets(minted.site) for name in claims.entries)
    return frozenset(found) - (REGISTERED - {"sub"})


def _telling(foreign: _Minted, own: list[_Minted]) -> frozenset[str]:
    """The claims that hold one constant in tokens of a kind, and another in those of the other."""
    return frozenset(
        str(name)
        for claims in claim_sets(foreign.site)
        for name, value in claims.entries.items()
        if isinstance(value, Const)
        and all(
            isinstance(other := usual.entries.get(name), Const) and other.value != value.value
            for one in own
            for usual in claim_sets(one.site)
        )
    )


def _looks_at_kind(project: Project, site: Site, telling: frozenset[str] = frozenset()) -> bool:
    """Whether anything tells a token's kind: a claim, or what the call asks for.

    ``telling`` are claims that do so here, whatever they are called.
    """
    if has_expectation(site.argument("audience")):
        return True
    given = (o for a in site.call.arguments for o in options(a.value) if isinstance(o, Table))
    if any(words_of_data("claim-words", "asked-for") & set(table.entries) for table in given):
        return True
    reading = Reading(site)
    return bool(reading.claims & (KIND_CLAIMS | telling)) or (
        (reading.escapes or not reading.claims) and is_compared_elsewhere(project, KIND_CLAIMS)
    )
