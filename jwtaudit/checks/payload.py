"""What stands in a payload, which everyone who holds the token can read."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import signs_request
from jwtaudit.program.context import is_test
from jwtaudit.program.later_claims import stored_later
from jwtaudit.program.names import (
    Sensitivity,
    is_link_name,
    names_of,
    pairs,
    sensitivity,
    words,
)
from jwtaudit.program.origins import steps
from jwtaudit.program.records import (
    fields_of,
    is_credential,
    is_declared,
    is_person,
    whole_objects,
)
from jwtaudit.program.repairs import drop, lies_in
from jwtaudit.program.sql_rows import is_row_of_person
from jwtaudit.program.travels import deep
from jwtaudit.program.wording import wording
from jwtaudit.repair import DropKey, Repair
from jwtaudit.resources import words_of_data
from jwtaudit.values import (
    Absent,
    Const,
    Instance,
    Member,
    Operation,
    Outcome,
    Param,
    Symbol,
    Table,
    Unknown,
    Value,
    options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jwtaudit.facts import Scalar
    from jwtaudit.program import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place

_MAX_NESTING = 4
_OIDC = frozenset({"nonce", "at_hash", "c_hash", "auth_time", "email_verified", "azp"})


@check("credential-in-payload")
def credential_in_payload(project: Project) -> Iterator[Draft]:
    """A password, a key or the like among the claims."""
    for site, name, value in _claims(project):
        subject = _credential(name, value, project)
        if subject is None or _names_signer(site, name):
            continue
        yield _draft(
            site,
            _place(name, value, site),
            f"`{subject}` is put into the payload, which is encoded and not encrypted: everyone"
            " who sees the token can read it",
            "Leave it out, and look it up on the server by `sub` where it is needed.",
            value=value,
            anchor=name,
            confidence=Confidence.HIGH if sensitivity(name) else Confidence.MEDIUM,
            secret=isinstance(value, Const),
            repair=_left_out(site, name, value, f"Leave `{subject}` out of the payload"),
        )


def _names_signer(site: Site, name: str) -> bool:
    """Whether a claim tells a service whose secret signs a request to it."""
    return not pairs(name).isdisjoint(words_of_data("claim-words", "identifying-a-key")) and any(
        signs_request(site, option)
        for option in options(site.argument("payload"))
        if isinstance(option, Table)
    )


def _left_out(site: Site, name: str, value: Value, title: str) -> Repair | None:
    """Take a claim out of the payload: where its value stands, or else by its name."""
    taken = drop(site, value, title, claim=True)
    for payload in options(site.argument("payload")):
        named = isinstance(payload, Table) and payload.entries.get(name) is value
        if named and payload.place and not lies_in(payload.place, value.place):
            return Repair(title, DropKey(payload.place, name), otherwise=taken)
    return taken


@check("personal-data-in-payload")
def personal_data_in_payload(project: Project) -> Iterator[Draft]:
    """Contact data, health, beliefs or the like among the claims."""
    for site, name, value in _claims(project):
        kind = sensitivity(name)
        if kind not in (Sensitivity.PERSONAL, Sensitivity.COMMON) or not _holds_text(value):
            continue
        if _is_id_token(site) or (kind is Sensitivity.COMMON and _is_link(site)):
            continue
        yield _draft(
            site,
            _place(name, value, site),
            f"`{name}` is put into the payload: every proxy, log and browser that sees the token"
            " sees it too",
            "Put an opaque identifier into `sub` and look the rest up on the server.",
            value=value,
            anchor=name,
            confidence=Confidence.MEDIUM if kind is Sensitivity.PERSONAL else Confidence.LOW,
        )


@check("whole-object-in-payload")
def whole_object_in_payload(project: Project) -> Iterator[Draft]:
    """All fields of a record, those added next year included."""
    for site in _signing(project):
        for dumped, taken in whole_objects(project, site):
            known = fields_of(project, dumped)
            if known is not None and not any(is_credential(field) for field in known):
                continue
            if known is None and not is_person(dumped) and not is_row_of_person(project, dumped):
                continue
            yield _draft(
                site,
                taken.place or _handed_in(site),
                "all fields of an object are put into the payload, where everyone who sees the"
                f" token can read them{_fields_note(known)}",
                f"Name the claims one by one: `{wording(site.library.language, 'named-claims')}`.",
                value=taken,
                anchor="object",
                confidence=_certainty(dumped, taken, known),
            )


def _handed_in(site: Site) -> Place:
    """Where a record is given to what signs it."""
    outermost = site.calls[-1] if site.library.language == "python" else site.call
    return outermost.place


def _certainty(dumped: Value, taken: Value, known: tuple[str, ...] | None) -> Confidence:
    if known:
        return Confidence.HIGH
    if taken.place is None and isinstance(dumped, Unknown):
        return Confidence.LOW
    if taken.place is None and isinstance(dumped, Param) and not is_declared(dumped):
        return Confidence.LOW
    return Confidence.MEDIUM


def _draft(
    site: Site,
    place: Place,
    message: str,
    advice: str,
    *,
    value: Value,
    anchor: str,
    confidence: Confidence,
    secret: bool = False,
    repair: Repair | None = None,
) -> Draft:
    function = site.call.scope.qualname
    return Draft(
        rule="",
        place=place,
        message=message,
        advice=advice,
        confidence=confidence,
        trace=steps(value, site.place, "signed here") if place != site.place else (),
        secrets=(value.place,) if secret and value.place is not None else (),
        anchor=f"{function}:{anchor}",
        repair=repair,
    )


# -- the payload ---------------------------------------------------------------------------------


def _signing(project: Project) -> Iterator[Site]:
    """The calls that sign in the clear, outside of tests."""
    for site in project.sites("sign"):
        if is_test(site.place.path) or any(is_test(call.place.path) for call in site.chain):
            continue
        if not _is_encrypted(site):
            yield site


def _is_encrypted(site: Site) -> bool:
    """RFC 7516: a header with ``enc`` makes a token whose payload only the recipient reads."""
    return any(
        isinstance(option, Table) and "enc" in option.entries
        for option in options(site.argument("headers"))
    )


def _claims(project: Project) -> Iterator[tuple[Site, str, Value]]:
    """Every claim of every signing call: its name and its value."""
    for site in _signing(project):
        found: dict[str, list[Value]] = defaultdict(list)
        for meaning in ("payload", "subject"):  # who is meant may be told by a mapping, too
            for option in options(site.argument(meaning)):
                for name, value in _entries(project, option, 0):
                    found[name].append(value)
        for name, values in found.items():
            yield from ((site, name, value) for value in _written(site, values))
        yield from ((site, name, value) for name, value in stored_later(site))


def _entries(project: Project, value: Value, depth: int) -> Iterator[tuple[str, Value]]:
    if depth > _MAX_NESTING:
        return
    value = _made(project, value)
    if isinstance(value, Operation) and value.operator == "json-encode":
        for operand in value.operands:
            for option in options(operand):
                yield from _entries(project, option, depth + 1)
    elif isinstance(value, Table):
        for name, entry in value.entries.items():
            for option in options(entry):
                if isinstance(option, Absent) or not isinstance(name, str):
                    continue
                yield name, option
                yield from _entries(project, option, depth + 1)


def _written(site: Site, values: Sequence[Value]) -> Sequence[Value]:
    """What a claim may be: as it is given to a call, rather than what that has come from."""
    given = [a.place or a.value.place for call in site.calls for a in call.arguments]
    wholes = [place for place in given if place is not None]
    inside = [value for value in values if any(lies_in(place, value.place) for place in wholes)]
    return values if not inside or all(isinstance(v, Const) for v in inside) else inside


def _made(project: Project, value: Value) -> Value:
    """An object made here and dumped at once: what it was made of."""
    if isinstance(value, Outcome) and isinstance(value.call.receiver, Instance):
        model = project.model_of(value.call)
        made = value.call.receiver.call
        if model is not None and model.role == "dump" and made is not None:
            entries: dict[Scalar, Value] = {
                a.name: a.value for a in made.arguments if a.name is not None
            }
            return Table(entries, place=value.place)
    return value


def _place(name: str, value: Value, site: Site) -> Place:
    """Where a claim is put into the payload."""
    near = {call.place.path for call in site.calls}
    for step in reversed(value.trace):
        if step.what == f"`{name}` is set" and step.place.path in near:
            return step.place
    return value.place if value.place and value.place.path in near else site.place


# -- judgements ----------------------------------------------------------------------------------


def _credential(name: str, value: Value, project: Project) -> str | None:
    """The name of the credential that a claim holds, if any."""
    if not _holds_text(value):
        return None
    if sensitivity(name, project.options.sensitive_claims) is Sensitivity.CREDENTIAL:
        return name
    if name == "iss":  # who signs names itself there, often by the identifier of its key
        return None
    if isinstance(value, Member) and value.name is not None and is_credential(value.name):
        return value.name
    return None


def _holds_text(value: Value) -> bool:
    """Whether a value can be a text: no switch, no number, no comparison, nothing empty."""
    if isinstance(value, Const):
        return isinstance(value.value, str) and bool(value.value.strip("*"))
    if isinstance(value, Operation):
        return value.operator in ("text", "or", "+", "lower", "upper", "strip", "pad", "hex-encode",
                                  "base64-encode", "base64url-encode")  # fmt: skip
    if isinstance(value, Outcome):
        method = words(value.call.name.rpartition(".")[2])
        return not (set(method) & {"bool", "is", "has", "len", "any", "all", "int", "check"})
    return not isinstance(value, (Absent, Symbol, Table))


def _is_id_token(site: Site) -> bool:
    """OpenID Connect Core section 5.1: an ID token is there to tell who the user is."""
    if any(
        isinstance(option, Table) and _OIDC & option.entries.keys()
        for option in options(site.argument("payload"))
    ):
        return True
    callers = (site.call.scope.qualname, *(call.scope.qualname for call in site.chain))
    return any("id_token" in pairs(name) or "idtoken" in pairs(name) for name in callers)


def _is_link(site: Site) -> bool:
    """A token sent by e-mail to the very address that it names."""
    callers = site.calls
    names = [call.scope.qualname for call in callers]
    keys = [name for part in deep(site.argument("key")) for name in names_of(part)]
    files = (PurePosixPath(call.place.path).stem for call in callers)
    return any(map(is_link_name, (*names, *keys, *files)))


# -- whole objects -------------------------------------------------------------------------------


def _fields_note(fields: tuple[str, ...] | None) -> str:
    secret = [field for field in fields or () if is_credential(field)]
    return f", `{secret[0]}` among them" if secret else ""
