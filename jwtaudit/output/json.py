"""The report as one JSON document, described by ``docs/json-schema.md``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jwtaudit import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from jwtaudit.finding import Diagnostic, Finding, Fix, Location, Report, Statistics, Step
    from jwtaudit.output import Options, Rule

SCHEMA_VERSION = 1

EDITS = True


def write(report: Report, rules: Sequence[Rule], stream: TextIO, options: Options) -> None:
    """Print one object."""
    del rules, options
    document = {
        **header(),
        "findings": [finding_object(finding) for finding in report.findings],
        "suppressed": {
            "count": len(report.suppressed),
            "findings": [finding_object(finding) for finding in report.suppressed],
        },
        "fixed": [finding_object(finding) for finding in report.fixed],
        "diagnostics": [diagnostic_object(diagnostic) for diagnostic in report.diagnostics],
        "statistics": statistics_object(report.statistics),
    }
    # Non-ASCII is escaped, so that the stream's encoding does not matter.
    stream.write(json.dumps(document, indent=2) + "\n")


def header() -> dict[str, Any]:
    """What every document begins with."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "jwtaudit", "version": __version__},
    }


def finding_object(finding: Finding) -> dict[str, Any]:
    """A finding."""
    suppression = finding.suppression
    return {
        "rule_id": finding.rule_id,
        "rule_name": finding.rule_name,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "message": finding.message,
        "location": _location(finding.location),
        "trace": [_step(step) for step in finding.trace],
        "related": [_step(step) for step in finding.related],
        "advice": finding.advice,
        "notes": list(finding.notes),
        "fingerprint": finding.fingerprint,
        "line_hash": finding.line_hash,
        "suppression": suppression
        and {
            "kind": suppression.kind,
            "line": suppression.line,
            "reason": suppression.reason,
        },
        "fix": finding.fix and _fix(finding.fix),
    }


def diagnostic_object(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic."""
    return {
        "path": _path(diagnostic.path),
        "line": diagnostic.line,
        "kind": diagnostic.kind,
        "message": diagnostic.message,
        "error": diagnostic.error,
    }


def statistics_object(statistics: Statistics) -> dict[str, Any]:
    """The counts of the run."""
    return {
        "matched": statistics.matched,
        "analysed": statistics.analysed,
        "parsed": statistics.parsed,
        "skipped": dict(sorted(statistics.skipped.items())),
        "hidden": statistics.hidden,
        "fixes": statistics.fixes,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "safety": fix.safety.value,
        "alone": fix.alone,
        "edits": [{"location": _location(e.location), "text": e.text} for e in fix.edits],
    }


def _step(step: Step) -> dict[str, Any]:
    return {"message": step.message, "location": _location(step.location)}


def _location(location: Location) -> dict[str, Any]:
    return {
        "path": _path(location.path),
        "start_line": location.start_line,
        "start_column": location.start_column,
        "end_line": location.end_line,
        "end_column": location.end_column,
        "start_byte": location.start_byte,
        "end_byte": location.end_byte,
        "lines": list(location.lines),
        "shift": location.shift,
    }


def _path(path: str) -> str:
    """A path as on disk; bytes of it that are no text (lone surrogates) are not valid JSON."""
    return path.encode("utf-8", "backslashreplace").decode()
