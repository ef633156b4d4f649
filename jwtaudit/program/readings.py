"""Places where claims are read without verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.program.authority_words import says, words
from jwtaudit.program.context import is_test
from jwtaudit.program.development import DEVELOPMENT, is_development_file
from jwtaudit.program.names import pairs
from jwtaudit.program.names import words as name_words
from jwtaudit.program.platforms import in_browser
from jwtaudit.program.scopes import Tested
from jwtaudit.program.switches import turned_off
from jwtaudit.program.token_sources import has_role
from jwtaudit.values import (
    Absent,
    Const,
    FunctionId,
    Member,
    Operation,
    Outcome,
    Param,
    Value,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.origins import Origin
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import Arm, Call


@dataclass(slots=True, eq=False)
class Reading:
    """A place where claims are read without verification.

    Attributes:
        site: the library call; None where the token is taken apart by hand.
        evidence: the option that turns verification off; None where the function never verifies.
        apart: the claims, decoded by hand.
    """

    place: Place
    scope: FunctionId
    path: tuple[Arm, ...]
    site: Site | None = None
    evidence: Origin | None = None
    apart: Value | None = None

    @property
    def token(self) -> Value:
        """The token, or what is made of it."""
        if self.site is not None:
            return self.site.argument("token")
        return self.apart if self.apart is not None else Absent()


_readings: WeakKeyDictionary[Project, tuple[Reading, ...]] = WeakKeyDictionary()


def readings(project: Project) -> tuple[Reading, ...]:
    """Every place outside of tests where claims are read without verification."""
    if project not in _readings:
        _readings[project] = tuple(_find_readings(project))
    return _readings[project]


def _find_readings(project: Project) -> Iterator[Reading]:
    for site in project.sites("decode-unverified", "verify", "verify-signature"):
        if _stands_aside(project, site.call.scope):
            continue
        origin: Origin | None = None
        if site.role != "decode-unverified":
            off = next((o for o in turned_off(site) if o.effect == "signature"), None)
            if off is None or off.evidence.is_fallback:
                continue  # verified, or a matter of the setting that decides
            if off.switch.when.absent and not fills(site):
                continue  # without a key nothing but an object that keeps the token is read
            origin = off.evidence
        if _is_asked_for(project, site.call.origin or site.call):
            continue
        yield Reading(site.place, site.call.scope, site.call.path, site, origin)
    seen: set[Place] = set()
    for part, event in project.operations("json-decode"):
        if part.place and part.place not in seen and is_taken_apart(part, 1):
            seen.add(part.place)
            if not _stands_aside(project, event.scope._replace(path=part.place.path)):
                yield Reading(part.place, event.scope, event.path, apart=part)


def _stands_aside(project: Project, function: FunctionId) -> bool:
    """Whether what a function reads decides nothing by itself.

    Who holds a token may read it, as a page does that shows it; libraries of tokens do so for all.
    A server on the developer's own machine, as its file and its class say, lets anyone in.
    """
    path, owner = function.path, function.qualname.partition(".")[0]
    if is_development_file(path) and DEVELOPMENT & pairs(owner) and not project.is_script(path):
        return True
    return is_test(path) or in_browser(project, path) or project.python.is_library_itself(path)


def _is_asked_for(project: Project, call: Call) -> bool:
    """Whether a call only runs where a parameter is given against its default, and nobody does.

    One without a default that says to verify (``verify_signature: bool``) is taken for on.
    """
    scope = project.scope(call.scope)
    for test in scope.events if scope is not None and call.path else ():
        if not isinstance(test, Tested):
            continue
        value, wanted = test.value, "then"
        while isinstance(value, Operation) and value.operator == "not":
            value, wanted = value.operands[0], "else" if wanted == "then" else "then"
        if not isinstance(value, Param) or value.function != call.scope:
            continue
        default = value.default
        if isinstance(default, Absent) and says(value.name, "verifying"):
            default = Const(True)
        if not isinstance(default, Const) or not isinstance(default.value, bool):
            continue
        usual = wanted if default.value else ("else" if wanted == "then" else "then")
        if any(arm.side != usual and test.is_side(arm.side, arm) for arm in call.path):
            return not any(
                argument.spread
                or (argument.name == value.name and not same(argument.value, default))
                for caller in project.callers.get(call.scope, ())
                if not is_test(caller.place.path)
                for argument in caller.arguments
            )
    return False


def is_taken_apart(value: Value, index: int) -> bool:
    """Whether a value is a part of a token, decoded by hand: header (0) or claims (1)."""
    if not (isinstance(value, Operation) and value.operator == "json-decode"):
        return False
    for decoded in walk(value):
        for part in _decoded(decoded):
            if (
                isinstance(part, Member)
                and isinstance(part.key, Const)
                and part.key.value in (index, index - 3)
                and isinstance(part.base, Operation)
                and part.base.operator == "split"
            ):
                return True
    return False


def _decoded(value: Value) -> Iterator[Value]:
    """What is inside a value that is decoded from base64, by whatever says so."""
    if isinstance(value, Operation) and value.operator.startswith("base64"):
        yield from walk(value)
    elif isinstance(value, Outcome):
        name = value.call.name.rpartition(".")[2].lower()
        if "decode" in name and ("b64" in name or "base64" in name):
            for argument in value.call.arguments:
                yield from walk(argument.value)


def is_header_of_token(project: Project, value: Value) -> bool:
    """Whether a value is the header of a token that nobody verified."""
    if isinstance(value, Outcome):
        return has_role(project, value, "header-peek")
    if isinstance(value, Member) and value.name in words("headers"):  # of a token, decoded whole
        return any(
            isinstance(base, Outcome) and has_role(project, base, "decode-unverified")
            for base in options(value.base)
        )
    return is_taken_apart(value, 0)


def fills(site: Site) -> bool:
    """Whether a call leaves the token in the object that it belongs to."""
    return site.call.discarded and isinstance(site.call.receiver, Outcome)


def calls_by_name(project: Project, function: FunctionId) -> Iterator[Call]:
    """The calls of a method, by its name, on objects of which no class is known.

    Only where the name is one for tokens: whatever else is so called does the same.
    """
    owner, _, name = function.qualname.rpartition(".")
    if not owner or set(words("of-tokens")).isdisjoint(name_words(name)):
        return
    for call in project.calls:
        named = call.name.rpartition(".")[2]
        if not named and isinstance(call.receiver, Member):
            named = call.receiver.name or ""
        unknown = call.target is None and project.model_of(call) is None
        if named == name and unknown and not is_test(call.place.path):
            yield call
