"""`--fix` and `--diff`: carrying out fixes, or showing what they would do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jwtaudit.finding import Diagnostic, Safety
from jwtaudit.fixes.diff import unified
from jwtaudit.fixes.writing import NotWrittenError, replace_content

if TYPE_CHECKING:
    from typing import TextIO

    from jwtaudit.engine.fixing import Change, Fixing
    from jwtaudit.finding import Finding, Report


def is_wanted(finding: Finding, *, unsafe: bool) -> bool:
    """Whether a finding's fix shall be carried out."""
    return finding.fix is not None and (unsafe or finding.fix.safety is Safety.SAFE)


def write_changes(fixing: Fixing) -> list[Diagnostic]:
    """Write what has changed; what cannot be written is said, and the rest goes on."""
    failed = ((change.path, _failure(fixing.root, change)) for change in fixing.changes)
    return [Diagnostic(path, "not-fixed", f"not fixed: {why}") for path, why in failed if why]


def _failure(root: str, change: Change) -> str:
    """Write one file; empty, or why it could not be written."""
    try:
        replace_content(Path(root, change.path), change.before, change.after)
    except NotWrittenError as error:
        return str(error)
    return ""


def with_diagnostics(report: Report, more: list[Diagnostic]) -> Report:
    """The report with what could not be written."""
    return replace(report, diagnostics=(*report.diagnostics, *more))


def write_diff(fixing: Fixing, stream: TextIO) -> None:
    """Print a unified diff of all changes, without secrets."""
    for change in fixing.changes:
        stream.writelines(line + "\n" for line in unified(change.path, *change.shown))
