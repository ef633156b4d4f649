"""Workflow commands, which GitHub shows as annotations of the changed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.finding import Severity
from jwtaudit.output.text import emit, summary
from jwtaudit.redact import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from jwtaudit.finding import Report
    from jwtaudit.output import Options, Rule


def write(report: Report, rules: Sequence[Rule], stream: TextIO, options: Options) -> None:
    """Print ``::error file=...::message`` and its kin."""
    del rules
    for finding in report.findings:
        at = finding.location
        command = _command(
            _level(finding.severity),
            "\n".join(filter(None, (finding.message, finding.advice))),
            file=at.path,
            line=at.start_line,
            col=at.start_column,
            endLine=at.end_line,
            endColumn=at.end_column,
            title=f"{finding.rule_id} {finding.rule_name}",
        )
        emit(stream, command)
    for diagnostic in report.diagnostics:
        command = _command(
            "error" if diagnostic.error else "warning",
            diagnostic.message,
            file=diagnostic.path or None,
            line=diagnostic.line,
            title=f"jwtaudit: {diagnostic.kind}",
        )
        emit(stream, command)
    if options.verbosity >= 0:
        for line in summary(report):
            emit(stream, line)


def _level(severity: Severity) -> str:
    if severity >= Severity.HIGH:
        return "error"
    return "warning" if severity == Severity.MEDIUM else "notice"


def _command(command: str, message: str, **properties: str | int | None) -> str:
    given = ",".join(
        f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None
    )
    lines = map(printable, message.split("\n"))
    return f"::{command} {given}::" + "%0A".join(map(_data, lines))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
