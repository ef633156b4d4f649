"""What is said of JavaScript names nothing that only Python has."""

from __future__ import annotations

import re

import pytest
from support import scan

from jwtaudit import catalog

_SCRIPTS = tuple(".js .jsx .mjs .cjs .ts .tsx .mts .cts .html .vue .svelte".split())
_PYTHON = re.compile(
    r"\bos\.environ|\bsecrets\.|\bhmac\.|\bdate_?time\b|\btimedelta\b|\btimezone\b|\btime\.time\b"
    r"|\bTrue\b|\bFalse\b|`None`|\bstr\b|\bread_bytes\b|\w+=\[|\b\w+=\.\.\.|\boptions=|Python"
    r"|PyJWT|\bjs:",
)


def _examples() -> list[object]:
    return [
        pytest.param(rule, example, id=f"{rule.name}:{example.title}")
        for rule in catalog.load().rules
        for example in rule.examples("Bad")
        if any(file.path.endswith(_SCRIPTS) for file in example.files)
    ]


@pytest.mark.parametrize(("rule", "example"), _examples())
def test_no_python_in_what_is_said_of_javascript(rule, example):
    for finding in scan({file.path: file.text for file in example.files}, [rule.id]):
        if not finding.location.path.endswith(_SCRIPTS):
            continue
        said = [finding.message, finding.advice, *finding.notes]
        said += [step.message for step in (*finding.trace, *finding.related)]
        said += [finding.fix.title] if finding.fix else []
        assert not [text for text in said if _PYTHON.search(text)]
