"""SARIF 2.1.0, as GitHub code scanning and its kin read it."""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jwtaudit import __version__
from jwtaudit.finding import Severity
from jwtaudit.redact import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from jwtaudit.finding import Diagnostic, Edit, Finding, Fix, Location, Report, Step
    from jwtaudit.output import Options, Rule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/jwtaudit/jwtaudit"
_ROOT = "%SRCROOT%"

# GitHub refuses or hides what is beyond these.
_MAX_BYTES = 10_000_000  # compressed
_MAX_RESULTS = 25_000
_MAX_TEXT = 1024
_MAX_NAME = 255
_MAX_TAGS = 20
_MAX_STEPS = 1000
_MAX_RELATED = 100
_MAX_LINKS = 10

EDITS = True


def write(report: Report, rules: Sequence[Rule], stream: TextIO, options: Options) -> None:
    """Print one log with one run; suppressed findings are counted, not listed."""
    limit = _MAX_RESULTS
    while True:
        kept = _most_severe(report.findings, limit)
        text = json.dumps(_log(report, kept, rules, options), indent=2) + "\n"
        if len(text) <= _MAX_BYTES or len(zlib.compress(text.encode())) <= _MAX_BYTES:
            break
        if not kept:
            break
        limit = len(kept) // 2
    stream.write(text)


def _most_severe(findings: Sequence[Finding], limit: int) -> Sequence[Finding]:
    """At most ``limit`` findings, the most severe ones, in the order given."""
    if len(findings) <= limit:
        return findings
    ranked = sorted(range(len(findings)), key=lambda index: -findings[index].severity)
    return [findings[index] for index in sorted(ranked[:limit])]


def _log(
    report: Report, kept: Sequence[Finding], rules: Sequence[Rule], options: Options
) -> dict[str, Any]:
    index = {rule.id: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "jwtaudit",
                "semanticVersion": __version__,
                "informationUri": _HOME,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not any(item.error for item in report.diagnostics),
                "toolExecutionNotifications": _notifications(
                    report, cut=len(report.findings) - len(kept)
                ),
            }
        ],
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The directory that paths are relative to."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index) for finding in kept],
    }
    if options.category:
        run["automationDetails"] = {"id": options.category.rstrip("/") + "/"}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _level(severity: Severity) -> str:
    if severity >= Severity.HIGH:
        return "error"
    return "warning" if severity == Severity.MEDIUM else "note"


def _rule(rule: Rule) -> dict[str, Any]:
    weaknesses = [f"external/cwe/cwe-{number:03d}" for number in rule.cwe]
    why, _, _ = rule.help_text.partition("\n\n")
    return {
        "id": rule.id,
        "name": _pascal(rule.name)[:_MAX_NAME],
        "shortDescription": {"text": _clip(_sentence(rule.summary))},
        "fullDescription": {"text": _clip(_sentence(why or rule.summary))},
        "help": {"text": rule.help_text, "markdown": rule.help_markdown},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": _level(rule.severity)},
        "properties": {
            "security-severity": f"{rule.security_severity:.1f}",
            "precision": rule.precision,
            "tags": ["security", "jwt", rule.group, *weaknesses][:_MAX_TAGS],
            "name": rule.name,
        },
    }


def _result(finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    related = finding.related[:_MAX_RELATED]
    result: dict[str, Any] = {
        "ruleId": finding.rule_id,
        **({"ruleIndex": index[finding.rule_id]} if finding.rule_id in index else {}),
        "level": _level(finding.severity),
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": _physical(finding.location)}],
        "partialFingerprints": {
            "primaryLocationLineHash": finding.line_hash,
            "jwtaudit/v1": finding.fingerprint,
        },
        "properties": {"confidence": finding.confidence.label},
    }
    if not finding.line_hash:
        del result["partialFingerprints"]["primaryLocationLineHash"]
    if related:
        result["relatedLocations"] = [
            {"id": number, **_step(step)} for number, step in enumerate(related, 1)
        ]
    if finding.trace:
        # The sink is the step that must not be lost.
        steps = [*finding.trace[: _MAX_STEPS - 1], finding.trace[-1]]
        steps = list(finding.trace) if len(finding.trace) <= _MAX_STEPS else steps
        result["codeFlows"] = [
            {"threadFlows": [{"locations": [{"location": _step(step)} for step in steps]}]}
        ]
    if finding.fix and finding.fix.alone:  # whoever reads it carries out one of them
        result["fixes"] = [_fix(finding.fix)]
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    """The edits, file by file."""
    files: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        files.setdefault(edit.location.path, []).append(edit)
    return {
        "description": {"text": f"{_sentence(fix.title)} ({fix.safety.value} fix)"},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path),
                "replacements": [
                    {
                        "deletedRegion": _region(edit.location),
                        "insertedContent": {"text": edit.text},
                    }
                    for edit in edits
                ],
            }
            for path, edits in files.items()
        ],
    }


def _message(finding: Finding) -> str:
    """The sentence, the advice, the notes, and links to the related places.

    Viewers show a related place only if the message links to it.
    """
    parts = [_unlinked(finding.message)]
    parts += [_unlinked(text) for text in (finding.advice, *finding.notes) if text]
    links = [
        f"[{_link_text(step.message or 'related place')}]({number})"
        for number, step in enumerate(finding.related[:_MAX_LINKS], 1)
    ]
    if links:
        hidden = len(finding.related) - len(links)
        more = f" and {hidden} more" if hidden else ""
        parts.append(f"See {', '.join(links)}{more}")
    return " ".join(_sentence(part) for part in parts)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _unlinked(text: str) -> str:
    """A text in which nothing reads as a link."""
    return text.replace("](", "] (")


def _link_text(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", text)


def _step(step: Step) -> dict[str, Any]:
    physical = {"physicalLocation": _physical(step.location)}
    return {**physical, "message": {"text": step.message}} if step.message else physical


def _physical(location: Location) -> dict[str, Any]:
    region = _region(location)
    if snippet := _snippet(location):
        region["snippet"] = {"text": snippet}
    return {"artifactLocation": _artifact(location.path), "region": region}


def _region(location: Location) -> dict[str, Any]:
    return {
        "startLine": location.start_line,
        "startColumn": location.start_column,
        "endLine": location.end_line,
        "endColumn": location.end_column,
    }


def _snippet(location: Location) -> str:
    """The region's own text, redacted, as far as it is known."""
    lines = list(location.lines)
    if not lines:
        return ""
    if len(lines) == location.end_line - location.start_line + 1:
        lines[-1] = lines[-1][: max(location.end_column - 1 - location.shift, 0)]
    lines[0] = lines[0][max(location.start_column - 1 - location.shift, 0) :]
    return "\n".join(lines)


def _artifact(path: str) -> dict[str, Any]:
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        data = path.encode("utf-8", "surrogatepass")
    # A colon in the first segment would read as a scheme: quote it, as everything unusual.
    return {"uri": quote(data, safe="/"), "uriBaseId": _ROOT}


def _notifications(report: Report, *, cut: int) -> list[dict[str, Any]]:
    """What the tool has to say about its own run."""
    found = [_notification_of(diagnostic) for diagnostic in report.diagnostics]
    for reason, number in sorted(report.statistics.skipped.items()):
        if number:
            found.append(_notification("skipped", "note", f"Files skipped ({reason}): {number}."))
    if not report.statistics.matched:
        found.append(
            _notification("no-files", "warning", "No files matched: nothing was analysed.")
        )
    if report.suppressed:
        text = f"Findings suppressed in the source: {len(report.suppressed)}."
        found.append(_notification("suppressed", "note", text))
    if cut:
        text = f"Findings left out, the least severe ones, to stay within limits: {cut}."
        found.append(_notification("results-cut", "warning", text))
    limits = (
        ("related places", _MAX_RELATED, [len(item.related) for item in report.findings]),
        ("steps of a trace", _MAX_STEPS, [len(item.trace) for item in report.findings]),
    )
    for what, limit, lengths in limits:
        if cut_short := sum(length > limit for length in lengths):
            text = f"Findings with more than {limit} {what}, the rest left out: {cut_short}."
            found.append(_notification("locations-cut", "note", text))
    return found


def _notification(kind: str, level: str, text: str) -> dict[str, Any]:
    return {
        "descriptor": {"id": printable(kind)},
        "level": level,
        "message": {"text": printable(text)},
    }


def _notification_of(diagnostic: Diagnostic) -> dict[str, Any]:
    level = "error" if diagnostic.error else "warning"
    notification = _notification(diagnostic.kind, level, _sentence(diagnostic.message))
    if diagnostic.path:
        physical: dict[str, Any] = {"artifactLocation": _artifact(diagnostic.path)}
        if diagnostic.line is not None:
            physical["region"] = {"startLine": diagnostic.line}
        notification["locations"] = [{"physicalLocation": physical}]
    return notification


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _clip(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
