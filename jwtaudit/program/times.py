"""Points in time and lengths of time: what an expression of clocks and numbers comes to.

A lifetime is what is added to a clock: ``datetime.now(timezone.utc) + timedelta(days=DAYS)`` and
``int(time.time()) + 60 * 60`` are read alike. Where nothing can be told there is no ``Time``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from jwtaudit.program.names import names_of, words
from jwtaudit.values import (
    ABSENT,
    Absent,
    Call,
    Const,
    Env,
    Operation,
    Outcome,
    Param,
    Setting,
    Value,
    options,
)

if TYPE_CHECKING:
    from jwtaudit.models import Model
    from jwtaudit.program.project import Project

MINUTE, HOUR, DAY = 60, 3600, 86400

UNITS = {
    "microseconds": 1e-6,
    "milliseconds": 1e-3,
    "seconds": 1.0,
    "minutes": float(MINUTE),
    "hours": float(HOUR),
    "days": float(DAY),
    "weeks": 7.0 * DAY,
    "months": 30.0 * DAY,
    "years": 365.0 * DAY,
}
# What a number of seconds since 1970 is counted in after it was multiplied or divided.
_SCALES = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
_MOST = 16
_NOW = frozenset({"now", "utcnow", "iat"})


@dataclass(frozen=True, slots=True)
class Time:
    """A point in time, or a length of time where there is no clock in it.

    Attributes:
        form: ``number``, ``datetime``, ``timedelta``, ``date``, ``tuple`` or ``text``.
        clock: empty for a length. For a datetime ``aware``, ``naive-utc`` or ``naive-local``, or
            ``unknown`` where only a name says that there is a clock; for a number the unit that is
            counted since 1970, ``monotonic``, or ``shifted``: off by the host's distance from UTC.
        length: seconds after the clock's reading, or the number itself; None when not known.
        source: the value that decides the length.
        made: the call that reads the clock.
        fallback: whether the length only counts when a lookup finds nothing.
    """

    form: str
    clock: str = ""
    length: float | None = None
    source: Value = ABSENT
    made: Call | None = None
    fallback: bool = False


def times(project: Project, value: Value) -> tuple[Time, ...]:
    """Every time that a value may come to; branches and defaults taken apart."""
    return tuple(_Reader(project).read(value, 0))


class _Reader:
    def __init__(self, project: Project) -> None:
        self.project = project

    def read(self, value: Value, depth: int) -> list[Time]:
        found: list[Time] = []
        if depth > 24:
            return found
        for option in options(value):
            found.extend(self._option(option, depth + 1))
        return found[:_MOST]

    def _option(self, value: Value, depth: int) -> list[Time]:
        if isinstance(value, Const):
            return _number(value)
        if isinstance(value, (Env, Setting, Param)):
            if isinstance(value.default, Absent):
                return []
            return [replace(time, fallback=True) for time in self.read(value.default, depth)]
        if isinstance(value, Operation):
            return self._operation(value, depth)
        if isinstance(value, Outcome):
            model = self.project.model_of(value.call)
            if model is not None and model.role == "clock":
                return self._clock(value.call, model, depth)
            if model is not None and model.role == "duration":
                return self._duration(value, model, depth)
        return []

    # -- lengths ---------------------------------------------------------------------------------

    def _duration(self, value: Outcome, model: Model, depth: int) -> list[Time]:
        total = [Time("timedelta", "", 0.0, value)]
        known = False
        for unit, seconds in UNITS.items():
            argument = self.project.argument(value.call, model, unit)
            if isinstance(argument, Absent):
                continue
            parts = [
                t
                for t in self.read(argument, depth)
                if t.form in ("number", "text") and not t.clock
            ]
            known = known or bool(parts)
            parts = parts or [Time("number")]
            total = [_plus(whole, _times(part, seconds)) for whole, part in product(total, parts)]
        if not known:
            return [Time("timedelta", "", None, value)] if value.call.arguments else total
        return [
            replace(time, form="timedelta", source=_outer(time.source, value)) for time in total
        ]

    # -- arithmetic ------------------------------------------------------------------------------

    def _operation(self, value: Operation, depth: int) -> list[Time]:
        operator = value.operator
        if operator in ("or", "identity"):
            return [t for operand in value.operands for t in self.read(operand, depth)]
        if operator == "number":
            inner = self.read(value.operands[0], depth)
            return [
                replace(t, form="number", source=_outer(t.source, value))
                for t in inner
                if t.form in ("number", "timedelta") or (t.form == "text" and t.length is not None)
            ]
        if operator == "timespan":
            return self._timespan(value, depth)
        if operator in ("utc-tuple-seconds", "local-tuple-seconds"):
            wanted = ("aware", "naive-utc") if operator.startswith("utc") else ("naive-local",)
            return [
                replace(t, form="number", clock="seconds" if t.clock in wanted else "shifted")
                for t in self.read(value.operands[0], depth)
                if t.form == "tuple"
            ]
        if operator in ("+", "-", "*", "/", "//") and len(value.operands) == 2:
            left, right = value.operands
            if any(isinstance(o, Const) and o.value is None for o in value.operands):
                return []
            a, b = self.read(left, depth), self.read(right, depth)
            if operator == "+" and not a and any(t.form == "timedelta" for t in b):
                a = _called_now(left)
            pairs = product(a or [Time("")], b or [Time("")])
            return [t for a, b in pairs if (t := _combine(operator, a, b)) is not None]
        return []

    def _timespan(self, value: Operation, depth: int) -> list[Time]:
        """A length of time in words, counted in milliseconds."""
        from jwtaudit.program.timespans import span_of  # noqa: PLC0415 - it needs this module

        found: list[Time] = []
        for time in self.read(value.operands[0], depth):
            span = span_of(str(time.source.value)) if isinstance(time.source, Const) else None
            if span is not None:
                found.append(replace(time, form="number", length=span * 1e3))
        return found

    # -- clocks ----------------------------------------------------------------------------------

    def _clock(self, call: Call, model: Model, depth: int) -> list[Time]:
        effect = model.effect
        if effect in _OF_A_MOMENT:
            given = self.project.argument(call, model, "value")
            base = call.receiver if isinstance(given, Absent) else given
            if base is None or isinstance(base, Absent):
                return [Time("tuple", "naive-utc" if effect == "utc-tuple" else "naive-local")]
            if effect == "text" and _is_epoch(self.project.argument(call, model, "format")):
                effect = "epoch"
            zone = self.project.argument(call, model, "tz")
            if effect in ("shift", "shift-back"):
                return self._shifted(call, model, base, depth)
            return [
                changed
                for time in self.read(base, depth)
                if (changed := _changed(effect, time, zone)) is not None
            ]
        if effect in ("aware", "aware-milliseconds", "naive-utc", "naive-local"):
            counted = "milliseconds" if effect.endswith("-milliseconds") else "seconds"
            effect = effect.removesuffix("-milliseconds")
            zone = self.project.argument(call, model, "tz")
            clock = effect if _is_none(zone) else "aware"
            given = self.project.argument(call, model, "value")
            now = Time("datetime", clock, 0.0, Outcome(call, place=call.place), call)
            if isinstance(given, Absent):
                return [now]
            return [
                replace(now, length=t.length, source=t.source, fallback=t.fallback)
                for t in self.read(given, depth)
                if t.clock == counted or t.form == "datetime"
            ]
        if effect == "date":
            return [Time("date", "naive-local", 0.0, Outcome(call, place=call.place), call)]
        return [Time("number", effect, 0.0, Outcome(call, place=call.place), call)]

    def _shifted(self, call: Call, model: Model, base: Value, depth: int) -> list[Time]:
        """A moment moved by an amount of a unit, where both are known."""
        from jwtaudit.program.timespans import unit_of  # noqa: PLC0415 - it needs this module

        unit = self.project.argument(call, model, "unit")
        named = unit.value if isinstance(unit, Const) else None
        scale = unit_of(named) if isinstance(named, str) else None
        amounts = self.read(self.project.argument(call, model, "amount"), depth)
        sign = -1 if model.effect == "shift-back" else 1
        moved = [
            replace(
                time,
                length=time.length + sign * amount.length * scale,
                source=amount.source,
                fallback=time.fallback or amount.fallback,
            )
            for time, amount in product(self.read(base, depth), amounts)
            if scale is not None and time.length is not None and amount.length is not None
        ]
        return moved or [replace(time, length=None) for time in self.read(base, depth)]


# What is asked of a moment, rather than of the clock.
_OF_A_MOMENT = frozenset(
    {"timestamp", "timestamp-milliseconds", "replace", "convert", "shift", "shift-back"}
    | {"tuple", "utc-tuple", "text"}
)


def _changed(effect: str, time: Time, zone: Value) -> Time | None:
    """A time after one of its own methods."""
    clock = time.clock
    if effect == "text":
        return replace(time, form="text", length=None)
    if effect == "epoch":  # whatever its zone says, it is taken as local time
        right = clock == "naive-local"
        return replace(time, form="number", clock="seconds" if right else "shifted")
    if time.form == "number" and effect in ("tuple", "utc-tuple"):
        return replace(time, form="tuple", clock="naive-utc" if effect[0] == "u" else "naive-local")
    if time.form != "datetime":
        return None
    if effect == "timestamp-milliseconds":
        return replace(time, form="number", clock="milliseconds")
    if effect == "timestamp":
        # A naive datetime is taken as local time, whatever its author thought it was.
        return replace(time, form="number", clock="shifted" if clock == "naive-utc" else "seconds")
    if effect == "replace" and isinstance(zone, Const) and zone.value is None:
        return replace(time, clock="naive-utc" if clock == "aware" else clock)
    if effect == "replace":
        # Putting UTC on a local reading does not move it.
        right = clock != "naive-local" or _is_none(zone)
        return replace(time, clock=clock if _is_none(zone) or not right else "aware")
    if effect == "convert":
        return replace(time, clock="aware" if clock != "naive-utc" else "naive-local")
    return replace(time, form="tuple")


def _combine(operator: str, left: Time, right: Time) -> Time | None:
    if operator == "+" and right.clock and not left.clock:
        left, right = right, left
    if operator in ("+", "-"):
        if left.clock and right.clock:
            return Time("timedelta" if left.form == "datetime" else "number")
        if not left.form or (left.clock and left.form in ("text", "tuple")):
            return None
        return _plus(left, right, sign=1 if operator == "+" else -1)
    if operator == "*" and right.clock:
        left, right = right, left
    if right.clock or right.form not in ("number", "timedelta") or not left.form:
        return None
    if right.form == "timedelta":
        left, right = right, left
    factor = right.length
    if factor is None or (operator != "*" and not factor):
        return None
    factor = factor if operator == "*" else 1 / factor
    return _scaled(left, factor) if left.clock else _times(left, factor, right)


def _scaled(moment: Time, factor: float) -> Time | None:
    """A count of seconds since 1970 in another unit."""
    scale = _SCALES.get(moment.clock)
    if scale is None or moment.form != "number":
        return None
    for unit, value in _SCALES.items():
        if abs(scale * factor / value - 1) < 1e-6:
            length = None if moment.length is None else moment.length
            return replace(moment, clock=unit, length=length)
    return None


def _plus(base: Time, added: Time, sign: int = 1) -> Time:
    if base.length is None or added.length is None or not added.form:
        return replace(base, length=None)
    length = added.length
    if base.clock and added.form == "number":
        # A moment's length is kept in seconds, whatever unit its number counts.
        length /= _SCALES.get(base.clock, 1.0)
    source = added.source if abs(length) >= abs(base.length) else base.source
    return replace(
        base,
        length=base.length + sign * length,
        source=source,
        fallback=base.fallback or added.fallback,
    )


def _times(base: Time, factor: float, other: Time | None = None) -> Time:
    if base.length is None:
        return base
    source = base.source
    if other is not None and (_is_plain(source) and not _is_plain(other.source)):
        source = other.source
    fallback = base.fallback or (other is not None and other.fallback)
    return replace(base, length=base.length * factor, source=source, fallback=fallback)


def _is_plain(value: Value) -> bool:
    """Whether a value is a bare number that only scales another one."""
    return isinstance(value, Const) and not value.trace


def _outer(source: Value, whole: Value) -> Value:
    """The whole expression where the source is a literal inside it, else the source."""
    a, b = source.place, whole.place
    if a is None or b is None:
        return whole
    inside = a.path == b.path and b.span.start <= a.span.start and a.span.end <= b.span.end
    return whole if inside else source


def _number(value: Const) -> list[Time]:
    number = value.value
    if isinstance(number, bool):
        return []
    if isinstance(number, (int, float)):
        return [Time("number", "", float(number), value)]
    if isinstance(number, str):
        length = float(number) if number.strip().isdigit() else None
        return [Time("text", "", length, value)]
    return []


def _called_now(value: Value) -> list[Time]:
    """A clock of the project's own, or a parameter, that is known by its name alone."""
    for option in options(value):
        called = option.call if isinstance(option, Outcome) and not option.call.name else None
        asked = option if called is None or called.receiver is None else called.receiver
        if not any(_NOW & set(words(name)) for name in names_of(asked)):
            return []
    return [Time("datetime", "unknown", 0.0, value)]


def _is_epoch(value: Value) -> bool:
    """Whether a format of ``strftime`` gives seconds since 1970."""
    return isinstance(value, Const) and value.value == "%s"


def _is_none(value: Value) -> bool:
    return isinstance(value, Absent) or (isinstance(value, Const) and value.value is None)


__all__ = ["DAY", "HOUR", "MINUTE", "UNITS", "Time", "times"]
