"""SARIF, point by point as code scanning wants it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from jwtaudit.finding import Draft, Report, Severity, Statistics
from jwtaudit.output import sarif
from jwtaudit.redact import Redactor
from jwtaudit.source import Place, Source, Span

from . import samples
from .samples import CLEAN, CRITICAL, EMPTY, MEDIUM, render, report


def run(given: Report, **options):
    (only,) = json.loads(render("sarif", given, **options))["runs"]
    return only


def notices(given: Report) -> dict[str, str]:
    (invocation,) = run(given)["invocations"]
    return {
        item["descriptor"]["id"]: item["message"]["text"]
        for item in invocation["toolExecutionNotifications"]
    }


def test_all_active_rules_are_listed() -> None:
    driver = run(CLEAN)["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["JWT104", "JWT202", "JWT301", "JWT601"]
    rule = driver["rules"][1]
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"]["security-severity"] == "9.1"
    assert rule["properties"]["tags"] == [
        "security",
        "jwt",
        "keys",
        "external/cwe/cwe-347",
        "external/cwe/cwe-798",
    ]
    assert rule["help"]["markdown"].startswith("# Title")
    assert rule["fullDescription"] == {"text": "Why it matters."}


def test_results_is_there_when_empty() -> None:
    assert run(CLEAN)["results"] == []
    assert run(CLEAN)["invocations"][0]["executionSuccessful"] is True


def test_result() -> None:
    given = run(report())
    result = given["results"][2]
    assert result["ruleId"] == given["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
    assert result["level"] == "error"
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "app/config.py", "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": 3,
            "startColumn": 34,
            "endLine": 3,
            "endColumn": 51,
            "snippet": {"text": '"***************"'},
        },
    }
    assert given["columnKind"] == "unicodeCodePoints"
    assert "%SRCROOT%" in given["originalUriBaseIds"]
    assert set(result["partialFingerprints"]) == {"primaryLocationLineHash", "jwtaudit/v1"}
    assert result["partialFingerprints"]["primaryLocationLineHash"].endswith(":1")


def test_related_places_are_linked() -> None:
    result = run(report())["results"][2]
    ids = [item["id"] for item in result["relatedLocations"]]
    assert ids == list(range(1, 13))
    text = result["message"]["text"]
    assert text.startswith("Whoever reads the source mints tokens while JWT_SECRET is not set. ")
    assert r"See [use \[0\]](1), [use \[1\]](2), " in text
    assert text.endswith(r"[use \[9\]](10) and 2 more.")


def test_trace_is_a_code_flow() -> None:
    (flow,) = run(report())["results"][2]["codeFlows"]
    steps = [item["location"] for item in flow["threadFlows"][0]["locations"]]
    assert [step["message"]["text"] for step in steps] == [
        "SECRET falls back to this literal",
        "used as key here",
    ]


def test_multi_line_snippet_is_the_region() -> None:
    region = run(report())["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert (
        region["snippet"]["text"]
        == samples.FILES["app/auth.py"][samples.CALL.span.start : samples.CALL.span.end]
    )


def test_suppressed_findings_are_counted_not_listed() -> None:
    assert len(run(report())["results"]) == 3
    assert notices(report())["suppressed"] == "Findings suppressed in the source: 1."


def test_trouble_is_told() -> None:
    (invocation,) = run(report())["invocations"]
    assert invocation["executionSuccessful"] is False
    first = invocation["toolExecutionNotifications"][0]
    assert first["level"] == "error"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
    assert "skipped" in notices(report())
    assert "no-files" in notices(EMPTY)
    assert "no-files" not in notices(CLEAN)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü#?.py", "a%20b/%C3%BC%23%3F.py"),
        ("c:d%.py", "c%3Ad%25.py"),
        ("\udcff\x1b.py", "%FF%1B.py"),
        ("\ud800.py", "%ED%A0%80.py"),
    ],
)
def test_uris_are_percent_encoded(path: str, uri: str) -> None:
    source = Source(path, b"x", "x")
    finding = Redactor({path: source}.get).finding(
        Draft("x", Place(path, Span(0, 1)), "Bad."), MEDIUM
    )
    (result,) = run(Report((finding,)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_category() -> None:
    assert run(CLEAN, category="api")["automationDetails"] == {"id": "api/"}
    assert "automationDetails" not in run(CLEAN)


def test_result_limit_keeps_the_most_severe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_MAX_RESULTS", 2)
    assert [result["ruleId"] for result in run(report())["results"]] == ["JWT104", "JWT202"]
    assert "limits: 1." in notices(report())["results-cut"]


def test_size_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = len(render("sarif", report()))
    monkeypatch.setattr(sarif, "_MAX_BYTES", 1500)
    assert len(render("sarif", report())) < whole
    assert "results-cut" in notices(report())


def test_location_limits() -> None:
    finding = report().findings[2]
    long = replace(finding, related=finding.related * 20, trace=finding.trace * 600)
    (result,) = run(Report((long,)))["results"]
    assert len(result["relatedLocations"]) == 100
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert len(steps) == 1000
    assert steps[-1]["location"]["message"]["text"] == "used as key here"
    assert "locations-cut" in notices(Report((long,), statistics=Statistics(1, 1)))


def test_text_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = replace(CRITICAL, help_text="long " * 500, cwe=tuple(range(1, 40)))
    monkeypatch.setattr(samples, "RULES", [rule])
    (shown,) = run(CLEAN)["tool"]["driver"]["rules"]
    assert len(shown["fullDescription"]["text"]) == 1024
    assert len(shown["properties"]["tags"]) == 20


def test_nothing_in_a_message_reads_as_a_link() -> None:
    finding = replace(report().findings[0], message="options[0](1) is wrong")
    (result,) = run(Report((finding,)))["results"]
    assert "](" not in result["message"]["text"]


def test_levels() -> None:
    assert [sarif._level(severity) for severity in Severity] == [
        "note",
        "note",
        "warning",
        "error",
        "error",
    ]


def test_file_without_source_has_no_line_hash() -> None:
    finding = Redactor(lambda _: None).finding(
        Draft("x", Place("gone.py", Span(0, 1)), "Bad."), MEDIUM
    )
    (result,) = run(Report((finding,)))["results"]
    assert set(result["partialFingerprints"]) == {"jwtaudit/v1"}
