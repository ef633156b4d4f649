"""Whether a test holds where a key has a certain value."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from jwtaudit.values import Const, Env, Operation, Outcome, Sequence, Setting, Value, options, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jwtaudit.program.key_sources import Source
    from jwtaudit.program.project import Project


def looked_at(project: Project, test: Value) -> Iterator[Value]:
    """What a test looks at: a value, its length or its digest, not what a call made with it."""
    stack = [test]
    seen: set[int] = set()
    while stack:
        for part in walk(stack.pop()):
            if id(part) in seen:
                continue
            seen.add(id(part))
            yield part
            if isinstance(part, Outcome):
                model = project.model_of(part.call)
                if model is not None and model.effect == "mac":
                    continue  # of something else, made with the key
                if model is not None and model.role in ("digest", "transform"):
                    stack.extend(a.value for a in part.call.arguments)
                    if part.call.receiver is not None:
                        stack.append(part.call.receiver)


class _Unset:
    """The value of what cannot be told."""


_UNTOLD = _Unset()


def holds_where(
    project: Project, test: Value, source: Source, subject: Callable[[Value], bool]
) -> bool | None:
    """Whether a test holds where its subject has a source's value; None where nobody can tell."""
    if isinstance(test, Operation):
        if test.operator == "not":
            inner = holds_where(project, test.operands[0], source, subject)
            return None if inner is None else not inner
        if test.operator in ("and", "or"):
            told = [
                # what else is refused along with the value says nothing about the value
                operand
                for operand in test.operands
                if test.operator == "and"
                or any(subject(part) for part in looked_at(project, operand))
            ]
            both = [holds_where(project, o, source, subject) for o in told or test.operands]
            decisive = test.operator == "or"
            if decisive in both:
                return decisive
            return None if None in both else not decisive
    value = _scalar(test, source, subject)
    return None if isinstance(value, _Unset) else bool(value)


def _scalar(value: Value, source: Source, subject: Callable[[Value], bool]) -> Any:
    if not isinstance(value, Operation) and subject(value):
        return source.value.value if isinstance(source.value, Const) else _UNTOLD
    if isinstance(value, Const):
        return value.value
    if isinstance(value, Sequence) and not value.rest:
        items = [_scalar(item, source, subject) for item in value.items]
        return _UNTOLD if any(isinstance(i, _Unset) for i in items) else items
    if isinstance(value, Outcome) and value.call.name in ("bool", "len") and value.call.arguments:
        inner = _scalar(value.call.arguments[0].value, source, subject)
        if value.call.name == "bool":
            return inner if isinstance(inner, _Unset) else bool(inner)
        return len(inner) if isinstance(inner, (str, bytes)) else _UNTOLD
    if isinstance(value, Operation) and value.operator in _COMPARISONS:
        left, right = (_scalar(v, source, subject) for v in value.operands)
        if isinstance(left, _Unset) or isinstance(right, _Unset):
            return _apart(value, subject)
        try:
            return _COMPARISONS[value.operator](left, right)
        except TypeError:
            return _UNTOLD
    return _UNTOLD


def _apart(comparison: Operation, subject: Callable[[Value], bool]) -> bool | _Unset:
    """A key compared with another lookup: two keys shall differ, which refuses neither."""
    others = [operand for operand in comparison.operands if not subject(operand)]
    if len(others) == 1 and comparison.operator in ("==", "!="):
        given = list(options(others[0]))
        if given and all(isinstance(one, (Env, Setting)) for one in given):
            return comparison.operator == "!="
    return _UNTOLD


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}
