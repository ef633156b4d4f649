"""Checks: one small function per rule, found by its decorator.

A check asks the project for the calls with a role and says what is wrong with them. It sees
values, never a syntax tree, and no library's name.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from jwtaudit.finding import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from jwtaudit.finding import Draft
    from jwtaudit.program import Project

    Check: TypeAlias = Callable[[Project], Iterator[Draft]]

_REGISTRY: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Register a check under the name of its rule page."""

    def register(function: Check) -> Check:
        assert name not in _REGISTRY, f"two checks are named {name}"
        _REGISTRY[name] = function
        return function

    return register


def registry() -> dict[str, Check]:
    """Rule name -> check, from all modules of this package."""
    _import_all()
    return _REGISTRY


@functools.cache
def _import_all() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def run(project: Project, names: Collection[str]) -> Iterator[Draft | Diagnostic]:
    """Run the checks of the given rules; one that fails costs its own findings only."""
    for name, function in sorted(registry().items()):
        if name not in names:
            continue
        seen = set()
        try:
            for draft in chain(function(project), _configured(project, name)):
                draft.rule = draft.rule or name
                draft.message = _sentence(draft.message)
                key = (draft.rule, draft.place)
                if key not in seen:
                    seen.add(key)
                    yield draft
        except Exception as error:  # noqa: BLE001 - one failing rule must not end the run
            yield Diagnostic(
                "", "internal-error", f"the check {name} failed ({type(error).__name__})"
            )


def _configured(project: Project, rule: str) -> Iterator[Draft]:
    """What a rule says of the settings of frameworks, which their models name."""
    from jwtaudit.finding import Draft  # noqa: PLC0415
    from jwtaudit.program.framework_settings import set_right, unsafe_settings  # noqa: PLC0415

    for unsafe in unsafe_settings(project, rule):
        setting = unsafe.setting
        named = f"`{setting.name}`" if unsafe.given else f"`{setting.name}`, which is not set,"
        yield Draft(
            rule=rule,
            place=unsafe.place,
            message=f"{named} {setting.why}",
            confidence=unsafe.confidence,
            advice=setting.advice,
            anchor=f"setting {setting.name}",
            repair=set_right(project, unsafe),
        )


def _sentence(text: str) -> str:
    """The text with a capital at its start, unless it starts with a name."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first in ("a", "all", "an", "the", "this") else text
