"""Whether tokens are verified at all, and whether a call checks what its author wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.models import applies
from jwtaudit.program.authority import Authority
from jwtaudit.program.authority_words import says
from jwtaudit.program.context import Setting, is_test, setting_of
from jwtaudit.program.deciding import Use, Weight
from jwtaudit.program.key_at_hand import verified_instead
from jwtaudit.program.origins import steps
from jwtaudit.program.repairs import check_and_require, effective, first_of, renamed
from jwtaudit.program.secret_repairs import from_environment
from jwtaudit.program.switches import branch_of_setting
from jwtaudit.program.version_branches import is_for_some_version
from jwtaudit.program.wording import wording
from jwtaudit.values import Absent, Const, Join, Sequence, Table, Value, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.models import Ineffective
    from jwtaudit.program import Project
    from jwtaudit.program.readings import Reading
    from jwtaudit.program.sites import Site
    from jwtaudit.repair import Repair
    from jwtaudit.source import Place


@check("unverified-decode")
def unverified_decode(project: Project) -> Iterator[Draft]:
    """Claims that nobody verified become somebody's authority."""
    authority = Authority(project)
    by_hand = set()
    for reading in authority.readings:
        uses = authority.uses(reading)
        confidence = _confidence(reading, uses)
        if confidence is None or _is_switched(project, reading):
            continue
        if reading.site is None:  # each claim may be read by decoding the same part once more
            if reading.scope in by_hand:
                continue
            by_hand.add(reading.scope)
        use = uses[0] if uses else None
        what = (
            f"{reading.site.library.title} does not verify the token here"
            if reading.site is not None
            else "the token is taken apart by hand, and nobody verifies it"
        )
        ends = f", and {use.what}" if use is not None else ""
        trace = steps(reading.evidence.value) if reading.evidence is not None else ()
        if use is not None:
            trace = (*trace, (reading.place, "read without verification"), (use.place, use.what))
        yield Draft(
            "",
            reading.place,
            f"{what}{ends}: whoever sends a token can write any claim into it, and be anyone",
            confidence,
            trace=trace,
            advice=_advice(project, reading),
            notes=reading.site.notes if reading.site is not None else (),
            anchor=f"{reading.scope.qualname} unverified",
            repair=_verified(reading),
        )


def _advice(project: Project, reading: Reading) -> str:
    """What verifies it; which algorithm that is depends on the key."""
    language = "javascript" if project.is_script(reading.place.path) else "python"
    secret, pair = (
        wording(language, "argument").format(name="algorithms", value=f'["{name}"]')
        for name in ("HS256", "RS256")
    )
    return (
        "Verify it with the issuer's key, and name the algorithm that fits the key:"
        f" `{secret}` for a shared secret, `{pair}` or the like for a public key."
    )


def _is_switched(project: Project, reading: Reading) -> bool:
    """Whether a setting turns the check off: that is told where it stands."""
    value = reading.evidence.value if reading.evidence is not None else None
    return value is not None and branch_of_setting(project, value) is not None


def _verified(reading: Reading) -> Repair | None:
    """Leave the check on, where the key is given or at hand."""
    site, evidence = reading.site, reading.evidence
    if site is None or (evidence is not None and evidence.lookups):
        return None
    key = site.argument("key")
    if evidence is None or isinstance(key, Absent) or (isinstance(key, Const) and not key.value):
        return verified_instead(site, evidence.value if evidence else None)
    repair = check_and_require(site, evidence.value, "exp", with_algorithms=True)
    literal = from_environment(key) if isinstance(key, Const) else None
    if repair is None or literal is None:
        return repair
    both = check_and_require(
        site, evidence.value, "exp", with_algorithms=True, more=literal.changes
    )
    return first_of([repair, *([both] if both else [])])


def _confidence(reading: Reading, uses: list[Use]) -> Confidence | None:
    """How sure it is that claims decide something; None when it is not likely enough."""
    if not uses:
        return None
    best = uses[0]
    name = reading.scope.qualname.rpartition(".")[2]
    if not best.from_request and best.weight is not Weight.DECIDES:
        seen = best.weight is Weight.SEEN
        if says(name, "shapes") or (reading.site is None and (seen or not says(name, "deciding"))):
            return None  # a reader that says what it is, and what its callers do is not seen
        switched = reading.evidence is not None and bool(reading.evidence.lookups)
        unsure = seen or switched or reading.site is None
        confidence = Confidence.LOW if unsure else Confidence.MEDIUM
    elif best.from_request:
        confidence = Confidence.HIGH
    else:
        confidence = Confidence.MEDIUM
    told_by_call = reading.site is not None and reading.site.is_written_for
    if told_by_call or (reading.evidence is not None and reading.evidence.lookups):
        confidence = min(confidence, Confidence.MEDIUM)
    if setting_of(reading.place.path) is Setting.EXAMPLE:
        confidence = Confidence(max(0, confidence - 1))
    return confidence


# -- arguments that do nothing ---------------------------------------------------------------------


@check("ignored-verify-option")
def ignored_verify_option(project: Project) -> Iterator[Draft]:
    """An argument that the library accepts and ignores: the wanted check does not exist."""
    for site in project.sites("verify", "verify-signature"):
        if is_test(site.place.path) or is_for_some_version(site):
            continue
        version = site.version or site.library.newest
        rows = [row for row in site.model.ineffective if applies(row.versions, version)]
        for row in rows:
            value = _ignored(site, row)
            if value is not None and not (value.place and is_test(value.place.path)):
                repair = effective(site, value, row)
                yield _draft(site, value, row.key or row.argument, row.wanted, row.instead, repair)
        known = {row.key for row in rows}
        for key, value in _unknown_keys(site):
            if key not in known and not _reads(project, key):
                near = _nearest(key, site.model.options)
                instead = f'options={{"{near}": ...}}' if near else ""
                draft = _draft(site, value, key, "", instead, renamed(value, key, near))
                if near.startswith("verify") and isinstance(value, Const) and value.value is True:
                    draft = replace(draft, message=_anyway(site, key), confidence=Confidence.LOW)
                yield draft


def _anyway(site: Site, key: str) -> str:
    """What is said of a check that is asked for in vain, and made all the same."""
    return (
        f"{site.library.title} ignores `{key}`, and makes that check by itself: whoever turns it"
        " off here one day, or asks for another so, does so in vain"
    )


def _ignored(site: Site, row: Ineffective) -> Value | None:
    """The value of an argument (or of a key in it) that does nothing, where it was meant to."""
    if row.key is None:
        given = [a for a in site.call.arguments if a.name == row.argument]
        if given:
            value = given[0].value
        elif row.argument in site.model.parameters:
            value = site.argument(row.argument)
        else:
            return None
    else:
        tables = [o for o in options(site.argument("options")) if isinstance(o, Table)]
        value = next((t.entries[row.key] for t in tables if row.key in t.entries), Absent())
    return value if _meant(row.key or row.argument, value) else None


def _meant(name: str, value: Value) -> bool:
    """Whether the author wanted something that does not happen anyway."""
    if isinstance(value, Absent):
        return False
    if isinstance(value, Join):
        return False  # code for several versions of the library chooses by branch
    if not isinstance(value, Const):
        return not name.startswith("verify")
    if value.value is None:
        return False
    return not value.value if name.startswith("verify") else bool(value.value)


def _unknown_keys(site: Site) -> Iterator[tuple[str, Value]]:
    if not site.model.options:
        return
    for option in options(site.argument("options")):
        if isinstance(option, Table):
            for key, value in option.entries.items():
                unknown = isinstance(key, str) and key not in site.model.options
                if unknown and not isinstance(value, Absent):
                    yield str(key), value


def _reads(project: Project, key: str) -> bool:
    """Whether the program looks for an option itself: it has made the library do more."""
    return any(
        call.name.rpartition(".")[2] == "get"
        and bool(call.arguments)
        and isinstance(call.arguments[0].value, Const)
        and call.arguments[0].value.value == key
        for call in project.calls
    )


def _nearest(key: str, known: frozenset[str]) -> str:
    import difflib  # noqa: PLC0415 - few runs need it

    low = key.lower()
    shortened = [name for name in known if low.startswith(name) or name.startswith(low)]
    near = difflib.get_close_matches(
        low, shortened or sorted(known), n=1, cutoff=0.6 if shortened else 0.7
    )
    return near[0] if near else ""


def _written(site: Site, value: Value, name: str) -> Place:
    """Where something is given to a call, or stands in its options; the value may be from afar."""
    own = next((a.place for a in site.call.arguments if a.name == name and a.place), None)
    given = options(site.argument("options"))
    tables = [option.place for option in given if isinstance(option, Table) and option.place]
    at = value.place
    around = (place for place in (site.place, *tables) if at and place.path == at.path)
    if own is None and at is not None and any(p.span.contains(at.span) for p in around):
        return at
    return own or next(iter(tables), site.place)


def _draft(
    site: Site, value: Value, name: str, wanted: str, instead: str, repair: Repair | None
) -> Draft:
    scope = site.scope
    meant = f": {wanted}" if wanted else ""
    version = site.version or site.library.newest
    place = _written(site, value, name)
    return Draft(
        "",
        place,
        f"{site.library.title} {version} ignores `{name}`, so what it was written for does not"
        f" happen{meant}",
        Confidence.HIGH if instead and isinstance(value, (Const, Sequence)) else Confidence.MEDIUM,
        trace=steps(value, site.place, f"given as `{name}`, and ignored") if value.place else (),
        related=((site.place, "the call"),) if place != site.place else (),
        advice=f"Write {instead} instead." if instead else f"Remove `{name}`.",
        notes=site.notes,
        anchor=f"{scope.name if scope else ''} {name}",
        repair=repair,
    )
