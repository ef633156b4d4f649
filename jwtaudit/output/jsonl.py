"""The report as one JSON object per line, each with its ``type``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jwtaudit.output.json import diagnostic_object, finding_object, header, statistics_object

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from jwtaudit.finding import Report
    from jwtaudit.output import Options, Rule

EDITS = True


def write(report: Report, rules: Sequence[Rule], stream: TextIO, options: Options) -> None:
    """Print the run, its findings, suppressed and fixed findings, diagnostics and counts."""
    del rules, options
    objects = [
        {"type": "run", **header()},
        *({"type": "finding", **finding_object(finding)} for finding in report.findings),
        *({"type": "suppressed", **finding_object(finding)} for finding in report.suppressed),
        *({"type": "fixed", **finding_object(finding)} for finding in report.fixed),
        *({"type": "diagnostic", **diagnostic_object(item)} for item in report.diagnostics),
        {"type": "statistics", **statistics_object(report.statistics)},
    ]
    stream.writelines(json.dumps(value) + "\n" for value in objects)
