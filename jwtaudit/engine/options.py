"""What to scan and how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jwtaudit.discovery import Filters, Glob
from jwtaudit.engine.limits import Limits
from jwtaudit.finding import Confidence, Severity
from jwtaudit.program.options import RuleOptions

if TYPE_CHECKING:
    from pathlib import Path

    from jwtaudit.catalog import Rule


@dataclass(frozen=True, slots=True)
class Options:
    """What to scan and how.

    Attributes:
        paths: files and directories.
        directory: where relative paths start; by default the current directory.
        stdin: a file's name and content, in place of ``paths``.
        select: selectors of rules; none stands for all that are on by default.
        per_file_ignores: pattern -> selectors of rules that say nothing there.
        library_models: a project's own library models.
        jobs: the most worker processes; 0 stands for one per processor.
        show_secrets: leave secrets in the clear; for a terminal only.
        fixes: look for fixes whatever it costs; else only where it costs little.
        singly: try each fix also by itself, for who carries out one of them.
        include_docs: look also at the code that documents show.
    """

    paths: tuple[str, ...] = (".",)
    directory: str = ""
    stdin: tuple[str, bytes] | None = None
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[Glob, tuple[str, ...]], ...] = ()
    min_severity: Severity = Severity.INFO
    min_confidence: Confidence = Confidence.LOW
    filters: Filters = field(default_factory=Filters)
    rules: RuleOptions = field(default_factory=RuleOptions)
    library_models: tuple[Path, ...] = ()
    jobs: int = 0
    limits: Limits = field(default_factory=Limits)
    show_secrets: bool = False
    fixes: bool = False
    singly: bool = False
    include_docs: bool = False


def active_rules(options: Options) -> tuple[Rule, ...]:
    """The rules that run.

    Raises:
        jwtaudit.catalog.SelectorError: a selector names no rule.
    """
    from jwtaudit import catalog  # noqa: PLC0415 - reads all pages

    known = catalog.load()
    ids = {rule.id for rule in known.rules if rule.default}
    if options.select:
        ids = set(known.select(options.select))
    ids |= known.select(options.extend_select)
    ids -= known.select(options.ignore)
    return tuple(
        rule for rule in known.rules if rule.id in ids and rule.severity >= options.min_severity
    )
