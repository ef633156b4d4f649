"""What a token says its holder may do, and who said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import claim_sets, is_tested
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.later_claims import stored_later
from jwtaudit.program.names import words as words_of
from jwtaudit.program.origins import steps
from jwtaudit.program.rights import is_everything, right_words, speaks_of_rights
from jwtaudit.program.scopes import Tested
from jwtaudit.program.token_sources import is_request, is_sent
from jwtaudit.program.travels import deep, event_values
from jwtaudit.values import (
    Absent,
    Call,
    ClassRef,
    Const,
    Member,
    Operation,
    Outcome,
    Param,
    Symbol,
    Table,
    Value,
    options,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place

_READING = ("verify", "verify-signature", "decode-unverified", "claims-accessor")
_COMPARED = ("==", "!=")
_READ = ("str", "int", "list", "dict")
_TAKING = ("get", "__getitem__")


@check("privileged-claim-not-from-authority")
def privileged_claim_not_from_authority(project: Project) -> Iterator[Draft]:
    """Whoever asks for a token gets the rights in it that they ask for, or all."""
    poured = set()
    for site in project.sites("sign"):
        if is_tested(site):
            continue
        for grant in _granted(project, site):
            yield _draft(site, grant)
        for grant in _handed_over(project, site):
            if grant.value.place not in poured:  # however many branches sign it
                poured.add(grant.value.place)
                yield _draft(site, grant)


class _Grant(NamedTuple):
    value: Value
    what: str
    advice: str
    place: Place


def _granted(project: Project, site: Site) -> Iterator[_Grant]:
    """The claims that grant something without anybody's leave."""
    for claims in claim_sets(site):
        for name, entry in claims.entries.items():
            if not isinstance(name, str) or not speaks_of_rights(name):
                continue
            for value in options(entry):
                if is_everything(value):
                    if _is_for_whoever_holds_a_token(project, site, claims):
                        yield _Grant(
                            value,
                            f"whoever exchanges a valid token here becomes `{_shown(value)}`:"
                            f" `{name}` is the same for everyone, and not the user's own",
                            "Load the user, and put in what is stored there.",
                            value.place or site.place,
                        )
                else:
                    yield from _chosen(project, site, name, value)
    for name, entry in stored_later(site):
        for value in options(entry) if speaks_of_rights(name) else ():
            yield from _chosen(project, site, name, value)


def _chosen(project: Project, site: Site, name: str, value: Value) -> Iterator[_Grant]:
    if _is_asked_for(project, value) and not _is_examined(project, site, value):
        yield _Grant(
            value,
            f"`{name}` is what the request asks for: whoever logs in chooses their own rights",
            "Put in what is stored for the user.",
            value.place or site.place,
        )


def _handed_over(project: Project, site: Site) -> Iterator[_Grant]:
    """A payload that is a request's body, or has one poured into it."""
    for payload in options(site.argument("payload")):
        for value in payload.rest if isinstance(payload, Table) else (payload,):
            if _is_asked_for(project, value) and not _is_text(value):
                yield _Grant(
                    value,
                    "everything in the request becomes a claim: whoever sends one writes"
                    " `role`, `sub` or whatever else this program trusts",
                    "Name the claims one by one, and take them from what is stored.",
                    site.place,
                )


def _draft(site: Site, grant: _Grant) -> Draft:
    shown = is_demonstration(site.place.path, site.call.path)
    return Draft(
        rule="",
        place=grant.place,
        message=grant.what,
        confidence=Confidence.MEDIUM if shown else Confidence.HIGH,
        trace=steps(grant.value, site.place, "signed here"),
        related=((site.place, "signed here"),) if grant.place != site.place else (),
        advice=grant.advice,
        anchor=f"{site.call.scope.qualname} rights",
    )


# -- rights ----------------------------------------------------------------------------------------


def _shown(value: Value) -> str:
    known = value.value if isinstance(value, Const) else None
    return known if isinstance(known, str) else "admin"


def _is_for_whoever_holds_a_token(project: Project, site: Site, claims: Table) -> bool:
    """Whether the token is made out to whoever another token names, and nobody asked who that is.

    A log-in of administrators has its literal too; it names a user that it has found.
    """
    from_token = any(
        isinstance(part, Outcome)
        and (model := project.model_of(part.call)) is not None
        and model.role in _READING
        for value in claims.entries.values()
        for part in deep(value)
    )
    return from_token and not any(
        isinstance(part, Const) and is_everything(part) and isinstance(part.value, str)
        for event in project.events
        if isinstance(event, Tested) and event.scope == site.call.scope
        for part in deep(event.value)
    )


# -- requests --------------------------------------------------------------------------------------


def _is_asked_for(project: Project, value: Value) -> bool:
    """Whether a value is what a client wrote into a request, and nothing that was made of it."""
    while True:
        if isinstance(value, Operation) and value.operator in ("or", "identity", "strip", "lower"):
            value = value.operands[0]
        elif isinstance(value, Outcome):
            model = project.model_of(value.call)
            role = model.role if model is not None else ""
            if role in ("request", "query"):
                return True
            last = value.call.name.rpartition(".")[2]
            if value.call.receiver is None or (last != "get" and role != "respond"):
                return False
            value = value.call.receiver
        elif isinstance(value, Member) and value.name is not None:
            if is_request(value.base):
                return value.name.lower() in right_words()["written"]
            value = value.base
        elif isinstance(value, Symbol):
            *owner, last = value.name.split(".")
            return last.lower() in right_words()["written"] and "request" in owner
        else:
            return isinstance(value, Param) and _is_read(project, value)


def _is_text(value: Value) -> bool:
    """Whether a value is one of the texts in a request: a header, a field of a form."""
    if not isinstance(value, Outcome):
        return False
    owner, _, method = value.call.name.rpartition(".")
    return method in _TAKING and owner.rpartition(".")[2] in right_words()["texts"]


def _is_read(project: Project, parameter: Param) -> bool:
    """Whether a framework reads a parameter out of the request, going by its type."""
    kind = parameter.annotation
    typed = isinstance(kind, ClassRef) or (isinstance(kind, Symbol) and kind.name in _READ)
    return typed and is_sent(project, parameter)


def _is_examined(project: Project, site: Site, value: Value) -> bool:
    """Whether the value is compared with something stored, or given to what looks it up."""
    scopes = {site.call.scope, *(call.scope for call in site.chain)}
    for event in project.events:
        if event.scope not in scopes:
            continue
        if isinstance(event, Tested):
            if any(
                isinstance(part, Operation)
                and part.operator in _COMPARED
                and any(_holds(operand, value) for operand in part.operands)
                for part in deep(event.value)
            ):
                return True
        elif (
            isinstance(event, Call)
            and _looks_up(event)
            and any(_holds(given, value) for given in event_values(event))
        ):
            return True
    return False


def _looks_up(call: Call) -> bool:
    return not right_words()["checking"].isdisjoint(words_of(call.name.rpartition(".")[2]))


def _holds(value: Value, wanted: Value) -> bool:
    return not isinstance(value, Absent) and any(same(part, wanted) for part in deep(value))
