"""Round trips: what is promised of a fix, over all pages' examples in many variants.

By default a small part of them, by chance that is the same each time; all of them with
``JWTAUDIT_ROUND_TRIPS=all``.
"""

from __future__ import annotations

import ast
import os
import tempfile
import zlib
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import variants

from jwtaudit import catalog, engine

if TYPE_CHECKING:
    from jwtaudit.catalog import Example, Rule
    from jwtaudit.finding import Finding

Files = dict[str, bytes]

_ALL = os.environ.get("JWTAUDIT_ROUND_TRIPS") == "all"
_ONE_IN = 120


class Subject(NamedTuple):
    """A bad example, and what the fix makes of it, as its page shows."""

    rule: Rule
    title: str
    bad: dict[str, str]
    fixed: dict[str, str]


def _texts(example: Example) -> dict[str, str]:
    return {file.path: file.text for file in example.files}


def _subjects() -> list[Subject]:
    found = []
    for rule in catalog.load().rules:
        fixed = {example.title: _texts(example) for example in rule.examples("Fixed")}
        for bad in rule.examples("Bad"):
            if bad.title in fixed:
                files = _texts(bad)
                found.append(Subject(rule, bad.title, files, {**files, **fixed[bad.title]}))
    return found


SUBJECTS = _subjects()


def _trips(kinds: dict[str, object], often: int = 1) -> list[object]:
    """All pairs, or those that lot has drawn, which may be drawn more often."""
    return [
        pytest.param(subject, kind, id=name)
        for subject in SUBJECTS
        for kind in kinds
        for name in [f"{subject.rule.name}:{subject.title}:{kind}"]
        if _ALL or zlib.crc32(name.encode()) % _ONE_IN < often
    ]


def _fix(rule: Rule, files: Files) -> engine.fixing.Fixing:
    with tempfile.TemporaryDirectory() as directory:
        for path, content in files.items():
            file = Path(directory, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        options = engine.Options(directory=directory, extend_select=(rule.id,), jobs=1)
        return engine.fix(options, lambda finding: finding.rule_id == rule.id)


def _told(findings: tuple[Finding, ...]) -> Counter[tuple[str, str]]:
    return Counter((finding.rule_id, finding.location.path) for finding in findings)


def _round_trip(rule: Rule, files: Files, *, whole: bool = False) -> Files:
    """What a fix makes of files; on the way, what is promised of every fix."""
    fixing = _fix(rule, files)
    fixed = {change.path: change.after for change in fixing.changes}
    assert bool(fixed) == bool(fixing.applied)
    assert all(files[path] != content for path, content in fixed.items())
    again = _fix(rule, {**files, **fixed})
    assert not again.applied, "a second run does nothing"
    if whole and any(f.rule_id == rule.id for f in fixing.report.findings):
        pytest.skip("in part advice only")
    assert _told(again.report.findings) == _told(fixing.report.findings)
    for path, content in fixed.items():
        if variants.is_python(path):
            ast.parse(content)
    return {**files, **fixed}


# -- the same in other bytes -----------------------------------------------------------------------


def _laid_out(files: dict[str, str], layout: str) -> Files | None:
    """A project in which the programs are laid out in another way; None where they cannot be."""
    found: Files = {}
    for path, text in files.items():
        content = text.encode()
        if variants.is_program(path):
            changed = variants.LAYOUTS[layout](path, text)
            if changed is None:
                return None
            content = changed
        found[path] = content
    return found


@pytest.mark.parametrize(("subject", "layout"), _trips(variants.LAYOUTS))
def test_the_fix_of_a_layout_is_the_layout_of_the_fix(subject, layout):
    before, after = (_laid_out(files, layout) for files in (subject.bad, subject.fixed))
    if before is None or after is None:
        pytest.skip("cannot be laid out that way")
    if all(before[path] == text.encode() for path, text in subject.bad.items()):
        pytest.skip("is laid out that way")
    found = _round_trip(subject.rule, before)
    assert found == after


@pytest.mark.parametrize(("subject", "_kind"), _trips({"mixed": None}))
def test_line_ends_stay_as_they_are(subject, _kind):
    before = {path: variants.mixed(text).encode() for path, text in subject.bad.items()}
    after = _round_trip(subject.rule, before)
    for path, content in after.items():
        assert content.replace(b"\r\n", b"\n").decode() == subject.fixed[path]
        kept = Counter(before[path].splitlines(keepends=True))
        kept.subtract(content.splitlines(keepends=True))
        plain = Counter(subject.bad[path].splitlines())
        plain.subtract(subject.fixed[path].splitlines())
        # A line that comes behind another one takes over its end.
        changed = sum((+kept).values()) - sum((+plain).values())
        assert changed <= max(2, sum((-plain).values()))


# -- the same in another form ----------------------------------------------------------------------


def _formed(files: dict[str, str], form: str) -> dict[str, str] | None:
    """A project in which the programs are written in another form; None where none changes."""
    found = {}
    for path, text in files.items():
        forms = variants.PYTHON_FORMS if variants.is_python(path) else variants.SCRIPT_FORMS
        is_one = variants.is_program(path) and form in forms
        found[path] = forms[form](text) if is_one else text
    return None if found == files else found


@pytest.mark.parametrize(
    ("subject", "form"), _trips({**variants.PYTHON_FORMS, **variants.SCRIPT_FORMS})
)
def test_the_fix_does_the_same_in_every_form(subject, form):
    before, after = (_formed(files, form) for files in (subject.bad, subject.fixed))
    if before is None or after is None:
        pytest.skip("cannot be written that way")
    files = _round_trip(
        subject.rule, {path: text.encode() for path, text in before.items()}, whole=True
    )
    changed = {path for path, content in files.items() if content != before[path].encode()}
    if not changed:
        pytest.skip("advice only")
    for path in changed & {path for path in files if variants.is_program(path)}:
        text = files[path].decode()
        assert not variants.orphans(path, before[path], text)
        if variants.meaning(path, text) != variants.meaning(path, after[path]):
            # Another way is taken where somebody's words would be lost: none is, and no line more.
            assert form == "comments in calls"
            assert not variants.comments(path, before[path]) - variants.comments(path, text)
            assert _touched(before[path], text) <= _touched(before[path], after[path])


def _touched(before: str, after: str) -> set[int]:
    """The lines that a change takes away or writes anew."""
    steps = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return {
        line for what, i, j, _, _ in steps.get_opcodes() if what != "equal" for line in range(i, j)
    }


@pytest.mark.parametrize(("subject", "_kind"), _trips({"broken": None}))
def test_nothing_is_fixed_in_a_file_with_errors(subject, _kind):
    changed = {path for path, text in subject.bad.items() if text != subject.fixed[path]}
    files = {
        path: (text + ("\n\nx = = (\n" if path in changed else "")).encode()
        for path, text in subject.bad.items()
    }
    if not all(map(variants.is_program, changed)):
        pytest.skip("no program")
    assert not _fix(subject.rule, files).changes


# -- one of several --------------------------------------------------------------------------------


def _scan(rule: Rule, files: Files) -> tuple[Finding, ...]:
    with tempfile.TemporaryDirectory() as directory:
        for path, content in files.items():
            file = Path(directory, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        options = engine.Options(
            directory=directory, extend_select=(rule.id,), jobs=1, fixes=True, singly=True
        )
        return engine.run(options).findings


def _carried_out(files: Files, finding: Finding) -> Files:
    """The files after one fix, made by its bytes as a report tells them."""
    after = dict(files)
    for edit in sorted(finding.fix.edits, key=lambda e: e.location.start_byte, reverse=True):
        place = edit.location
        old = after[place.path]
        new = edit.text.encode()
        after[place.path] = old[: place.start_byte] + new + old[place.end_byte :]
    return after


@pytest.mark.parametrize(("subject", "_kind"), _trips({"singly": None}, often=12))
def test_each_fix_of_a_report_holds_by_itself(subject, _kind):
    files = {path: text.encode() for path, text in subject.bad.items()}
    findings = _scan(subject.rule, files)
    told = _told(findings)
    for finding in findings:
        if finding.fix is None or not finding.fix.alone:
            continue
        left = told - Counter([(finding.rule_id, finding.location.path)])
        assert not _told(_scan(subject.rule, _carried_out(files, finding))) - left
