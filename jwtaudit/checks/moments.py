"""Moments in claims: off by the host's clock, in the wrong unit, or of the wrong type."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.checks import check
from jwtaudit.checks.claims import stepped
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.claims import claim_sets, truthy_options
from jwtaudit.program.clock_repairs import in_utc
from jwtaudit.program.env_files import given_in_files
from jwtaudit.program.origins import steps
from jwtaudit.program.repairs import lies_in
from jwtaudit.program.times import MINUTE, Time, times
from jwtaudit.program.timespans import (
    as_lifetime,
    claim_times,
    tokens_signed,
)
from jwtaudit.program.wording import wording
from jwtaudit.repair import DropFactor, DropItem, Named, Repair, Replace
from jwtaudit.values import Const, Operation, entry, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site
    from jwtaudit.source import Place
    from jwtaudit.values import FunctionId, Value

# Seconds since 1970: what lies beyond is a count of milliseconds, or was meant to be "never".
_YEAR_2100 = 4_102_444_800
_YEAR_5000 = 95_617_584_000


@check("claim-type-or-unit-error")
def claim_type_or_unit_error(project: Project) -> Iterator[Draft]:
    """A time in a claim is off by the distance of the host's zone from UTC."""
    wrong: dict[tuple[Place, FunctionId], dict[Place, _Wrong]] = {}
    for site in tokens_signed(project):
        if site.semantic("naive-datetime") not in ("utc", None):
            continue
        for claim in ("exp", "nbf", "iat"):
            for time in claim_times(site, claim):
                if time.form == "datetime" and time.clock == "naive-local":
                    why = f"a local time without a zone, which {site.library.title} takes as UTC"
                elif time.form == "number" and time.clock == "shifted":
                    why = "a UTC time read as a local one"
                else:
                    continue
                around = time.made.scope if time.made is not None else site.call.scope
                sure = stepped(site, _LESS.get(claim, Confidence.HIGH))
                together = wrong.setdefault((site.place, around), {})
                found = _Wrong(site, claim, why, sure, time)
                together.setdefault(_clock(time, site), found)
    for together in wrong.values():  # both branches of one function are one mistake
        yield _wrong_by_zone(together)


class _Wrong(NamedTuple):
    """A claim with a wrong time, what is wrong with it, and how sure that is."""

    site: Site
    claim: str
    why: str
    sure: Confidence
    time: Time


def _wrong_by_zone(together: dict[Place, _Wrong]) -> Draft:
    place = min(together, key=lambda p: (-together[p].sure, p.span.start))
    site, claim, why, sure, _ = together[place]
    return Draft(
        rule="",
        place=place,
        message=f"`{claim}` is {why}: it is wrong by the host's distance from UTC, so"
        " tokens live hours longer than meant, or are dead when they are made",
        confidence=sure,
        trace=((place, "clock"), (site.place, "token signed here")),
        related=tuple(
            (other, f"used for `{used.claim}`")
            for other, used in together.items()
            if other != place
        ),
        advice=f"Use {wording(site.library.language, 'now')}.",
        anchor=f"{site.call.scope.qualname} clock",
        repair=in_utc(site.project, {at: used.time for at, used in together.items()}),
    )


# A wrong iat or nbf delays or refuses tokens; it prolongs none.
_LESS = {"iat": Confidence.LOW, "nbf": Confidence.LOW}


@check("expiry-in-wrong-unit")
def expiry_in_wrong_unit(project: Project) -> Iterator[Draft]:
    """An expiry lies thousands of years ahead."""
    for site in tokens_signed(project):
        for claim, time in _ends(site):
            if time.form != "number":
                continue
            absolute = time.length if not time.clock and claim == "exp" else None
            if time.clock in ("milliseconds", "microseconds", "nanoseconds"):
                why = f"`{claim}` counts {time.clock}, but NumericDate is in seconds" + (
                    "; the lifetime is counted from there" if claim == "iat" else ""
                )
            elif absolute is not None and absolute > _YEAR_5000:
                why = "`exp` is a number of milliseconds, but NumericDate is in seconds"
            elif absolute is not None and absolute > _YEAR_2100:
                why = "`exp` lies beyond the year 2100"
            else:
                continue
            yield Draft(
                rule="",
                place=_clock(time, site),
                message=f"{why}: the token never expires, and a stolen one is good for ever",
                confidence=stepped(site),
                trace=steps(time.source, site.place, "token signed here"),
                advice=f"{wording(site.library.language, 'expiry-in-seconds')}.",
                anchor=f"{site.call.scope.qualname} unit",
                repair=_in_seconds(site, time) if claim == "exp" else _left_to_library(site),
            )
        yield from _moments_for_lengths(site)


def _ends(site: Site) -> Iterator[tuple[str, Time]]:
    """The times that a token ends at, or that a library counts its lifetime from."""
    yield from (("exp", time) for time in claim_times(site, "exp"))
    if site.semantic("lifetime-from") == "iat" and truthy_options(site.argument("lifetime")):
        yield from (("iat", time) for time in claim_times(site, "iat"))


def _moments_for_lengths(site: Site) -> Iterator[Draft]:
    """A lifetime, which counts from now, that counts from 1970 as well."""
    if site.semantic("lifetime-number") != "seconds":
        return
    for time in times(site.project, site.argument("lifetime")):
        if time.form != "number" or time.clock not in ("seconds", *_TOO_FINE):
            continue
        far = "half a century" if time.clock == "seconds" else "thousands of years"
        yield Draft(
            rule="",
            place=time.source.place or site.place,
            message=f"the moment of expiry is given where {site.library.title} takes the seconds"
            f" from now: the token lives for {far}, and a stolen one as long",
            confidence=stepped(site),
            trace=steps(time.source, site.place, "token signed here"),
            advice=f"{wording(site.library.language, 'expiry')}.",
            anchor=f"{site.call.scope.qualname} moment",
        )


@check("lifetime-in-wrong-unit")
def lifetime_in_wrong_unit(project: Project) -> Iterator[Draft]:
    """A lifetime is counted in thousandths of what was meant: tokens die as they are made."""
    told: set[Place | None] = set()
    for site in tokens_signed(project):
        for time in times(
            project, given_in_files(project, site.argument("lifetime"), samples=True)
        ):
            lived = None if time.clock else as_lifetime(site, time)
            if (
                lived is None
                or time.source.place in told
                or lived.length is None
                or time.length is None
            ):
                continue
            if not 0 < lived.length < time.length or lived.length >= 5 * MINUTE:
                continue
            told.add(time.source.place)
            text = time.form == "text"
            written = f'"{time.length:.0f}"' if text else f"{time.length:.0f}"
            yield Draft(
                rule="",
                place=time.source.place or site.place,
                message=f"{site.library.title} counts `{written}` in milliseconds: this token"
                f" lives for {lived.length:g} seconds",
                confidence=stepped(site, Confidence.MEDIUM if time.fallback else Confidence.HIGH),
                trace=steps(time.source, site.place, "lifetime of the token"),
                advice=f'Name the unit: `"{time.length:.0f}s"`'
                + (f", or give a number: `{time.length:.0f}`." if text else "."),
                anchor=f"{site.call.scope.qualname} lifetime",
                repair=_with_unit(project, time),
            )


def _with_unit(project: Project, time: Time) -> Repair | None:
    """Name the unit that was meant; a text stays a text."""
    source = time.source
    if not isinstance(source, Const) or source.place is None or time.length is None:
        return None
    if not project.is_script(source.place.path):
        return None  # a variable has quotes of its own, and may be read elsewhere
    text = f"{time.length:.0f}s"
    return Repair(f'Write `"{text}"`', Replace(source.place, text))


@check("naive-utc-clock")
def naive_utc_clock(project: Project) -> Iterator[Draft]:
    """``utcnow()`` in claims: right as it stands, one step from wrong; one finding per file."""
    places: dict[str, dict[Place, tuple[Site, str, Time]]] = {}
    for site in tokens_signed(project):
        for claim in ("exp", "nbf", "iat"):
            for time in claim_times(site, claim):
                naive = time.form == "datetime" and time.clock == "naive-utc"
                if naive and _reads_naive(project, time):
                    place = _clock(time, site)
                    places.setdefault(place.path, {}).setdefault(place, (site, claim, time))
    for used in places.values():
        first, *others = sorted(used, key=lambda place: place.span.start)
        site, claim, _ = used[first]
        yield Draft(
            rule="",
            place=first,
            message=f"`{claim}` is right here, as {site.library.title} takes a datetime without a"
            " zone as UTC; the function is deprecated since Python 3.12, and `.timestamp()` of its"
            " result is wrong",
            confidence=Confidence.HIGH,
            related=tuple((place, f"used for `{used[place][1]}`") for place in others),
            advice="`datetime.now(timezone.utc)` gives the same moment with its zone.",
            anchor="utcnow",
            repair=in_utc(
                project,
                {place: time for place, (_, _, time) in used.items()},
                safe=all(lies_in(s.place, place) for place, (s, *_) in used.items()),
            ),
        )


def _reads_naive(project: Project, time: Time) -> bool:
    """Whether the clock itself gives no zone, rather than one that was taken off."""
    model = project.model_of(time.made) if time.made is not None else None
    return model is not None and model.effect == "naive-utc"


@check("claim-type-rejected")
def claim_type_rejected(project: Project) -> Iterator[Draft]:
    """A claim has a type that the library refuses: no token of this call ever works."""
    for site in tokens_signed(project):
        for claims, claim in product(claim_sets(site), ("exp", "nbf", "iat")):
            for value in options(entry(claims, claim)):
                for time in times(project, value):
                    why = _WRONG_TYPE.get(time.form)
                    # a text of digits is read as a number
                    if why is not None and not (time.form == "text" and time.length is not None):
                        yield _rejected(site, claim, value.place or site.place, why)
        if site.semantic("subject-number") == "reject":
            for claims in claim_sets(site):
                for value in options(entry(claims, "sub")):
                    if _is_number(value) and _is_written_in(site, value):
                        why = f"{site.library.title} refuses a token whose subject is a number"
                        yield _rejected(site, "sub", value.place or site.place, why)


_WRONG_TYPE = {
    "timedelta": "a length of time is no point in time; encoding it raises",
    "date": "a date is no point in time; encoding it raises",
    "text": "it is a text, and the standard asks for a number; verifying it fails",
}


def _rejected(site: Site, claim: str, place: Place, why: str) -> Draft:
    return Draft(
        rule="",
        place=place,
        message=f"`{claim}` has the wrong type ({why}), so that no token made here is accepted",
        confidence=stepped(site),
        trace=((place, f"`{claim}`"), (site.place, "token signed here")),
        advice=f"{wording(site.library.language, 'types-of-claims')}.",
        anchor=f"{site.call.scope.qualname} {claim} type",
    )


def _is_number(value: Value) -> bool:
    if isinstance(value, Const):
        return isinstance(value.value, (int, float)) and not isinstance(value.value, bool)
    return isinstance(value, Operation) and value.operator == "number"


def _is_written_in(site: Site, value: Value) -> bool:
    """Whether the function that signs makes a value: of a caller's it may make a text first."""
    scope = site.scope
    if scope is None or scope.definition is None:
        return True
    span = scope.definition.span
    return (
        value.place is not None
        and value.place.path == site.place.path
        and span.start <= value.place.span.start < span.end
    )


def _clock(time: Time, site: Site) -> Place:
    return time.made.place if time.made is not None else time.source.place or site.place


_TOO_FINE = frozenset({"milliseconds", "microseconds", "nanoseconds"})


def _left_to_library(site: Site) -> Repair | None:
    """Leave it to the library to say when a token was issued."""
    values = [entry(claims, "iat") for claims in claim_sets(site)]
    place = values[0].place if len(values) == 1 else None
    return None if place is None else Repair("Leave `iat` out", DropItem(place, claim=True))


def _in_seconds(site: Site, time: Time) -> Repair | None:
    """Count an expiry in seconds, where it is told how many follow the clock's reading."""
    values = [entry(claims, "exp") for claims in claim_sets(site)]
    place = values[0].place if len(values) == 1 else None
    if place is None or time.clock not in _TOO_FINE:
        return None
    anew: Repair | None = None
    length = _meant(time)
    if length is not None and length >= MINUTE:
        code = Named("seconds-from-now", round(length))
        anew = Repair("Count the expiry in seconds", Replace(place, code))
    return Repair("Count the expiry in seconds", DropFactor(place), otherwise=anew)


def _meant(time: Time) -> float | None:
    """The seconds that were meant by what is added to a clock: 86400 thousandths are a day."""
    if time.length is None or time.clock != "milliseconds":
        return time.length
    written = round(time.length * 1000)
    return written if time.length % MINUTE and not written % MINUTE else time.length
