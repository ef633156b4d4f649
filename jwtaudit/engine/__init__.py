"""The engine: select -> extract -> join -> check -> suppress -> redact -> sort.

Whatever happens to one file or one check costs that file or check, and is said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.engine.files import scanned_part
from jwtaudit.engine.limits import Limits
from jwtaudit.engine.options import Options, active_rules
from jwtaudit.engine.run import Run
from jwtaudit.engine.suppressing import per_file_ignores
from jwtaudit.program.context import scanning

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwtaudit.engine.fixing import Fixing
    from jwtaudit.engine.run import Progress
    from jwtaudit.finding import Finding, Report

__all__ = ["Limits", "Options", "active_rules", "fix", "run"]


def run(options: Options, progress: Progress | None = None) -> Report:
    """Scan.

    Args:
        options: what and how.
        progress: is told the stage, how much of it is done, and how much there is.

    Raises:
        jwtaudit.discovery.NoSuchPathError: a path does not exist.
        jwtaudit.catalog.SelectorError: a selector names no rule.
        jwtaudit.models.ModelError: a project's own library model is wrong.
    """
    if options.select or options.extend_select or options.ignore or options.per_file_ignores:
        per_file_ignores(options)
        active_rules(options)  # a wrong selector is an error also where nothing is to be done
    with scanning(scanned_part(options)):
        return Run(options, progress or (lambda *_: None)).report()


def fix(
    options: Options, wanted: Callable[[Finding], bool], progress: Progress | None = None
) -> Fixing:
    """Scan, and carry out in memory what can be fixed: pass by pass, until nothing changes.

    Args:
        options: what and how.
        wanted: which of the findings that have a fix shall be fixed.
        progress: as for ``run``.

    Raises:
        as ``run``.
    """
    from jwtaudit.engine.fixing import fix_all  # noqa: PLC0415

    per_file_ignores(options)
    active_rules(options)
    with scanning(scanned_part(options)):
        return fix_all(Run(replace(options, fixes=True), progress or (lambda *_: None)), wanted)
