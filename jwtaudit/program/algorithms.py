"""Which algorithms a call accepts or uses, as far as they are known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program.context import is_test
from jwtaudit.program.origins import origins
from jwtaudit.program.switches import turned_off
from jwtaudit.values import Absent, Const, Operation, Sequence, Symbol, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site

ASYMMETRIC = frozenset(
    {
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448"),
    }
)
_NAMES = re.compile(r"\w+")


def verifying(project: Project) -> Iterator[Site]:
    """The calls outside of tests that do look at the signature."""
    for site in project.sites("verify", "verify-signature"):
        if not is_test(site.place.path) and not any(
            o.effect == "signature" for o in turned_off(site)
        ):
            yield site


def signing(project: Project) -> Iterator[Site]:
    """The calls outside of tests that sign."""
    return (s for s in project.sites("sign") if not is_test(s.place.path))


def is_given(value: Value) -> bool:
    """Whether an argument is there, and not ``None``."""
    return not isinstance(value, Absent) and not (isinstance(value, Const) and value.value is None)


def listed(site: Site) -> list[Value]:
    """The accepted algorithms, one by one, branches and defaults taken apart."""
    return [value for names in lists(site) for name in names for value in name]


def lists(site: Site) -> Iterator[list[list[Value]]]:
    """The lists of accepted algorithms, one by branch; each name is what it may be."""
    for origin in origins(site.argument("algorithms")):
        value = origin.value
        if isinstance(value, Sequence):
            items = (*value.items, *value.rest)
            yield [[o.value for o in origins(item)] for item in items]
        elif isinstance(value, Operation) and value.operator == "split":
            yield from _split(value)
        else:
            yield [[value]]


def _split(value: Operation) -> Iterator[list[list[Value]]]:
    """The lists in a text of names, that of a default among them."""
    for text in (origin.value for origin in origins(value.operands[0])):
        if isinstance(text, Const) and isinstance(text.value, str):
            yield [[replace(text, value=name)] for name in _NAMES.findall(text.value)]


def algorithm_name(value: Value) -> str | None:
    """The name of an algorithm, given as a text or as a constant of a library; None if unknown."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return value.value
    if isinstance(value, Symbol):  # a library's constant: ALGORITHMS.HS256
        return value.name.rpartition(".")[2]
    return None


def is_none(value: Value) -> bool:
    """Whether a value is the algorithm ``none``, however it is written (RFC 7518 section 3.6)."""
    return (
        isinstance(value, Const) and isinstance(value.value, str) and value.value.lower() == "none"
    )


def has_no_key(site: Site) -> bool:
    """Whether a call is given no key, or an empty one."""
    key = site.argument("key")
    return isinstance(key, Absent) or (isinstance(key, Const) and not key.value)


def unsigned_by(site: Site) -> Iterator[Value]:
    """The values that make a signing call write no signature."""
    algorithm = site.argument("algorithm")
    if site.semantic("header-alg") == "overrides":
        named = site.project.follow(site.argument("headers"), "alg")
        algorithm = named if is_given(named) else algorithm
    if isinstance(algorithm, Const) and algorithm.value is None:
        if site.semantic("algorithm-none") == "unsigned":
            yield algorithm
    else:
        yield from (o.value for o in origins(algorithm) if is_none(o.value))


def issues_unsigned(site: Site) -> bool:
    """Whether the library makes an unsigned token."""
    if site.model.effect == "unsigned":
        return True
    return site.semantic("none-signing") == "accept" and not refuses_unsigned(site)


def refuses_unsigned(site: Site) -> bool:
    """Whether the library raises where no signature is asked for; some do so with a key."""
    key = site.argument("key")
    known = isinstance(key, Const) and bool(key.value)
    if site.model.effect == "unsigned":
        return False
    return site.semantic("none-signing") == "error" or (
        known and site.semantic("none-signing-with-key") == "error"
    )
