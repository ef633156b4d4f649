"""Each page with a fix shows it for every library that its rule knows, and proves it with each.

Or it says why not, and names the library by its title: below *Fixed* in a sentence that begins
``No fix for``, below *Proof* in one that begins ``No proof for``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from jwtaudit import catalog, models

if TYPE_CHECKING:
    from jwtaudit.catalog import Example, ExampleFile, Rule
    from jwtaudit.models import Library

_MODELS = models.load()


def _with_role(*roles: str) -> set[str]:
    return {model.library.id for role in roles for model in _MODELS.with_role(role)}


# Not loggers, clocks and the languages' own: what a fix does with those does not depend on them.
_SIGNING = _with_role("sign", "verify", "verify-signature", "decode-unverified")
_BY_GROUP = {"transport": _with_role("cookie"), "frameworks": _with_role("guard")}

_RULES = [rule for rule in catalog.load().rules if rule.fix != "none"]
_NO_FIX = re.compile(r"\bNo fix for (?P<titles>[^:]+):")
_NO_PROOF = re.compile(r"\bNo proof for (?P<titles>[^:]+):")
_REQUIRED = re.compile(r'\brequire\("[^"]*"\)')  # may be called as an example is


def _is_in(library: Library, rule: Rule, file: ExampleFile) -> bool:
    """Whether an example's file has to do with a library, as far as the rule is concerned."""
    if file.language not in catalog.DEFAULT_FILES:
        return rule.group == "dependencies" and _is_named(library, file)
    is_python = file.language == "python"
    if is_python != (library.language == "python"):
        return False
    return _is_used(library, rule, file) or any(
        re.search(rf"\b{re.escape(setting.name)}\b", file.text)
        for setting in library.settings
        if setting.rule == rule.name
        and (not setting.inside or any(name in file.text for name in setting.inside))
    )


def _is_used(library: Library, rule: Rule, file: ExampleFile) -> bool:
    matters = library.id in _BY_GROUP.get(rule.group, _SIGNING)
    return matters and _is_imported(library, file.text, is_python=file.language == "python")


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


def _named(rule: Rule, section: str, sentence: re.Pattern[str]) -> set[str]:
    """The libraries that a page says to be left out."""
    _, text = rule.sections.get(section, (0, ""))
    titles = " and ".join(found["titles"] for found in sentence.finditer(text))
    return set(filter(None, re.split(r", | and ", titles.replace("\n", " "))))


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
    named = _named(rule, "Fixed", _NO_FIX)
    missing = known - shown - named
    assert not missing, (
        f"{rule.file}: no bad example with {', '.join(sorted(missing))} is shown fixed; show it "
        'below "## Fixed", or say there why not: "No fix for <title>: ..."'
    )
    assert not named - (known - shown), f"{rule.file}: is fixed, or not known"


def _programs(example: Example) -> list[ExampleFile]:
    return [file for file in example.files if file.language in catalog.DEFAULT_FILES]


def _libraries(rule: Rule, example: Example) -> set[str]:
    """Those that an example's programs use; where they use none, those whose settings they are."""
    for is_there in (_is_used, _is_in):
        found = {
            library.title
            for library in _MODELS.libraries
            for file in _programs(example)
            if (file.language == "python") == (library.language == "python")
            and is_there(library, rule, file)
        }
        if found:
            return found
    return set()


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.name)
def test_a_proof_runs_the_fixed_code_of_every_library(rule):
    scripts = [_REQUIRED.sub("", script.code) for script in rule.proofs if '"Fixed"' in script.code]
    fixed = [example for example in rule.examples("Fixed") if _programs(example)]
    assert scripts or not fixed, f"{rule.file}: no proof runs the fixed code"
    known, proved = set(), set()
    for example in fixed:
        found = _libraries(rule, example)
        known |= found
        if any(not example.title or f'"{example.title}"' in code for code in scripts):
            proved |= found
    named = _named(rule, "Proof", _NO_PROOF)
    missing = known - proved - named
    assert not missing, (
        f"{rule.file}: no proof runs the fixed code with {', '.join(sorted(missing))}; show with "
        'example("Fixed", title) that it rejects the forged token and still takes a good one, or '
        'say below "## Proof" why not: "No proof for <title>: ..."'
    )
    assert not named - (known - proved), f"{rule.file}: is proved, or not known"
