"""The official schema and GitHub's rule set, by Microsoft's SARIF multitool.

Set JWTAUDIT_SARIF_MULTITOOL to the binary ``Sarif.Multitool`` of the npm package
``@microsoft/sarif-multitool-linux``. Without it only what GitHub requires is checked here.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jwtaudit.finding import Diagnostic, Report

from .samples import CLEAN, EMPTY, render, report

if TYPE_CHECKING:
    from pathlib import Path

MULTITOOL = os.environ.get("JWTAUDIT_SARIF_MULTITOOL")
# Needs the network.
IGNORED = {"SARIF2006"}


def hostile() -> Report:
    given = report()
    evil = "\n::error::x [a](1) {0} 100% \x1b[31m ü🔒"
    path = "a b/:\n\udcff#?%41.py"
    finding = replace(
        given.findings[2],
        message=evil,
        advice=evil,
        location=replace(given.findings[2].location, path=path),
    )
    return replace(given, findings=(finding,), diagnostics=(Diagnostic(path, "x y", evil, 2),))


REPORTS = {"full": report(), "clean": CLEAN, "empty": EMPTY, "hostile": hostile()}


@pytest.mark.skipif(not MULTITOOL, reason="JWTAUDIT_SARIF_MULTITOOL is not set")
@pytest.mark.parametrize("name", REPORTS)
def test_multitool_finds_no_fault(name: str, tmp_path: Path) -> None:
    log, verdict = tmp_path / f"{name}.sarif", tmp_path / "verdict.sarif"
    log.write_text(render("sarif", REPORTS[name]))
    arguments = ["--rule-kind", "Sarif;Gh", "--level", "Error;Warning", "--output", str(verdict)]
    # The exit code is 0 even with errors: the verdict counts.
    subprocess.run(
        [MULTITOOL, "validate", str(log), *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    (run,) = json.loads(verdict.read_text(encoding="utf-8-sig"))["runs"]
    assert run["invocations"][0]["executionSuccessful"]
    faults = [result for result in run["results"] if result["ruleId"] not in IGNORED]
    assert faults == []


@pytest.mark.parametrize("name", REPORTS)
def test_what_github_requires(name: str) -> None:
    log = json.loads(render("sarif", REPORTS[name]))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert rules
    for rule in rules:
        assert 0 < len(rule["name"]) <= 255
        for key in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[key]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert isinstance(rule["properties"]["security-severity"], str)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error")
        assert result["message"]["text"]
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert not uri.startswith("/")
        assert ":" not in uri
        assert uri.isascii()
        assert uri.isprintable()
        region = location["physicalLocation"]["region"]
        assert all(region[key] > 0 for key in ("startLine", "startColumn", "endLine", "endColumn"))
