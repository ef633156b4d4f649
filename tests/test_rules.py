"""Every rule page is a test: its examples, its check, its proof.

``pytest -k hardcoded-key`` runs all that concerns one page.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import proof
import pytest
from support import scan

from jwtaudit import catalog, checks
from jwtaudit.catalog import Example, Expectation, Rule

if TYPE_CHECKING:
    from jwtaudit.finding import Finding

RULES = catalog.load().rules


def _name(rule: Rule, example: Example) -> str:
    return f"{rule.name}:{example.title}" if example.title else rule.name


def _examples(section: str) -> list[object]:
    return [
        pytest.param(rule, example, id=_name(rule, example))
        for rule in RULES
        for example in rule.examples(section)
    ]


def _files(example: Example) -> dict[str, str]:
    return {file.path: file.text for file in example.files}


def _found(findings: list[Finding], rule: Rule) -> set[tuple[str, Expectation]]:
    return {
        (
            finding.location.path,
            Expectation(finding.location.start_line, finding.rule_id, finding.confidence),
        )
        for finding in findings
        if finding.rule_id == rule.id
    }


def _expected(example: Example, rule: Rule) -> set[tuple[str, Expectation]]:
    return {
        (file.path, expectation)
        for file in example.files
        for expectation in file.expected
        if expectation.rule_id == rule.id
    }


@pytest.mark.parametrize("name", sorted({rule.name for rule in RULES} | set(checks.registry())))
def test_page_and_check_belong_together(name):
    assert name in checks.registry(), f'write @check("{name}") in jwtaudit/checks/'
    assert name in {rule.name for rule in RULES}, f"write rules/<group>/{name}.md"


@pytest.mark.parametrize(("rule", "example"), _examples("Bad"))
def test_bad(rule, example):
    assert _expected(example, rule), "a bad example marks the line of its finding"
    assert _found(scan(_files(example), [rule.id]), rule) == _expected(example, rule)


@pytest.mark.parametrize(("rule", "example"), _examples("Good"))
def test_good(rule, example):
    """No rule of the whole catalogue speaks; of those that are off, only the page's own runs."""
    # A page that shows what an old version does needs that version.
    findings = [
        f for f in scan(_files(example), [rule.id]) if f.rule_id in {rule.id, *_not_on_versions()}
    ]
    spoken = [(f.rule_id, f.location.start_line, f.message) for f in findings]
    assert not spoken, f"{rule.file}: {spoken}"


def _not_on_versions() -> set[str]:
    return {rule.id for rule in RULES if rule.group != "dependencies"}


def _windows_line_ends(files: dict[str, str]) -> dict[str, str | bytes]:
    return {path: text.replace("\n", "\r\n") for path, text in files.items()}


def _byte_order_mark(files: dict[str, str]) -> dict[str, str | bytes]:
    # Only where a mark is usual: a requirements file does not begin with one.
    return {
        path: codecs.BOM_UTF8 + text.encode() if path.endswith(".py") else text
        for path, text in files.items()
    }


def _other_name(files: dict[str, str]) -> dict[str, str | bytes]:
    # A page that names a file means that name.
    return {path.replace("example.", "renamed."): text for path, text in files.items()}


@pytest.mark.parametrize("change", [_windows_line_ends, _byte_order_mark, _other_name])
@pytest.mark.parametrize(("rule", "example"), _examples("Bad"))
def test_form_does_not_matter(rule, example, change):
    expected = {
        (path.replace("example.", "renamed.") if change is _other_name else path, expectation)
        for path, expectation in _expected(example, rule)
    }
    assert _found(scan(change(_files(example)), [rule.id]), rule) == expected


@pytest.mark.proof
@pytest.mark.parametrize(
    ("rule", "script"),
    [
        pytest.param(rule, script, id=f"{rule.name}:{'+'.join(script.requires)}")
        for rule in RULES
        for script in rule.proofs
    ],
)
def test_proof(rule, script):
    if not proof.can_run(script):
        pytest.skip("node and npm are not installed")
    proof.run(rule, script)
