"""Which signature algorithms a verifying call accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.algorithms import (
    ASYMMETRIC,
    algorithm_name,
    is_given,
    is_none,
    listed,
    lists,
    verifying,
)
from jwtaudit.program.call_drafts import call_draft, version_of
from jwtaudit.program.claims import bases_of
from jwtaudit.program.commands import is_typed_by_callers
from jwtaudit.program.key_families import is_public, is_secret
from jwtaudit.program.readings import is_header_of_token
from jwtaudit.program.repairs import pinned
from jwtaudit.program.scopes import Raised, Tested
from jwtaudit.program.signing_evidence import HMAC
from jwtaudit.program.sites import Site
from jwtaudit.program.token_sources import has_role
from jwtaudit.program.version_branches import is_for_some_version
from jwtaudit.program.wording import wording
from jwtaudit.repair import DropUnused, Repair, Replace
from jwtaudit.values import (
    ABSENT,
    Absent,
    Closure,
    Const,
    FunctionId,
    Member,
    Operation,
    Outcome,
    Param,
    Sequence,
    Symbol,
    Table,
    Value,
    options,
    same,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project
    from jwtaudit.program.scopes import Event


@check("algorithms-not-pinned")
def algorithms_not_pinned(project: Project) -> Iterator[Draft]:
    """A verifying call that names no algorithm: the token does so, or the call always fails."""
    for site in _without_algorithms(project, "accept", "error", "by-key"):
        title = site.library.title
        missing = site.semantic("algorithms-missing")
        if missing == "by-key":
            if not is_public(project, site.argument("key")):
                continue  # reported as left to the key
            message = (
                f"no list of algorithms: {title} takes whatever algorithm fits the key, and whether"
                " a public key can pass for a secret is left to its guess at the key's text"
            )
            confidence = Confidence.HIGH
        elif missing == "accept":
            message = (
                f"no list of algorithms: {title} takes whatever algorithm the token names, so the"
                " sender of a token decides how it is verified"
            )
            confidence = Confidence.HIGH
        else:
            facts = site.library.semantics.get("algorithms-missing", ())
            once = any(value == "accept" for _, value in facts)
            message = (
                f"no list of algorithms: {title} {version_of(site)} raises for every token here,"
                " which is a bug and not a hole"
            )
            if once:
                message += "; an older version takes any algorithm of the key's family"
            confidence = Confidence.MEDIUM if once and site.version is None else Confidence.LOW
        yield call_draft(
            site,
            site.place,
            message,
            f"Name the one algorithm you sign with: {_list_of(site, 'HS256')} for a shared secret,"
            f" {_list_of(site, 'RS256')} or the like for a public key.",
            confidence=confidence,
            notes=site.notes,
            repair=pinned(site, by_key=True),
        )


@check("algorithms-left-to-key")
def algorithms_left_to_key(project: Project) -> Iterator[Draft]:
    """A verifying call that names no algorithm, of a library that goes by the kind of key."""
    for site in _without_algorithms(project, "by-key"):
        if not is_public(project, site.argument("key")):
            yield call_draft(
                site,
                site.place,
                f"no list of algorithms: {site.library.title} goes by the key, and takes every"
                " algorithm of its kind; with a secret that is HS256, HS384 and HS512",
                f"Name the one algorithm you sign with: {_list_of(site, 'HS256')}.",
                notes=site.notes,
                repair=pinned(site),
            )


def _list_of(site: Site, algorithm: str) -> str:
    """How a list of one algorithm is written for a call."""
    language, inside = site.library.language, site.model.inside.get("algorithms")
    if inside is None:
        return f"`{wording(language, 'one-algorithm').format(name=algorithm)}`"
    listed = wording(language, "argument").format(name=inside.key, value=f'["{algorithm}"]')
    return f"`{listed}`"


@check("algorithm-from-token")
def algorithm_from_token(project: Project) -> Iterator[Draft]:
    """The token itself says which algorithm may verify it."""
    for site in verifying(project):
        if is_typed_by_callers(project, site.argument("token")):
            continue  # whoever types a token deceives nobody but themselves
        for name in listed(site):
            for part in _sources(name):
                if (
                    is_header_of_token(project, part)
                    and not _allowlisted(project, site, name)
                    and not _is_by_algorithm(site, name)
                ):
                    yield call_draft(
                        site,
                        name.place or site.place,
                        "the accepted algorithm is read from the token's own header: the sender"
                        " of a token decides how it is verified",
                        "Name the algorithm of the key, or look the token's up in a constant list"
                        " first.",
                        value=part,
                        what="accepted as the algorithm here",
                        notes=site.notes,
                        repair=_without_header(project, pinned(site, by_key=True), name),
                    )
                    break


def _without_header(project: Project, repair: Repair | None, algorithm: Value) -> Repair | None:
    """A repair that also takes out what read the header, where nothing else uses it."""
    peeks = [
        DropUnused(part.call.place)
        for part in _sources(algorithm)
        if isinstance(part, Outcome) and part.call.target is None
        if has_role(project, part, "header-peek") or has_role(project, part, "decode-unverified")
    ]
    return repair.before(repair.otherwise, [*repair.changes, *peeks]) if repair else None


@check("mixed-algorithm-families")
def mixed_algorithm_families(project: Project) -> Iterator[Draft]:
    """One list that accepts a shared secret and a public key."""
    for site in verifying(project):
        if site.semantic("keys") == "typed" or _typed_key(project, site):
            continue
        if _is_looked_up_by_algorithm(project, site.argument("key")):
            continue
        first = next((f for names in lists(site) if (f := _mixed(project, names))), None)
        if first is None:
            continue
        given = site.argument("algorithms")
        place = (given if isinstance(given, Sequence) else first).place or site.place
        yield call_draft(
            site,
            place,
            "one list accepts HMAC and public-key algorithms: where the library takes the public"
            " key's text as an HMAC secret, anyone who knows that public key can mint tokens",
            "Accept one family of algorithms per key.",
            value=first,
            what="accepted here",
            confidence=Confidence.HIGH
            if is_public(project, site.argument("key"))
            else Confidence.MEDIUM,
            notes=site.notes,
            repair=pinned(site) or _one_family(site, given),
        )


def _mixed(project: Project, names: list[list[Value]]) -> Value | None:
    """The name in a list of algorithms that does not go with another one of that list."""
    for name in names:
        for value in name:
            if _every_algorithm(project, value):
                return value
            others = (v for other in names if other is not name for v in other)
            if algorithm_name(value) in HMAC and any(
                algorithm_name(v) in ASYMMETRIC for v in others
            ):
                return value
    return None


# -- what the calls say ----------------------------------------------------------------------------


def _sources(value: Value) -> Iterator[Value]:
    """The value, what is inside it, and what its methods were called on."""
    for part in walk(value):
        yield part
        if isinstance(part, Outcome) and part.call.receiver is not None:
            yield from _sources(part.call.receiver)


def _without_algorithms(project: Project, *meaning: str) -> Iterator[Site]:
    """The verifying calls without a list of algorithms, of libraries to which that means so."""
    for site in verifying(project):
        model = site.model
        if "algorithms" not in {*model.meanings, *model.factory, *model.inside}:
            continue
        missing = site.semantic("algorithms-missing")
        if missing not in meaning or _works_in_range(site):
            continue
        if missing == "error" and is_for_some_version(site):
            continue
        if _key_names_algorithm(project, site) or _checks_header(project, site):
            continue
        if any(argument.name == "algorithm" for argument in site.call.arguments):
            continue  # one cause, one finding: the misspelt argument
        if any(
            {"algorithm", "algorithms"} & set(o.entries)
            for o in options(site.argument("options"))
            if isinstance(o, Table)
        ):
            continue
        if not is_given(site.argument("algorithms")):
            yield site


def _checks_header(project: Project, site: Site) -> bool:
    """Whether a function on the way holds the algorithm in the token's header against its own."""
    return any(
        isinstance(event, Tested)
        and (event.then_exits or event.else_exits)
        and any(_is_own_list(project, *part.operands) for part in _comparisons(event.value))
        for call in site.calls
        if (scope := project.scope(call.scope)) is not None
        for event in scope.events
    )


def _comparisons(value: Value) -> Iterator[Operation]:
    for part in walk(value):
        if isinstance(part, Operation) and part.operator in ("in", "not in", "==", "!="):
            yield part


def _is_own_list(project: Project, named: Value, allowed: Value) -> bool:
    """Whether the algorithm of a header is compared with names of algorithms."""
    of_header = any(
        is_header_of_token(project, option)
        for base in bases_of(project, _whatever_case(named), "alg")
        for option in options(base)
    )
    names = allowed.items if isinstance(allowed, Sequence) else (allowed,)
    return (
        of_header
        and bool(names)
        and all((said := algorithm_name(name)) in HMAC or said in ASYMMETRIC for name in names)
    )


def _works_in_range(site: Site) -> bool:
    """Whether a call that fails today was written for a version in range that knew a default."""
    if site.semantic("algorithms-missing") != "error":
        return False
    pin = site.project.dependencies.version(site.library, site.place.path)
    if pin is None or pin.oldest is None:
        return False
    return site.library.semantic("algorithms-missing", pin.oldest) not in ("error", "accept")


def _key_names_algorithm(project: Project, site: Site) -> bool:
    kinds = site.semantic("key-names-algorithm") or ()
    key = site.argument("key")
    return any(project.interpreter.type_name(option) in kinds for option in options(key))


def _typed_key(project: Project, site: Site) -> bool:
    """Whether the key is an object made for one family of algorithms, or the one inside of it."""
    return any(
        has_role(project, part, "key-import", "key-generate", "key-source")
        for option in options(site.argument("key"))
        for part in _made_by(option)
    )


def _is_looked_up_by_algorithm(project: Project, key: Value) -> bool:
    """Whether a function is given for the key, and asks the header for its algorithm."""
    return any(
        isinstance(event, Tested)
        and any(
            isinstance(base, Param) and base.function == option.id
            for base in bases_of(project, event.value, "alg")
        )
        for option in options(key)
        if isinstance(option, Closure) and (scope := project.scope(option.id)) is not None
        for event in scope.events
    )


def _made_by(key: Value) -> Iterator[Outcome]:
    """The call that gave a key, or gave what it is the key of: ``jwk.key``."""
    held = isinstance(key, Member) and key.name == "key" and not key.item
    for part in walk(key.base) if isinstance(key, Member) and held else (key,):
        if isinstance(part, Outcome):
            yield part


def _every_algorithm(project: Project, value: Value) -> bool:
    for part in _sources(value):
        name = part.call.name if isinstance(part, Outcome) else getattr(part, "name", None)
        if not isinstance(part, (Outcome, Symbol)) or not isinstance(name, str):
            continue
        if any(model.role == "algorithms" for model in project.models.exactly(name)):
            return True
    return False


def _allowlisted(project: Project, site: Site, algorithm: Value) -> bool:
    """Whether some condition holds the algorithm against a list, or against one name."""
    names = [algorithm]
    if site.call.origin is not None:  # as the function itself sees it, which may do the testing
        names.extend(listed(Site(project, site.call.origin, site.model)))
    names = [name for name in names if not isinstance(name, (Const, Absent))]
    if any(
        same(option, name) or (name.place is not None and option.place == name.place)
        for option in _compared(project)
        for name in names
    ):
        return True
    return any(
        _refuses(project, call.target, argument.name)
        for call in project.calls
        if call.target is not None
        for argument in call.arguments
        if argument.name is not None
        and any(same(option, name) for option in options(argument.value) for name in names)
    )


def _is_by_algorithm(site: Site, algorithm: Value) -> bool:
    """Whether the key is looked up by the very algorithm: each that has one has its own."""
    found = [
        option
        for option in options(site.argument("key"))
        if not (isinstance(option, Const) and option.value is None)  # there is none
    ]
    return bool(found) and all(same(_looked_up_by(option), algorithm) for option in found)


def _looked_up_by(value: Value) -> Value:
    """What a value is looked up by: ``keys[algorithm]``, ``keys.get(algorithm)``."""
    if isinstance(value, Member):
        return value.key
    if isinstance(value, Outcome) and value.call.receiver is not None and value.call.arguments:
        asked = value.call.name.rpartition(".")[2] == "get"
        return value.call.arguments[0].value if asked else ABSENT
    return ABSENT


def _compared(project: Project) -> list[Value]:
    """All that conditions compare: looked for once, as calls are reached in many ways."""
    if project not in _known_compared:
        _known_compared[project] = [
            option
            for event in project.events
            for tested in _held_against(event)
            for option in options(_whatever_case(tested))
            if not isinstance(option, (Const, Absent))
        ]
    return _known_compared[project]


_known_compared: WeakKeyDictionary[Project, list[Value]] = WeakKeyDictionary()


def _whatever_case(value: Value) -> Value:
    """What a value is before it was put into small letters, or capital ones."""
    while isinstance(value, Operation) and value.operator in ("lower", "upper", "strip"):
        value = value.operands[0]
    return value


def _held_against(event: Event) -> Iterator[Value]:
    """What a condition compares with something, or looks up in it."""
    if not isinstance(event, Tested):
        return
    for part in walk(event.value):
        if isinstance(part, Operation) and part.operator in ("in", "not in", "==", "!="):
            left, right = part.operands
            if not is_none(right):
                yield left
            if not is_none(left):
                yield right


def _refuses(project: Project, function: FunctionId, parameter: str) -> bool:
    """Whether a function, such as one that finds a key, raises for algorithms that it lacks."""
    scope = project.scope(function)
    return (
        scope is not None
        and any(isinstance(event, Raised) for event in scope.events)
        and any(
            isinstance(part, Param) and part.function == function and part.name == parameter
            for event in scope.events
            for tested in _held_against(event)
            for part in walk(tested)
        )
    )


# -- how it is repaired ----------------------------------------------------------------------------


def _one_family(site: Site, listed: Value) -> Repair | None:
    """Accept the algorithms of a list that go with the key, where its kind is seen."""
    if not isinstance(listed, Sequence) or listed.rest or not listed.place:
        return None
    key = site.argument("key")
    if is_public(site.project, key):
        title, family = "Accept no HMAC with a public key", ASYMMETRIC
    elif is_secret(site.project, key):
        title, family = "Accept HMAC only with a key that is called a secret", frozenset(HMAC)
    else:
        return None
    names = [item.value for item in listed.items if isinstance(item, Const)]
    kept = [name for name in names if isinstance(name, str) and name in family]
    if len(names) != len(listed.items) or not kept:
        return None
    return Repair(title, Replace(listed.place, kept))
