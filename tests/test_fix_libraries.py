"""Each page with a fix shows it for every library that its rule knows, or says why there is none.

The page is where both are told: a bad example that comes out below *Fixed*, or a sentence there
that begins ``No fix for`` and names the library by its title.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from jwtaudit import catalog, models

if TYPE_CHECKING:
    from jwtaudit.catalog import ExampleFile, Rule
    from jwtaudit.models import Library

_MODELS = models.load()


def _with_role(*roles: str) -> set[str]:
    return {model.library.id for role in roles for model in _MODELS.with_role(role)}


# Not loggers, clocks and the languages' own: what a fix does with those does not depend on them.
_SIGNING = _with_role("sign", "verify", "verify-signature", "decode-unverified")
_BY_GROUP = {"transport": _with_role("cookie"), "frameworks": _with_role("guard")}

_RULES = [rule for rule in catalog.load().rules if rule.fix != "none"]
_NO_FIX = re.compile(r"\bNo fix for (?P<titles>[^:]+):")


def _is_in(library: Library, rule: Rule, file: ExampleFile) -> bool:
    """Whether an example's file has to do with a library, as far as the rule is concerned."""
    if file.language not in catalog.DEFAULT_FILES:
        return rule.group == "dependencies" and _is_named(library, file)
    is_python = file.language == "python"
    if is_python != (library.language == "python"):
        return False
    matters = library.id in _BY_GROUP.get(rule.group, _SIGNING)
    return (matters and _is_imported(library, file.text, is_python=is_python)) or any(
        re.search(rf"\b{re.escape(setting.name)}\b", file.text)
        for setting in library.settings
        if setting.rule == rule.name
    )


def _is_named(library: Library, file: ExampleFile) -> bool:
    """Whether a manifest names the library's package."""
    is_npm = file.path.endswith("package.json")
    package = re.escape(library.package)
    way = rf"(?i)(?<![\w@/-]){package}(?![\w/-])"
    return (
        bool(package) and is_npm == (library.ecosystem == "npm") and bool(re.search(way, file.text))
    )


def _is_imported(library: Library, text: str, *, is_python: bool) -> bool:
    roots = "|".join(re.escape(root.removeprefix(models.SCRIPT)) for root in library.roots)
    way = (
        rf"^\s*(?:from|import) (?:{roots})\b"
        if is_python
        else rf"""(?:from |require\(|import\(?)\s*["'](?:{roots})["'/]"""
    )
    return bool(re.search(way, text, re.MULTILINE))


def _without_fix(rule: Rule) -> str:
    _, text = rule.sections.get("Fixed", (0, ""))
    return " and ".join(found["titles"] for found in _NO_FIX.finditer(text))


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.name)
def test_a_page_shows_its_fix_for_every_library(rule):
    fixed = {example.title for example in rule.examples("Fixed")}
    known, shown = set(), set()
    for example in rule.examples("Bad"):
        found = {
            library.title
            for library in _MODELS.libraries
            if any(_is_in(library, rule, file) for file in example.files)
        }
        known |= found
        shown |= found if example.title in fixed else set()
    named = re.split(r", | and ", _without_fix(rule).replace("\n", " "))
    missing = known - shown - set(named)
    assert not missing, (
        f"{rule.file}: no bad example with {', '.join(sorted(missing))} is shown fixed; show it "
        'below "## Fixed", or say there why not: "No fix for <title>: ..."'
    )
    assert not set(filter(None, named)) - (known - shown), f"{rule.file}: is fixed, or not known"
