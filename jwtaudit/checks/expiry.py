"""Tokens that are signed without an end."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.checks.claims import stepped
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.algorithms import algorithm_name, issues_unsigned, unsigned_by
from jwtaudit.program.claim_branches import is_left_out
from jwtaudit.program.claims import (
    CHALLENGE,
    REGISTERED,
    claim_sets,
    compares,
    hands_to_check,
    is_completed,
    is_known,
    is_tested,
    is_updated,
    signs_request,
    truthy_options,
)
from jwtaudit.program.kinds import Kind, token_kind
from jwtaudit.program.lifetime_settings import LifetimeSetting, lifetime_settings
from jwtaudit.program.operations import is_text
from jwtaudit.program.origins import origins
from jwtaudit.program.purposes import is_file_name, is_for_tests, is_kept_secret, is_meant_bad
from jwtaudit.program.records import is_row, written_fields
from jwtaudit.program.repairs import drop, renamed, set_meaning
from jwtaudit.program.scopes import MODULE
from jwtaudit.program.travels import deep
from jwtaudit.program.wording import wording
from jwtaudit.repair import CallFurther, Named, Repair, Replace, SetEntry, Snippet
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    Const,
    Member,
    Operation,
    Outcome,
    Table,
    Unknown,
    entry,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.facts import Scalar
    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.repair import Change
    from jwtaudit.values import Value

_OWN_EXPIRY = re.compile(
    r"^((jwt|token)[_-]?exp|((jwt|token)[_-])?expir(es|y|ation|e|ed)([_-]?(at|in|on|time|date|ts))?"
    r"|exp[_-]?(time|date|at)|valid[_-]?until)$",
    re.IGNORECASE,
)
# A logout or security event token has no exp (RFC 8417, 2.2), a DPoP proof is judged by its iat
# (RFC 9449, 4.2), and so is the proof of who presents an SD-JWT, for its nonce (RFC 9901, 4.3).
_WITHOUT_EXPIRY = frozenset({"events", "htm", "htu", "sd_hash"})
_IDENTIFIERS = frozenset({"_id", "email", "id", "userId", "user_id", "username", "uuid"})
# A token by which one service names itself to another, such as a push service, to judge by age.
_OF_A_SERVICE = frozenset({"iss", "iat", "aud", "jti", "nbf"})


@check("missing-expiry")
def missing_expiry(project: Project) -> Iterator[Draft]:
    """A token is signed that never expires."""
    for site in project.sites("sign"):
        if is_tested(site) or is_meant_bad(site) or is_for_tests(site):
            continue
        if _is_never_signed(site):
            continue  # whoever has it can write an expiry into it, too
        added = site.semantic("exp-added")
        asked = added == "on-request"
        if added and not asked:
            if _unlimited(site, added):
                why = "its lifetime is switched off"
                repair = _with_lifetime(site, added)
                yield _never_expires(site, why, Confidence.HIGH, repair)
            continue
        if asked and truthy_options(site.argument("lifetime")):
            continue
        if _only_tries_keys(site) or not isinstance(site.argument("expires"), Absent):
            continue
        if is_kept_secret(site) or is_file_name(site):
            continue
        if asked and (lacking := _no_claims(site)) is not None:
            yield _never_expires(site, lacking, Confidence.MEDIUM)
        for claims in _known_sets(site):
            if _WITHOUT_EXPIRY & set(claims.entries):
                continue
            if is_completed(project, claims, "exp") or is_updated(site):
                continue
            if _is_handle(project, claims):
                continue
            missing = _missing_expiry(site, claims)
            if missing is not None:
                why, confidence = missing
                kind = token_kind(site, [claims])
                repair = _limited(site, kind) if asked else _short_lived(project, claims, kind)
                if confidence is Confidence.MEDIUM and _reads_own(project, claims):
                    yield _ends_here_alone(site, claims, repair)
                else:
                    yield _never_expires(site, why, confidence, repair)
    for setting in lifetime_settings(project):
        if setting.unlimited:
            yield Draft(
                rule="",
                place=setting.place,
                message=f"`{setting.name}` is switched off: no token expires, and whoever gets"
                " hold of one may use it for ever",
                advice="Set it to a `timedelta` of minutes.",
                anchor=f"setting {setting.name}",
                repair=_limited_setting(setting),
            )


def _with_lifetime(site: Site, added: str) -> Repair | None:
    """Leave the lifetime that a library gives by itself; where it gives none, ask for one."""
    if added == "always":
        return drop(site, site.argument("lifetime"), "Leave the library's lifetime")
    limited = site.model.limited
    change = set_meaning(site, "lifetime", Snippet(limited)) if limited else None
    return Repair(_lasting(token_kind(site, [])), change) if change else None


def _limited_setting(setting: LifetimeSetting) -> Repair | None:
    """Seconds, which every library takes; as many as those libraries give by themselves."""
    if not isinstance(setting.value, Const) or setting.value.place is None:
        return None
    of = "refresh" if "refresh" in setting.name.lower() else "access"
    change = Replace(setting.value.place, Named(f"{of}-lifetime"))
    return Repair(f"Set `{setting.name}` to what the library has by itself", change)


def _known_sets(site: Site) -> Iterator[Table]:
    """The claims of a signing call where all are known, those that a model declares among them."""
    yield from (claims for claims in claim_sets(site) if is_known(claims))
    opened = [
        payload if isinstance(payload, Table) else Table({}, (payload,))
        for payload in options(site.argument("payload"))
    ]
    for table in () if any("exp" in table.entries for table in opened) else opened:
        written = [_declared(site, rest) for rest in table.rest]
        if written and all(written):
            fields: dict[Scalar, Value] = {
                name: Unknown("a field") for names in written for name in names
            }
            yield Table({**fields, **table.entries})


def _declared(site: Site, rest: Value) -> tuple[str, ...]:
    """The fields that a model object writes out, where nobody adds to them; none if in doubt."""
    if not isinstance(rest, Outcome) or any(
        isinstance(use, Call) and use.name.endswith((".update", ".setdefault"))
        for use in site.project.uses(rest.call)
    ):
        return ()
    return written_fields(site.project, rest) or ()


def _only_tries_keys(site: Site) -> bool:
    """Whether the token is verified at once by the same function, or dropped, to try the keys."""
    call = site.call
    dropped = call.discarded and call.receiver is None and call.scope.qualname != MODULE
    if dropped and not site.project.is_script(site.place.path):
        return True  # what a cell of a notebook ends with is shown
    return any(
        isinstance(use, Call)
        and use.scope == site.call.scope
        and (model := site.project.model_of(use)) is not None
        and model.role == "verify"
        for use in site.project.uses(site.call)
    )


def _no_claims(site: Site) -> str | None:
    """Why what a script signs has no expiry: a text, or a record as the database gives it."""
    if not site.project.is_script(site.place.path):
        return None
    given = options(site.argument("payload"))
    if any(is_text(o) or _is_written_out(o) or _is_one_field(o) for o in given):
        return "its payload is a text, and has no claims"
    if any(is_row(site.project, option) and not _has_end(option) for option in given):
        return "its payload is a record, which has no `exp`"
    return None


def _has_end(payload: Value) -> bool:
    return isinstance(payload, Table) and "exp" in payload.entries


def _is_one_field(value: Value) -> bool:
    """Whether a value is what tells a user apart, by itself: ``user.id``."""
    return isinstance(value, Member) and not value.item and value.name in _IDENTIFIERS


def _is_written_out(value: Value) -> bool:
    return isinstance(value, Operation) and (value.operator == "+" or _is_record_as_json(value))


def _is_record_as_json(value: Operation) -> bool:
    """Whether a value is the JSON of something that has no claims of a token."""
    return value.operator == "json-encode" and all(
        isinstance(inner, (Outcome, Member))
        or (isinstance(inner, Table) and is_known(inner) and not REGISTERED & set(inner.entries))
        for inner in options(value.operands[0])
    )


def _missing_expiry(site: Site, claims: Table) -> tuple[str, Confidence] | None:
    """Why a token of these claims has no expiry; None when it has one, or may have."""
    found = options(entry(claims, "exp"))
    if all(isinstance(option, Absent) for option in found):
        own = _own_expiries(claims)
        if own:
            return f"`{own[0]}` is no registered claim, only `exp` is checked", Confidence.MEDIUM
        if CHALLENGE in claims.entries and set(claims.entries) <= {*_OF_A_SERVICE, CHALLENGE}:
            return None  # its receiver has just asked for it (OpenID4VCI, 8.2.1)
        if signs_request(site, claims):
            return None
        if "iat" in claims.entries and set(claims.entries) <= _OF_A_SERVICE:
            if _signs_for_others(site):
                return None
            return "no `exp`; only a receiver that judges its `iat` ends it", Confidence.LOW
        return "its payload has no `exp`", Confidence.HIGH
    given = [option for option in found if not isinstance(option, Absent)]
    if len(given) < len(found) and all(_adds_nothing(site.project, option) for option in given):
        return "its optional lifetime is left out, or zero", Confidence.MEDIUM
    if len(given) < len(found) and is_left_out(site, "exp"):
        return "its kind is given no `exp`", Confidence.HIGH
    return None


def _is_handle(project: Project, claims: Table) -> bool:
    """Whether claims hold nothing but what is drawn by chance: a store tells what that is for."""
    return bool(claims.entries) and all(
        any(
            isinstance(part, Outcome)
            and (model := project.model_of(part.call)) is not None
            and (model.role, model.effect) == ("generator", "random")
            for part in deep(option)
        )
        for value in claims.entries.values()
        for option in options(value)
    )


def _is_never_signed(site: Site) -> bool:
    """Whether a token has no signature, whichever way the program goes."""
    ways = options(site.argument("algorithm"))
    return issues_unsigned(site) and len(list(unsigned_by(site))) == len(ways)


def _signs_for_others(site: Site) -> bool:
    """Whether whoever verifies a token has only the public half of its key."""
    names = [algorithm_name(origin.value) for origin in origins(site.argument("algorithm"))]
    return any(name is not None and not name.startswith("HS") for name in names)


def _own_expiries(claims: Table) -> list[str]:
    """The claims that tell an expiry under another name."""
    return [name for name in claims.entries if isinstance(name, str) and _OWN_EXPIRY.match(name)]


def _adds_nothing(project: Project, value: Value) -> bool:
    """Whether a time is computed from a lifetime that was not given, so that it never is."""
    for part in walk(value):
        given: tuple[Value, ...] = ()
        length: tuple[Value, ...] = ()
        if isinstance(part, Operation) and part.operator in ("+", "-", "*"):
            given = part.operands
        elif isinstance(part, Outcome):
            model = project.model_of(part.call)
            if model is not None and model.role == "duration":
                given = length = tuple(argument.value for argument in part.call.arguments)
        if any(isinstance(v, Absent) or (isinstance(v, Const) and v.value is None) for v in given):
            return True
        if length and all(isinstance(v, Const) and v.value == 0 for v in length):
            return True
    return False


def _reads_own(project: Project, claims: Table) -> bool:
    return any(
        compares(project, site.call, name) or hands_to_check(project, site.call, name)
        for site in project.sites("verify")
        for name in _own_expiries(claims)
    )


def _unlimited(site: Site, added: str) -> bool:
    """Whether the lifetime that a library adds is switched off."""
    lifetime = site.argument("lifetime")
    if added == "always":
        return any(isinstance(o, Const) and o.value is False for o in options(lifetime))
    if truthy_options(lifetime) or truthy_options(site.argument("expires")):
        return False
    payload = site.argument("payload")
    if isinstance(payload, Absent):
        return True
    return any(
        is_known(claims) and all(isinstance(o, Absent) for o in options(entry(claims, "exp")))
        for claims in claim_sets(site)
    )


def _short_lived(project: Project, claims: Table, kind: Kind) -> Repair | None:
    if own := _own_expiries(claims):  # how long it is meant to last is said
        known = len(own) > 1 or _reads_own(project, claims)
        return None if known else renamed(claims.entries[own[0]], own[0], "exp")
    if claims.place is None:
        return None
    name = "refresh-expiry" if kind is Kind.REFRESH else "expiry"
    return Repair(_lasting(kind), SetEntry(claims.place, "exp", Named(name), default=True))


def _lasting(kind: Kind) -> str:
    length = "30 days" if kind is Kind.REFRESH else "15 minutes"
    return f"Let the token expire after {length}"


def _limited(site: Site, kind: Kind) -> Repair | None:
    """Ask the library for an expiry."""
    receiver = site.call.receiver
    change: Change | None = None
    if site.model.limited and isinstance(receiver, Outcome):
        change = CallFurther(receiver.call.place, Snippet(site.model.limited))
    elif (misspelt := _misspelt(site)) is not None:
        return misspelt
    elif not site.model.limited:
        name = "refresh-for" if kind is Kind.REFRESH else "access-for"
        change = set_meaning(site, "lifetime", Named(name))
    return Repair(_lasting(kind), change) if change else None


def _misspelt(site: Site) -> Repair | None:
    """The lifetime that is given already, under a name that is almost the right one."""
    inside = site.model.inside.get("lifetime")
    given = site.own(inside.argument) if inside is not None else ABSENT
    if inside is None or not isinstance(given, Table):
        return None
    for name, value in given.entries.items():
        alike = isinstance(name, str) and get_close_matches(name.lower(), [inside.key.lower()])
        if alike and isinstance(value, Const) and isinstance(value.value, (str, int)):
            return renamed(value, str(name), inside.key)
    return None


def _never_expires(
    site: Site, why: str, confidence: Confidence, repair: Repair | None = None
) -> Draft:
    message = f"This token never expires ({why}): whoever gets hold of it may use it for ever"
    return _draft(site, message, confidence, repair)


def _ends_here_alone(site: Site, claims: Table, repair: Repair | None) -> Draft:
    """A token that only the program's own check ends, by a claim that nobody else knows."""
    own = _own_expiries(claims)[0]
    message = (
        f"This token has no `exp`: only this program's own look at `{own}` ends it, and whoever"
        " else verifies it, or forgets to look, takes it for ever"
    )
    return _draft(site, message, Confidence.LOW, repair)


def _draft(site: Site, message: str, confidence: Confidence, repair: Repair | None) -> Draft:
    reached = tuple((call.place, f"calls `{call.name}()`") for call in reversed(site.chain))
    return Draft(
        rule="missing-expiry",
        place=site.place,
        message=message,
        confidence=stepped(site, confidence),
        trace=(*reached, (site.place, "signed here")) if reached else (),
        advice=f"{wording(site.library.language, 'expiry')}.",
        anchor=f"{site.call.scope.qualname} expiry",
        repair=repair,
    )
