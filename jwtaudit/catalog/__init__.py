"""The rule catalogue: the pages ``rules/<group>/<name>.md``.

A page is the rule's documentation, its SARIF help and its test at once.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from jwtaudit.catalog.blocks import (
    DEFAULT_FILES,
    Example,
    ExampleFile,
    Expectation,
    Proof,
    split_marker,
)
from jwtaudit.catalog.errors import PageError, refuse, shown, unknown
from jwtaudit.catalog.pages import read_page
from jwtaudit.catalog.rule import Rule
from jwtaudit.resources import rules_directory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "DEFAULT_FILES",
    "Catalog",
    "Example",
    "ExampleFile",
    "Expectation",
    "PageError",
    "Proof",
    "Rule",
    "SelectorError",
    "load",
    "read_page",
    "split_marker",
]


class SelectorError(ValueError):
    """A selector names no rule; the message names the nearest one that does."""


class Catalog:
    """All rules."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take rules of different ids and names."""
        self.rules: tuple[Rule, ...] = tuple(sorted(rules, key=lambda rule: rule.id))
        self._known: dict[str, Rule] = {}
        for rule in self.rules:
            for key in (rule.id, rule.name):
                if key in self._known:
                    other = self._known[key].file
                    refuse(rule.file, 1, f"{key} is taken by {shown(other)}; choose another")
                self._known[key] = rule

    def find(self, key: str) -> Rule:
        """The rule of an id (in any case) or a name."""
        rule = self._known.get(key) or self._known.get(key.upper())
        if rule is None:
            raise SelectorError(unknown("rule", key, self._known))
        return rule

    def select(self, selectors: Iterable[str]) -> frozenset[str]:
        """The ids that selectors name: ids, prefixes such as ``JWT2``, groups, rule names."""
        return frozenset(id_ for selector in selectors for id_ in self._selected(selector))

    def _selected(self, selector: str) -> list[str]:
        if selector in self._known:
            return [self._known[selector].id]
        prefix = selector.upper()
        ids = [
            rule.id
            for rule in self.rules
            if rule.group == selector or (prefix.startswith("JWT") and rule.id.startswith(prefix))
        ]
        if not ids:
            groups = {rule.group for rule in self.rules}
            raise SelectorError(unknown("rule selector", selector, [*self._known, *groups]))
        return ids


@functools.cache
def load(directory: Path | None = None) -> Catalog:
    """The catalogue of a rules directory; by default the one that belongs to this program."""
    directory = directory or rules_directory()
    return Catalog(read_page(page) for page in sorted(directory.glob("*/*.md")))
