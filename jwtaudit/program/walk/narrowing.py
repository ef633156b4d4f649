"""What a test shows of parameters that may be left out, and of moments without a zone."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit import facts as f
from jwtaudit.values import ABSENT, Const, Param, join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program.walk.frame import Frame
    from jwtaudit.values import Value


@contextmanager
def narrowed(
    test: f.Expression, frame: Frame, *, holds: bool
) -> Iterator[dict[str, tuple[Param, Param]]]:
    """Take ``None`` for no argument any more, where a test has shown that it is none.

    ``if verify is not None: options["verify_signature"] = verify``. Gives what is known of these
    variables without the test, and with it.
    """
    shown: dict[str, tuple[Param, Param]] = {}
    for name in _there(test, holds=holds):
        value = frame.names.get(name)
        if isinstance(value, Param) and _may_be_none(value):
            given = frame.names[name] = replace(value, default=ABSENT, given=True)
            shown[name] = value, given
    yield shown
    for name, (before, given) in shown.items():
        if frame.names.get(name) is given:
            frame.names[name] = before


def filled_in(
    names: dict[str, Value], filled: dict[str, Value], shown: dict[str, tuple[Param, Param]]
) -> dict[str, Value]:
    """The variables after a test that fills in what was left out: ``if key is None: key = ...``.

    Args:
        names: those after both branches.
        filled: those at the end of the branch for what was left out.
        shown: what the other branch knows of some, and did not change.
    """
    return names | {
        name: join(filled[name], given)
        for name, (before, given) in shown.items()
        if name in filled and filled[name] is not before
    }


def made_aware(
    test: f.Expression, names: dict[str, Value], filled: dict[str, Value], before: dict[str, Value]
) -> dict[str, Value]:
    """The variables after a test that gives a moment a zone where it has none.

    ``if until.tzinfo is None: until = until.replace(tzinfo=UTC)``: else it had one.

    Args:
        test: the condition.
        names: the variables after both branches.
        filled: those at the end of the branch for what has no zone.
        before: those before the test.
    """
    if isinstance(test, f.Compare) and test.operator in _UNLIKE[False]:
        asked = test.left if _is_none(test.right) else None
    else:
        asked = test.operand if isinstance(test, f.Unary) and test.operator == "not" else None
    if not isinstance(asked, f.Attribute) or asked.name != "tzinfo":
        return names
    name = asked.object.id if isinstance(asked.object, f.Name) else ""
    changed = name in filled and filled[name] is not before.get(name)
    return names | {name: filled[name]} if changed else names


def _may_be_none(parameter: Param) -> bool:
    return isinstance(parameter.default, Const) and parameter.default.value is None


def _there(test: f.Expression, *, holds: bool) -> Iterator[str]:
    """The variables that are not None where a test holds, or where it does not."""
    if isinstance(test, f.Name):
        if holds:
            yield test.id
    elif isinstance(test, f.Unary) and test.operator == "not":
        yield from _there(test.operand, holds=not holds)
    elif isinstance(test, f.Logical) and test.operator == ("and" if holds else "or"):
        yield from _there(test.left, holds=holds)
        yield from _there(test.right, holds=holds)
    elif isinstance(test, f.Compare) and test.operator in _UNLIKE[holds]:
        yield from _names(test.left) if _is_none(test.right) else ()


def _names(value: f.Expression) -> Iterator[str]:
    if isinstance(value, f.Name):
        yield value.id


def _is_none(value: f.Expression) -> bool:
    return isinstance(value, f.Literal) and value.value is None


_UNLIKE = {True: ("is not", "!="), False: ("is", "==")}
