"""What the tokens that a program signs have in them, and what it demands of those it takes."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.algorithms import algorithm_name, listed
from jwtaudit.program.claims import (
    REGISTERED,
    claim_sets,
    has_expectation,
    is_completed,
    is_foreign,
    is_known,
    is_tested,
    is_updated,
)
from jwtaudit.program.claims_read import Reading
from jwtaudit.program.key_identity import identified
from jwtaudit.program.key_uses import key_uses
from jwtaudit.program.kinds import Kind, token_kind
from jwtaudit.program.names import names_of, pairs
from jwtaudit.program.origins import origins
from jwtaudit.program.switches import turned_off
from jwtaudit.program.ties import are_one_program
from jwtaudit.program.travels import deep
from jwtaudit.program.verifiers import wanted_kind
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    ABSENT,
    UNKNOWN,
    Absent,
    Const,
    Env,
    Operation,
    Sequence,
    Setting,
    Table,
    Value,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.key_uses import KeyUse
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place

# What the libraries call a claim where it is given beside the payload, and where it is expected.
ARGUMENTS = {"aud": "audience", "iss": "issuer", "sub": "subject", "jti": "token_id"}
_VERIFYING = ("verify", "verify-signature")
# Not the names that libraries give to several at once (`ALGORITHMS.HMAC`), nor EdDSA's two.
_ALGORITHM = re.compile(r"(?:[HRPE]S(?:256|384|512)|ES256K)", re.IGNORECASE)
_TIMES = frozenset({"exp", "iat", "nbf"})


class Contract(NamedTuple):
    """A way to a verifying call, and all calls that sign the tokens for it."""

    use: KeyUse
    site: Site
    signing: list[tuple[KeyUse, Site]]

    @property
    def signers(self) -> list[Site]:
        """The signing calls."""
        return [site for _, site in self.signing]


def contracts(project: Project) -> list[list[Contract]]:
    """By verifying call, the ways to it with what signs the tokens that come there.

    Calls are left out where a token may be signed in a way that is not seen: by a framework, with
    a key that cannot be told, by somebody else who has the key.
    """
    uses = key_uses(project)
    signing = [
        (use, use.site)
        for use in uses
        if use.role == "sign" and use.site is not None and not is_tested(use.site)
    ]
    keys = {id(use): _keys(project, use.value) for use in uses} if signing else {}
    if not all(keys[id(use)] for use, _ in signing):
        return []
    unseen: set[object] = set()
    for use in uses if signing else ():
        if use.site is None and (use.setting or use.role == "sign"):
            unseen |= keys[id(use)]
    found: dict[Place, list[Contract | None]] = defaultdict(list)
    for use in uses if signing else ():
        site = use.site
        if site is None or use.role not in _VERIFYING or is_tested(site):
            continue
        own = keys[id(use)]
        alike = [
            (other, signer)
            for other, signer in signing
            if own & keys[id(other)] and are_one_program(project, use.place.path, other.place.path)
        ]
        certain = alike and not own & unseen and _is_certain(project, use, site, alike)
        found[use.place].append(Contract(use, site, alike) if certain else None)
    known = ([way for way in ways if way is not None] for ways in found.values())
    return [k for k, ways in zip(known, found.values(), strict=True) if len(k) == len(ways)]


def _keys(project: Project, key: Value) -> frozenset[object]:
    """What tells a key; a text written in two places is the same one."""
    found: set[object] = set()
    for identity, source in identified(project, key):
        found.add(identity)
        if isinstance(source.value, Const) and identity == source.value.place:
            found.add(("text", source.value.value))
    return frozenset(found)


def _is_certain(
    project: Project, use: KeyUse, site: Site, signing: list[tuple[KeyUse, Site]]
) -> bool:
    """Whether what is verified is what the program signs, and not somebody else's as well."""
    if is_foreign(site) or not all(_keys(project, option) for option in options(use.value)):
        return False
    foreign = words_of_data("authority", "foreign")
    named = [name for part in deep(use.value) for name in names_of(part)]
    named += [call.scope.qualname for call in site.calls]
    if any(foreign & pairs(name) for name in named):
        return False
    return _reads_what_is_signed(site, [signer for _, signer in signing])


def _reads_what_is_signed(site: Site, signers: list[Site]) -> bool:
    """Whether a program looks for claims in what it verifies that it has put into its own tokens.

    A secret that is shared with a provider may sign a note for oneself, too, that never comes here.
    """
    read = Reading(site).direct - REGISTERED | (Reading(site).direct & {"sub"})
    signed = [names for signer in signers for names in claims_in(signer)]
    if read:
        return any(read <= names for names in signed)
    wanted = wanted_kind(site)
    return any(
        signer.place.path == site.place.path
        or token_kind(signer, claim_sets(signer), around=False) is wanted
        for signer in signers
    )


def claims_in(site: Site) -> Iterator[frozenset[str]]:
    """The claims that a signing call puts into its tokens, by each way that leads to it."""
    by_option = {claim for claim in ARGUMENTS if not isinstance(_by_option(site, claim), Absent)}
    for claims in claim_sets(site):
        yield frozenset(map(str, claims.entries)) | by_option


# -- what the tokens have --------------------------------------------------------------------------


def given(site: Site, claim: str) -> list[Value]:
    """What the tokens of a signing call have as a claim; unknown where it cannot be told."""
    if not isinstance(option := _by_option(site, claim), Absent):
        return [option]
    payloads = options(site.argument("payload"))
    sets = list(claim_sets(site))
    untold = len(sets) != len(payloads) or not all(isinstance(p, Table) for p in payloads)
    if untold or _adds(site, claim) or is_updated(site):
        return [UNKNOWN]
    return [_in_set(site, claims, claim) for claims in sets] or [UNKNOWN]


def _by_option(site: Site, claim: str) -> Value:
    argument = ARGUMENTS.get(claim)
    if argument is None:
        return ABSENT
    if site.model.configured_by:
        return UNKNOWN  # what is configured for verifying calls has the same name
    return site.argument(argument)


def _adds(site: Site, claim: str) -> bool:
    """Whether a library may put a claim into a token by itself."""
    added = site.semantic("exp-added")
    return added is not None and (added != "on-request" or claim in _TIMES)


def _in_set(site: Site, claims: Table, claim: str) -> Value:
    if claim in claims.entries:
        return claims.entries[claim]
    if not is_known(claims) or is_completed(site.project, claims, claim):
        return UNKNOWN
    return ABSENT


def is_missing(values: list[Value]) -> bool:
    """Whether a claim is in none of the tokens."""
    return all(isinstance(value, Absent) for value in values)


def is_there(values: list[Value]) -> bool:
    """Whether a claim is in each of the tokens, and not empty."""
    return all(_is_something(option) for value in values for option in options(value))


def texts(values: list[Value]) -> frozenset[str]:
    """The texts that a claim may be; none where any of them is not known."""
    found: set[str] = set()
    for option in (option for value in values for option in options(value)):
        if isinstance(option, Sequence) and option.rest:
            return frozenset()
        for item in option.items if isinstance(option, Sequence) else (option,):
            if not isinstance(item, Const) or not isinstance(item.value, str) or not item.value:
                return frozenset()
            found.add(item.value)
    return frozenset(found)


def _is_something(value: Value) -> bool:
    """Whether a value is a text, or several, and cannot be nothing."""
    if isinstance(value, Const):
        return isinstance(value.value, str) and bool(value.value)
    if isinstance(value, Sequence):
        return bool(value.items) and all(_is_something(o) for i in value.items for o in options(i))
    if isinstance(value, Env):
        return isinstance(value.default, Absent)
    return isinstance(value, Operation) and value.operator == "text"


class Algorithms(NamedTuple):
    """The algorithms that a call signs with or accepts; none where one is not known.

    ``set_elsewhere``: whether a setting may say another, and what is known is what it gives if not.
    """

    names: frozenset[str]
    set_elsewhere: bool = False


def signed_with(site: Site) -> Algorithms:
    """The algorithms that a call signs with."""
    if _overrides_algorithm(site):
        return Algorithms(frozenset())
    return _algorithms([origin.value for origin in origins(site.argument("algorithm"))])


def accepted(site: Site) -> Algorithms:
    """The algorithms that a call accepts."""
    return _algorithms(listed(site))


def _algorithms(values: list[Value]) -> Algorithms:
    names: set[str] = set()
    set_elsewhere = False
    for value in values:
        if isinstance(value, (Env, Setting)) and not isinstance(value.default, Absent):
            set_elsewhere = True  # its default is another of the values
            continue
        name = algorithm_name(value)
        if name is None or not _ALGORITHM.fullmatch(name):
            return Algorithms(frozenset())
        names.add(name.upper())
    return Algorithms(frozenset(names), set_elsewhere)


def _overrides_algorithm(site: Site) -> bool:
    """Whether a header may say another algorithm than the argument for it."""
    return site.semantic("header-alg") == "overrides" and not all(
        isinstance(option, (Absent, Const)) or (_is_plain(option) and not _names_algorithm(option))
        for option in options(site.argument("headers"))
    )


def _names_algorithm(value: Value) -> bool:
    return isinstance(value, Table) and "alg" in value.entries


# -- what is demanded ------------------------------------------------------------------------------


def expected(site: Site, claim: str) -> Value | None:
    """What a claim has to be; None where nothing is said of it, or nothing may be."""
    wanted = site.argument(ARGUMENTS[claim])
    if not has_expectation(wanted) or not all(map(_is_demand, options(wanted))):
        return None
    return wanted


def _is_demand(value: Value) -> bool:
    if isinstance(value, (Env, Setting)) and not isinstance(value.default, Absent):
        return all(map(_is_demand, options(value.default)))
    return _is_something(value)


def is_silent_on(site: Site, claim: str) -> bool:
    """Whether a call surely says nothing of what a claim has to be."""
    return all(
        isinstance(option, Absent) or (isinstance(option, Const) and option.value is None)
        for option in options(site.argument(ARGUMENTS[claim]))
    )


def looks_at(site: Site, claim: str) -> bool:
    """Whether a call checks a claim, as far as all of its options are known."""
    if not all(map(_is_plain, options(site.argument("options")))):
        return False
    return not {off.effect for off in turned_off(site)} & {claim, "claims", "signature"}


def _is_plain(value: Value) -> bool:
    return isinstance(value, (Absent, Const)) or (isinstance(value, Table) and not value.rest)


def are_of_machines(signers: list[Site]) -> bool:
    """Whether tokens may go from one service to another, which has its own name in them."""
    return any(token_kind(s, claim_sets(s)) is Kind.MACHINE for s in signers)
