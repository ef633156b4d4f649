"""Tokens that a program signs, and never takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_demonstration
from jwtaudit.program.contracts import (
    accepted,
    are_of_machines,
    contracts,
    expected,
    given,
    is_missing,
    is_silent_on,
    is_there,
    looks_at,
    signed_with,
    texts,
)
from jwtaudit.program.enclosing import enclosing
from jwtaudit.program.key_twins import named_apart
from jwtaudit.program.repairs import require_claim, set_meaning
from jwtaudit.program.requirements import insisted_on
from jwtaudit.repair import Repair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.contracts import Contract
    from jwtaudit.source import Place


_TITLES = {"aud": "audience", "iss": "issuer"}


@check("mint-verify-contract-mismatch")
def mint_verify_contract_mismatch(project: Project) -> Iterator[Draft]:
    """None of the tokens that the program signs with a key passes where it verifies with it."""
    yield from _named_apart(project)
    for ways in contracts(project):
        refusals = [next(_refusals(contract), None) for contract in ways]
        if None in refusals or refusals[0] is None:
            continue
        refusal = refusals[0]
        use, site = ways[0].use, ways[0].site
        shown = is_demonstration(use.place.path, site.call.path)
        yield Draft(
            "",
            use.place,
            f"no token that the program signs with this key passes here: {refusal.why}",
            Confidence.LOW if shown else refusal.confidence,
            related=_signed_at(ways[0]),
            advice="Take from one place, for both sides, the algorithm and what each claim has"
            " to be.",
            anchor=enclosing(project, use.place),
            notes=site.notes,
            repair=refusal.repair,
        )


def _named_apart(project: Project) -> Iterator[Draft]:
    """Two variables, of which one is likely never set."""
    twins = named_apart(project)
    if twins is None:
        return
    for use in twins.verifying:
        yield Draft(
            "",
            use.place,
            "no token that the program signs passes here, unless two variables happen to have the"
            f" same value: it signs with `{twins.signed}`, and verifies with `{twins.verified}`",
            Confidence.MEDIUM,
            related=tuple((one.place, "signed here") for one in twins.signing),
            advice="Read the key in one place, for both sides.",
            anchor=enclosing(project, use.place),
        )


def _signed_at(contract: Contract) -> tuple[tuple[Place, str], ...]:
    places = dict.fromkeys(use.place for use, _ in contract.signing)
    return tuple((place, "signed here") for place in places)


class _Refusal(NamedTuple):
    """Why all tokens of a contract are refused, and what would let them pass."""

    why: str
    repair: Repair | None = None
    confidence: Confidence = Confidence.MEDIUM


def _refusals(contract: Contract) -> Iterator[_Refusal]:
    """Why all tokens of a contract are refused."""
    site, signers = contract.site, contract.signers
    taken, signed = accepted(site), [signed_with(signer) for signer in signers]
    if taken.names and all(one.names and not one.names & taken.names for one in signed):
        names = frozenset().union(*(one.names for one in signed))
        why = f"they are signed with {_list(names)}, and the call accepts {_list(taken.names)}"
        if any(one.set_elsewhere for one in (taken, *signed)):
            yield _Refusal(f"unless a setting changes that, {why}", None, Confidence.LOW)
        else:
            yield _Refusal(why)
    if contract.use.role == "verify":
        for claim in _TITLES:
            if looks_at(site, claim):
                yield from _wrong(contract, claim)
        for claim in insisted_on(site):
            if all(is_missing(given(signer, claim)) for signer in signers):
                yield _Refusal(f"the call insists on `{claim}`, and none of them has it")


def _list(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))


def _wrong(contract: Contract, claim: str) -> Iterator[_Refusal]:
    """What is wrong with a claim that says whom tokens are for, or whom they are from."""
    site, title = contract.site, _TITLES[claim]
    values = [given(signer, claim) for signer in contract.signers]
    wanted = expected(site, claim)
    if wanted is not None:
        if site.semantic(f"{claim}-given-token-without") == "reject" and all(
            map(is_missing, values)
        ):
            yield _Refusal(f"an {title} is expected, and none of them has `{claim}`")
        names, said = texts([wanted]), [texts(one) for one in values]
        others = names and all(said) and not any(names & one for one in said)
        if others and not are_of_machines(contract.signers):
            yield _Refusal(f"their `{claim}` is not the {title} that is expected")
    elif (
        is_silent_on(site, claim)
        and site.semantic(f"{claim}-not-given") == "reject"
        and all(map(is_there, values))
    ):
        library = site.library.title
        why = f"they have `{claim}`, and {library} refuses one where it is told no {title}"
        yield _Refusal(why, _expecting(contract, claim, texts([v for one in values for v in one])))


def _expecting(contract: Contract, claim: str, names: frozenset[str]) -> Repair | None:
    """Expect what all tokens have, where that is one text."""
    if len(names) != 1:
        return None
    site, title = contract.site, _TITLES[claim]
    change = set_meaning(site, title, next(iter(names)))
    if change is None:
        return None
    # Some libraries pass over an expectation where a token says nothing.
    insisting = (
        require_claim(site, claim)
        if site.semantic(f"{claim}-given-token-without") == "accept"
        else None
    )
    changes = (change, *(insisting.changes if insisting else ()))
    return Repair(f"Expect the {title} that the tokens are signed with", *changes)
