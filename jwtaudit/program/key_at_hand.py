"""The key at hand: what a call that verifies or signs nothing should have done so with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.context import is_test
from jwtaudit.program.key_families import is_secret
from jwtaudit.program.origins import origins
from jwtaudit.program.repairs import check_and_require, set_meaning
from jwtaudit.program.signing_evidence import HMAC, may_be_foreign, signing_algorithm
from jwtaudit.program.switches import turned_off
from jwtaudit.repair import EnvVar, Filled, Given, Links, Receiver, Repair, Replace
from jwtaudit.values import Absent, Const, Env, Outcome, Sequence, Table, Value, same

if TYPE_CHECKING:
    from jwtaudit.program.sites import Site
    from jwtaudit.repair import Code


class Hand(NamedTuple):
    """A key that can be written at a call, and the algorithm that the project uses it with."""

    key: Code  # None where the object that signs holds it
    algorithm: str


def verified_instead(site: Site, off: Value | None) -> Repair | None:
    """Verify with the key at hand what a call reads without any.

    Args:
        site: the call that reads a token.
        off: the value that turns its check off; None where the function never checks.
    """
    if may_be_foreign(site):
        return None
    hand = _hand(site)
    if off is not None:
        if hand is None:
            return None
        changes = [set_meaning(site, "key", hand.key)]
        if isinstance(site.argument("algorithms"), Absent):
            changes.append(set_meaning(site, "algorithms", [hand.algorithm]))
        known = [change for change in changes if change is not None]
        whole = len(known) == len(changes)
        return check_and_require(site, off, "exp", more=known) if whole else None
    template, title = site.model.verified, "Verify it with the key that tokens are signed with"
    given = site.call.arguments
    if not template or any(a.name for a in given):
        return None
    if len(given) == 2 and not isinstance(given[1].value, (Table, Const, Absent)):
        algorithm = _algorithm_with(site, given[1].value)
        if algorithm is None and is_secret(site.project, given[1].value):
            algorithm = HMAC[0]
            title = f"Verify it, and accept {algorithm} only, as the key is called a secret"
        hand = Hand(Given(site.place, position=1), algorithm) if algorithm else None
    elif len(given) != ("$token" in template):
        return None
    elif "$key" not in template:
        hand = _held(site)
    if hand is None or ("await " in template and not _can_wait(site)):
        return None
    fields: dict[str, Code] = {
        "receiver": Receiver(site.place),
        "token": Given(site.place, position=0),
        "key": hand.key,
        "algorithm": hand.algorithm,
    }
    return Repair(title, Replace(site.place, Filled(template, fields)))


def verified_with_key(site: Site) -> Repair | None:
    """Verify with the key at hand, and its algorithm, what a call takes without a signature."""
    hand = None if may_be_foreign(site) else _hand(site)
    if hand is None:
        return None
    changes = [
        set_meaning(site, "key", hand.key),
        set_meaning(site, "algorithms", [hand.algorithm]),
    ]
    known = [change for change in changes if change is not None]
    title = "Verify it with the key that tokens are signed with"
    return Repair(title, *known) if len(known) == len(changes) else None


def keyed(site: Site) -> Repair | None:
    """Give a call that has an empty key the one at hand."""
    hand = None if may_be_foreign(site) else _hand(site)
    change = set_meaning(site, "key", hand.key) if hand else None
    if hand is None or change is None:
        return None
    if _algorithm_of(site) != hand.algorithm:
        return verified_with_key(site)
    return Repair("Use the key that tokens are signed with", change)


def signed_instead(site: Site) -> Repair | None:
    """Sign with the key at hand what a call issues without a signature."""
    key = site.argument("key")
    if site.model.signed:
        return _signed_by_another(site)
    if isinstance(key, Absent) or (isinstance(key, Const) and not key.value):
        hand = _hand(site)
        if hand is None or not hand.algorithm.startswith("HS"):
            return None  # who verifies with a public key has not the one to sign with
        algorithm, changes = hand.algorithm, [set_meaning(site, "key", hand.key)]
    else:
        found = _algorithm_with(site, key)
        if found is None:
            return None
        algorithm, changes = found, []
    changes.append(set_meaning(site, "algorithm", algorithm))
    if not isinstance(site.argument("algorithms"), Absent):
        changes.append(set_meaning(site, "algorithms", [algorithm]))
    known = [change for change in changes if change is not None]
    title = f"Sign it with {algorithm}, as its verification expects"
    return Repair(title, *known) if len(known) == len(changes) else None


def _signed_by_another(site: Site) -> Repair | None:
    """Call what signs, where the function of a call never does."""
    first = site.call
    while isinstance(first.receiver, Outcome):  # a chain: what was given stands at its beginning
        first = first.receiver.call
    hand, template = _hand(site), site.model.signed
    given = first.arguments
    if hand is None or not hand.algorithm.startswith("HS") or len(given) != 1 or given[0].name:
        return None
    if "await " in template and not _can_wait(site):
        return None
    fields: dict[str, Code] = {
        "payload": Given(first.place, position=0),
        "key": hand.key,
        "algorithm": hand.algorithm,
        "links": Links(first.place, site.place),
    }
    change = Replace(site.place, Filled(template, fields))
    return Repair(f"Sign it with {hand.algorithm}, as its verification expects", change)


def _can_wait(site: Site) -> bool:
    """Whether the call stands in a function that can wait for a promise."""
    scope = site.scope
    return scope is not None and scope.definition is not None and scope.definition.is_async


def _hand(site: Site) -> Hand | None:
    """The one key of the project's tokens, where it can be written at a call.

    That is what the calls in the same file sign with, else what they verify with; else a variable
    of the environment with which the project's other files do so.
    """
    signers = [peer for peer in _peers(site, "sign") if _algorithm_of(peer)]
    verifiers = _peers(site, "verify")
    beside = (
        [p for p in peers if p.place.path == site.place.path] for peers in (signers, verifiers)
    )
    peers = next(filter(None, (*beside, signers, verifiers)), None)
    if peers is None or not _one_key(peers):
        return None
    algorithm, key = _one_algorithm(peers), _key_of(peers[0], site)
    return Hand(key, algorithm) if algorithm and key else None


def _held(site: Site) -> Hand | None:
    """What the object that a call is a method of signs with, where no call names another key."""
    if site.model.configured_by:
        keys = [made.argument("key") for made in site.configuring]
        return Hand(None, "") if keys and not any(isinstance(k, Absent) for k in keys) else None
    signers = [peer for peer in _peers(site, "sign") if isinstance(peer.own("key"), Absent)]
    algorithm = _one_algorithm(signers) if signers and _one_key(signers) else None
    return Hand(None, algorithm) if algorithm else None


def _peers(site: Site, role: str) -> list[Site]:
    """The calls of the same library that sign, or that verify and ask for no audience."""
    return [
        other
        for other in site.project.sites(role)
        if other.place != site.place
        and other.library.id == site.library.id
        and not is_test(other.place.path)
        and not other.chain
        and not _is_unsigned(other)
        and (role == "sign" or not _asks_for_more(other))
    ]


def _is_unsigned(site: Site) -> bool:
    """Whether a call has no key, or looks at no signature."""
    key = site.argument("key")
    if isinstance(key, Absent) or (isinstance(key, Const) and not key.value):
        return True
    return any(off.effect in ("signature", "unsigned") for off in turned_off(site))


def _asks_for_more(site: Site) -> bool:
    given = (site.argument(meaning) for meaning in ("audience", "issuer"))
    return any(not isinstance(value, Absent) for value in given)


def _one_key(peers: list[Site]) -> bool:
    first, *rest = (peer.argument("key") for peer in peers)
    return all(same(first, key) for key in rest)


def _one_algorithm(peers: list[Site]) -> str | None:
    """The one algorithm of calls."""
    names = {_algorithm_of(peer) for peer in peers}
    return names.pop() if len(names) == 1 else None


def _algorithm_of(site: Site) -> str | None:
    """The HMAC that a call signs with, or the only algorithm that it accepts."""
    if site.role == "sign":
        name = signing_algorithm(site)
        return name if name and name.startswith("HS") else None
    listed = [origin.value for origin in origins(site.argument("algorithms"))]
    names: set[object] = {
        item.value if isinstance(item, Const) else None
        for value in listed
        for item in (value.items if isinstance(value, Sequence) and not value.rest else (value,))
    }
    only = names.pop() if len(names) == 1 else None
    return only if isinstance(only, str) and only.lower() != "none" else signing_algorithm(site)


def _algorithm_with(site: Site, key: Value) -> str | None:
    """The one algorithm with which the project uses a key elsewhere."""
    for role in ("sign", "verify"):
        peers = [peer for peer in _peers(site, role) if same(peer.argument("key"), key)]
        if peers:
            return _one_algorithm(peers)
    return None


def _key_of(peer: Site, site: Site) -> Code | None:
    """The key of one call as it can be written at another one."""
    held = "key" in peer.model.factory or "key" in peer.model.inside
    if peer.place.path == site.place.path and not held:
        name = peer.model.meanings.get("key", "key")
        parameters = peer.model.parameters
        return Given(peer.place, name, parameters.index(name) if name in parameters else -1)
    key = peer.argument("key")
    if not isinstance(key, Env) or not key.name:
        return None
    plain = isinstance(key.default, Absent) or (
        isinstance(key.default, Const) and key.default.value is None
    )
    return EnvVar(key.name) if plain else None
