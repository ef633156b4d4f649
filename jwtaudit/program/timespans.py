"""Lengths of time as people write them (``7d``, ``2 hours``), and what libraries make of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.program.claims import claim_sets, is_tested
from jwtaudit.program.kinds import Kind, named_kind
from jwtaudit.program.purposes import is_for_tests, is_meant_bad
from jwtaudit.program.repairs import lies_in
from jwtaudit.program.scopes import Returned, Tested
from jwtaudit.program.times import DAY, HOUR, MINUTE, Time, times
from jwtaudit.values import ABSENT, Absent, Call, Const, Outcome, Param, Value, entry, options, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.project import Project
    from jwtaudit.program.sites import Site

_SPAN = re.compile(r"\s*\+?\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)(?:\s+from\s+now)?\s*", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), float(MINUTE)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), float(HOUR)),
    **dict.fromkeys(("d", "day", "days"), float(DAY)),
    **dict.fromkeys(("w", "week", "weeks"), 7.0 * DAY),
    **dict.fromkeys(("mo", "mon", "month", "months"), 30.0 * DAY),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365.25 * DAY),
}
_FORMS = frozenset({"endswith", "startswith", "match", "fullmatch", "isdigit", "isnumeric"})
_MONTH = "M"  # the one short form in which the case counts


def span_of(text: str) -> float | None:
    """The seconds that a text such as ``7d`` stands for; None where it has no unit, or is none."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    unit = 30.0 * DAY if match[2] == _MONTH else _UNITS.get(match[2].lower())
    return None if unit is None else float(match[1]) * unit


def unit_of(name: str) -> float | None:
    """The seconds of a unit: ``days``, ``h``."""
    return 30.0 * DAY if name == _MONTH else _UNITS.get(name.lower())


def as_lifetime(site: Site, time: Time) -> Time | None:
    """The length for which tokens of a call live, of what it was given; None where it is none.

    What a number and a text mean is the library's own affair: an hour is ``3600`` here, ``"1h"``
    there, and ``"3600"`` is 3.6 seconds.
    """
    if time.form == "timedelta" or (time.length is None and time.form != "text"):
        return time
    if time.form == "number":
        unit = _SECONDS.get(site.semantic("lifetime-number") or "seconds")
        return None if unit is None or time.length is None else _times(time, unit)
    if time.form != "text":
        return None
    if time.length is not None:
        unit = _SECONDS.get(site.semantic("lifetime-digits") or "")
        return None if unit is None else _times(time, unit)
    known = site.semantic("lifetime-text") == "timespan" and isinstance(time.source, Const)
    span = span_of(str(time.source.value)) if known and isinstance(time.source, Const) else None
    return None if span is None else replace(time, form="timedelta", length=span)


def as_tolerance(site: Site, time: Time) -> Time:
    """The length by which clocks may differ, of what a call was given for it."""
    if time.form == "text" and isinstance(time.source, Const):
        length = span_of(str(time.source.value)) if site.semantic("lifetime-text") else None
        return replace(time, form="timedelta", length=length)
    if time.form == "number" and site.semantic("lifetime-number") == "milliseconds":
        return _times(time, _SECONDS["milliseconds"])
    return time


_SECONDS = {"seconds": 1.0, "milliseconds": 1e-3}


def _times(time: Time, factor: float) -> Time:
    length = None if time.length is None else time.length * factor
    return replace(time, form="timedelta", length=length)


def is_of_last_resort(project: Project, length: Value) -> bool:
    """Whether a function that reads lengths gives this one for a text in none of its forms."""
    given = {
        event.scope: event.order
        for event in project.events
        if isinstance(event, Returned)
        and event.value.place == length.place
        and not any(arm.side == "then" for arm in event.path)
    }
    return length.place is not None and any(
        isinstance(event, Tested)
        and event.order < given.get(event.scope, 0)
        and _asks_for_form(event.value)
        for event in project.events
    )


def _asks_for_form(test: Value) -> bool:
    return any(
        isinstance(part, Outcome)
        and part.call.name.rpartition(".")[2].lower() in _FORMS
        and isinstance(part.call.receiver, Param)
        for part in walk(test)
    )


def given_afterwards(site: Site) -> Iterator[Time]:
    """How long a token is good that is told so when it has been made: ``token.set_exp(...)``."""
    project, made = site.project, site.call.place
    for event in project.uses(site.call):
        model = project.model_of(event) if isinstance(event, Call) else None
        if not isinstance(event, Call) or model is None or model.role != "expire":
            continue
        if isinstance(event.receiver, Outcome) and event.receiver.call.place == made:
            yield from times(project, project.argument(event, model, "lifetime"))


def kind_of_end(site: Site, time: Time) -> Kind:
    """The kind that the variables speak of through which a lifetime, or the time it ends, came."""
    kind = named_kind(site.project, time.source)
    ends = (o for claims in claim_sets(site) for o in options(entry(claims, "exp")))
    around = (end for end in ends if end.place and lies_in(end.place, time.source.place))
    return named_kind(site.project, next(around, ABSENT)) if kind is Kind.UNKNOWN else kind


def tokens_signed(project: Project) -> Iterator[Site]:
    """The calls that sign tokens, but for those of tests and those that are meant to be bad."""
    return (
        site
        for site in project.sites("sign")
        if not (is_tested(site) or is_meant_bad(site) or is_for_tests(site))
    )


def claim_times(site: Site, name: str) -> Iterator[Time]:
    """The times that a claim of the token may be."""
    for claims in claim_sets(site):
        value = entry(claims, name)
        if not isinstance(value, Absent):
            yield from times(site.project, value)
    if name == "exp" and not isinstance(site.argument("expires"), Absent):
        yield from times(site.project, site.argument("expires"))
