"""One line per finding, for editors, grep and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.output.text import emit, summary
from jwtaudit.redact import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from jwtaudit.finding import Diagnostic, Report
    from jwtaudit.output import Options, Rule


def write(report: Report, rules: Sequence[Rule], stream: TextIO, options: Options) -> None:
    """Print ``path:line:col: JWT201 [critical] message``."""
    del rules
    for finding in report.findings:
        at = finding.location
        place = f"{printable(at.path)}:{at.start_line}:{at.start_column}"
        emit(stream, f"{place}: {finding.rule_id} [{finding.severity.label}] {finding.message}")
    for diagnostic in report.diagnostics:
        emit(stream, diagnostic_line(diagnostic))
    if options.verbosity >= 0:
        for line in summary(report):
            emit(stream, line)


def diagnostic_line(diagnostic: Diagnostic) -> str:
    """``path:line: error[kind]: message``."""
    line = "" if diagnostic.line is None else f":{diagnostic.line}"
    place = f"{printable(diagnostic.path)}{line}: " if diagnostic.path else ""
    level = "error" if diagnostic.error else "warning"
    return f"{place}{level}[{printable(diagnostic.kind)}]: {printable(diagnostic.message)}"
