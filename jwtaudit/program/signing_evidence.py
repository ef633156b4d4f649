"""What a project's own signing calls say of the algorithm that a verifying call shall accept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.program.authority_words import words
from jwtaudit.program.context import is_test
from jwtaudit.program.key_families import is_public, is_secret
from jwtaudit.program.names import pairs
from jwtaudit.program.origins import origins
from jwtaudit.values import ABSENT, Absent, Const, Member, Param, Setting, Symbol, Value, same

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site

HMAC = ("HS256", "HS384", "HS512")


def signing_algorithm(site: Site) -> str | None:
    """The one algorithm with which the project signs what this call verifies; None if not told.

    A signing call with the same key says so. Where no key is the same, a private key stands on the
    other side: then all signing calls have to agree on one public-key algorithm.
    """
    with_key, signers = _signers(site)
    names = {name for s in with_key or signers for name in _algorithms(s)}
    if len(names) != 1:
        return None
    (name,) = names
    if name is None or (not with_key and name.startswith("HS")) or name.lower() == "none":
        return None
    return name


def signers_with_key(site: Site) -> list[Site]:
    """The calls that sign with the key of a call."""
    return _signers(site)[0]


def _signers(site: Site) -> tuple[list[Site], list[Site]]:
    """The calls that sign with the key of a call, and all that sign."""
    keys = _keys(site)
    known = site.project.signers
    with_key = [s for s, own in known if any(same(a, b) for a in own for b in keys)]
    return with_key, [signer for signer, _ in known]


def signers(project: Project) -> list[tuple[Site, list[Value]]]:
    """The calls that sign outside of tests, and their keys."""
    return [(s, _keys(s)) for s in project.sites("sign") if not is_test(s.place.path)]


def varying_algorithm(site: Site) -> Site | None:
    """A call whose algorithm may be set from outside, like that of all others with the same key."""
    with_key, _ = _signers(site)
    given = [signer.argument("algorithm") for signer in with_key]
    if not given or not all(same(given[0], other) for other in given[1:]):
        return None
    return with_key[0] if any(origin.is_fallback for origin in origins(given[0])) else None


class Accepted(NamedTuple):
    """The algorithms that a verifying call shall accept, and what says so."""

    names: list[str]
    why: str = ""

    @property
    def only(self) -> str:
        """What goes into the title of a fix: a token with another algorithm is refused."""
        *names, last = self.names
        said = f"{', '.join(names)} and {last}" if names else last
        return f", and accept {said} only, as {self.why}"


def accepted_algorithms(site: Site) -> Accepted | None:
    """What a verifying call shall accept: what the project signs with, or what its key allows.

    Where only the key's name tells its family, and the token may be somebody else's, nothing is
    known: a provider's keys have other names than secrets of our own.
    """
    algorithm = signing_algorithm(site)
    if algorithm is not None:
        return Accepted([algorithm])
    key = site.argument("key")
    if _signs_with(site, _keys(site)):
        return None
    if is_public(site.project, key):
        return Accepted(["RS256", "ES256"], "the key is a public one")
    if not is_secret(site.project, key):
        return None
    if all(isinstance(source, Const) for source in _keys(site)):
        return Accepted([*HMAC], "the key is a text")
    return Accepted([*HMAC], "the key is called a secret") if not may_be_foreign(site) else None


def may_be_foreign(site: Site) -> bool:
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


def _signs_with(site: Site, keys: list[Value]) -> bool:
    return any(same(a, b) for _, own in site.project.signers for a in own for b in keys)


def _keys(site: Site) -> list[Value]:
    return [o.value for o in origins(site.argument("key")) if not isinstance(o.value, Absent)]


def _algorithms(site: Site) -> set[str | None]:
    """The algorithms of a signing call; None among them where one is not known."""
    found: set[str | None] = set()
    for origin in origins(site.argument("algorithm")):
        value = origin.value
        if isinstance(value, Const) and isinstance(value.value, str):
            found.add(value.value)
        elif isinstance(value, Symbol):
            found.add(value.name.rpartition(".")[2])
        elif not (isinstance(value, Setting) and value.default is not ABSENT):
            found.add(None)
    return found or {None}
