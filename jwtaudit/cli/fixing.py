"""`--fix` and `--diff`: carrying out fixes, or showing what they would do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jwtaudit.finding import Diagnostic, Safety
from jwtaudit.fixes.diff import unified
from jwtaudit.fixes.writing import NotWrittenError, Replacement, replace_together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from jwtaudit.engine.fixing import Change, Fixing
    from jwtaudit.finding import Finding, Report


def is_wanted(finding: Finding, *, unsafe: bool) -> bool:
    """Whether a finding's fix shall be carried out."""
    return finding.fix is not None and (unsafe or finding.fix.safety is Safety.SAFE)


def write_changes(fixing: Fixing) -> list[Diagnostic]:
    """Write what has changed; what cannot be written is said, and the rest goes on."""
    return [failure for group in fixing.groups for failure in _failures(fixing.root, group)]


def _failures(root: str, group: Sequence[Change]) -> Iterator[Diagnostic]:
    """Write what belongs together; where one file cannot be written, what becomes of each."""
    paths = {Path(root, change.path): change.path for change in group}
    try:
        replace_together([Replacement(Path(root, c.path), c.before, c.after) for c in group])
    except NotWrittenError as error:
        culprit = paths[error.path or Path()]
        for path, name in paths.items():
            if path == error.path:
                why = f"not fixed: {error}"
            elif path in error.left:
                why = f"fixed, although {culprit} could not be, and cannot be put back"
            else:
                why = f"not fixed: the same fix changes {culprit}, which failed"
            yield Diagnostic(name, "not-fixed", why)


def with_diagnostics(report: Report, more: list[Diagnostic]) -> Report:
    """The report with what could not be written."""
    return replace(report, diagnostics=(*report.diagnostics, *more))


def write_diff(fixing: Fixing, stream: TextIO) -> None:
    """Print a unified diff of all changes, without secrets."""
    for change in fixing.changes:
        stream.writelines(line + "\n" for line in unified(change.path, *change.shown))


def failures(report: Report) -> Iterator[str]:
    """What a diff does not show: the files that were not read."""
    for diagnostic in report.diagnostics:
        if diagnostic.error:
            line = f":{diagnostic.line}" if diagnostic.line else ""
            place = f"{diagnostic.path}{line}: " if diagnostic.path else ""
            yield f"error[{diagnostic.kind}] {place}{diagnostic.message}"
