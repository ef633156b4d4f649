"""Small shapes of every fault and of its remedy, as people write them in a few lines.

Each ``tests/shapes/*.txt`` holds shapes: ``==== title``, then a small program. A trailing comment
names the rules that report its line, all of them (``JWT101, JWT301``), one of several
(``JWT101|JWT105``), or perhaps (``JWT504?``). A line without a comment must stay silent.
``# requirements:`` pins versions, ``# file:`` begins another file.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import scan

SHAPES = Path(__file__).parent / "shapes"
# Of old versions, and of tokens without an expiry that may exist: in nearly every shape.
_ELSEWHERE = ("JWT8", "JWT320")
_MARK = re.compile(r"#\s*(JWT[\dJWT|?, ]*)$")


def _shapes() -> list[object]:
    found = []
    for path in sorted(SHAPES.glob("*.txt")):
        for part in re.split(r"^==== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            title, _, text = part.partition("\n")
            found.append(pytest.param(text, id=f"{path.stem}:{title.strip()}"))
    return found


def _files(text: str) -> dict[str, str]:
    files: dict[str, str] = {}
    name = "app.py"
    for line in text.splitlines():
        if line.startswith("# requirements: "):
            files["requirements.txt"] = line.partition(": ")[2] + "\n"
        elif line.startswith("# file: "):
            name = line.partition(": ")[2]
        else:
            files[name] = files.get(name, "") + line + "\n"
    return files


def _expected(files: dict[str, str]) -> dict[tuple[str, int], list[str]]:
    return {
        (path, number): [mark.strip() for mark in match.group(1).split(",")]
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _MARK.search(line))
    }


@pytest.mark.parametrize("text", _shapes())
def test_shape(text):
    files = _files(text)
    found: dict[tuple[str, int], set[str]] = {}
    for finding in scan(files):
        if not finding.rule_id.startswith(_ELSEWHERE):
            place = (finding.location.path, finding.location.start_line)
            found.setdefault(place, set()).add(finding.rule_id)
    for place, marks in _expected(files).items():
        rules = found.pop(place, set())
        for mark in marks:
            met = rules & set(mark.rstrip("?").split("|"))
            assert met or mark.endswith("?"), f"line {place}: {mark} expected, {rules} found"
            rules -= met
        assert not rules, f"line {place}: {rules} not expected"
    assert not found, f"not expected: {found}"
