"""Verifying a token that is only decoded, with the key that the same file signs with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.program.authority_words import words
from jwtaudit.program.context import is_test
from jwtaudit.program.names import pairs
from jwtaudit.program.repairs import check_and_require, set_meaning, signing_algorithm
from jwtaudit.repair import Filled, Given, Repair, Replace
from jwtaudit.values import Absent, Const, Member, Param, Table, same

if TYPE_CHECKING:
    from jwtaudit.program.sites import Site
    from jwtaudit.repair import Code
    from jwtaudit.values import Value


def verified_instead(site: Site, off: Value | None) -> Repair | None:
    """Verify with the key at hand what a call reads without any.

    Args:
        site: the call that reads a token.
        off: the value that turns its check off; None where the function never checks.
    """
    if _is_foreign(site):
        return None
    signer = _signer(site)
    if off is not None:
        algorithm = signing_algorithm(signer) if signer else None
        key = _key_of(signer) if signer else None
        if algorithm is None or key is None:
            return None
        changes = [set_meaning(site, "key", key)]
        if isinstance(site.argument("algorithms"), Absent):
            changes.append(set_meaning(site, "algorithms", [algorithm]))
        known = [change for change in changes if change is not None]
        whole = len(known) == len(changes)
        return check_and_require(site, off, "exp", more=known) if whole else None
    template = site.model.verified
    given = site.call.arguments
    if not template or not given or any(a.name for a in given):
        return None
    if len(given) == 2 and not isinstance(given[1].value, (Table, Const, Absent)):
        key, signer = Given(site.place, position=1), _with_key(site, given[1].value)
    elif len(given) == 1 and signer is not None:
        key = _key_of(signer)
    else:
        return None
    algorithm = signing_algorithm(signer) if signer else None
    if key is None or algorithm is None:
        return None
    fields: dict[str, Code] = {
        "token": Given(site.place, position=0),
        "key": key,
        "algorithm": algorithm,
    }
    change = Replace(site.place, Filled(template, fields))
    return Repair("Verify it with the key that tokens are signed with", change)


def _is_foreign(site: Site) -> bool:
    """Whether the token may be somebody else's."""
    names = [site.place.path, site.call.scope.qualname]
    token = site.argument("token")
    while isinstance(token, Member):
        names.append(str(getattr(token.key, "value", token.key)))
        token = token.base
    if isinstance(token, Param):
        names.append(token.name)
    foreign = frozenset(words("foreign"))
    return any(not foreign.isdisjoint(pairs(name)) for name in names)


def _signer(site: Site) -> Site | None:
    """A signing call of the same library in the same file, where all of them have one key."""
    found = [
        other
        for other in site.project.sites("sign")
        if other.place.path == site.place.path
        and other.library.id == site.library.id
        and not is_test(other.place.path)
        and not other.chain
    ]
    if not found:
        return None
    first, *rest = found
    if all(same(first.argument("key"), other.argument("key")) for other in rest):
        return first
    return None


def _with_key(site: Site, key: Value) -> Site | None:
    """A signing call with a key."""
    for other in site.project.sites("sign"):
        if other.library.id == site.library.id and same(other.argument("key"), key):
            return other
    return None


def _key_of(signer: Site) -> Given | None:
    """The key of a symmetric signature, as it is written at the call."""
    algorithm = signing_algorithm(signer)
    if algorithm is None or not algorithm.startswith("HS"):
        return None
    name = signer.model.meanings.get("key", "key")
    parameters = signer.model.parameters
    position = parameters.index(name) if name in parameters else -1
    return Given(signer.place, name, position)
