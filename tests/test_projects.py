"""Small applications of several files, scanned as a user would scan them.

Each ``tests/projects/<name>/`` holds twins. In ``faulty``, a trailing comment names the rules that
report its line, and how sure they are; ``traces.toml`` beside it spells out some ways of values,
one ``file:line`` per step. ``careful`` does the same without the fault: there, nothing is said.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli
from support import scan

from jwtaudit import catalog

PROJECTS = Path(__file__).parent / "projects"
NAMES = sorted(path.name for path in PROJECTS.iterdir() if path.is_dir())


def files(name: str, twin: str) -> dict[str, str]:
    """The files of a project, markers taken out."""
    root = PROJECTS / name / twin
    return {
        path.relative_to(root).as_posix(): "\n".join(
            catalog.split_marker(line)[0] for line in path.read_text("utf-8").split("\n")
        )
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def expected(name: str) -> set[tuple[str, str, str]]:
    root = PROJECTS / name / "faulty"
    found = set()
    for path in root.rglob("*"):
        if not path.is_file() or path.suffix == ".pyc":
            continue
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            marks = catalog.split_marker(line)[1]
            assert marks is not None, f"{path}:{number}: a misspelt marker"
            at = f"{path.relative_to(root).as_posix()}:{number}"
            found |= {(at, rule, confidence.label) for rule, confidence in marks}
    return found


def _at(location) -> str:
    return f"{location.path}:{location.start_line}"


@pytest.mark.parametrize("name", NAMES)
def test_faulty(name):
    found = [
        (_at(finding.location), finding.rule_id, finding.confidence.label)
        for finding in scan(files(name, "faulty"))
    ]
    assert len(set(found)) == len(found), "one fault is reported twice"
    assert set(found) == expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_careful(name):
    found = scan(files(name, "careful"))
    assert not [(_at(f.location), f.rule_id, f.message) for f in found]


def _traces() -> list[object]:
    return [
        pytest.param(path.parent.name, at, steps, id=f"{path.parent.name}:{at}")
        for path in sorted(PROJECTS.glob("*/traces.toml"))
        for at, steps in tomli.loads(path.read_text("utf-8")).items()
    ]


@pytest.mark.parametrize(("name", "at", "steps"), _traces())
def test_trace(name, at, steps):
    rule, _, place = at.partition(" ")
    (finding,) = [
        f for f in scan(files(name, "faulty")) if f.rule_id == rule and _at(f.location) == place
    ]
    assert [_at(step.location) for step in finding.trace] == steps
