"""What comments and the configuration say shall not be reported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit.discovery import Globs
from jwtaudit.finding import Diagnostic, Suppression
from jwtaudit.source import file_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jwtaudit.catalog import Rule
    from jwtaudit.engine.options import Options
    from jwtaudit.engine.run import Run
    from jwtaudit.finding import Draft
    from jwtaudit.redact import Redactor
    from jwtaudit.suppress import Suppressions


class Suppressor:
    """Comments and per-file-ignores of a run."""

    def __init__(self, run: Run, rules: Iterable[Rule], redactor: Redactor) -> None:
        from jwtaudit import catalog  # noqa: PLC0415
        from jwtaudit.suppress import Suppressions  # noqa: PLC0415

        known = {key: rule.id for rule in catalog.load().rules for key in (rule.id, rule.name)}
        active = {rule.id for rule in rules}
        self._root = run.files.tree.root.rstrip("/") + "/"
        self._redactor = redactor
        self._globs = per_file_ignores(run.options)
        self._files: dict[str, list[Suppressions]] = {}
        for path, facts in sorted({**run.facts, **run.loader.loaded}.items()):
            if facts.comments and (source := run.files.source(path)):
                self._files.setdefault(file_of(path), []).append(
                    Suppressions(facts, source, known, active)
                )

    def match(self, draft: Draft, rule: Rule) -> Suppression | None:
        """What keeps a finding back; None where it is to be reported."""
        path, span = draft.place
        for suppressions in self._files.get(path, ()):
            if found := suppressions.match(rule.id, span):
                return replace(found, reason=self._redactor.text(found.reason))
        for globs, ids, pattern in self._globs:
            if rule.id in ids and globs.cover(self._root + path):
                reason = self._redactor.text(f"per-file-ignores {pattern!r}")
                return Suppression(0, reason, kind="configuration")
        return None

    def diagnostics(self) -> list[Diagnostic]:
        """What is wrong with the comments: unknown rules, and those that keep nothing back."""
        return [
            replace(found, path=file_of(found.path))
            for file in self._files.values()
            for suppressions in file
            for found in suppressions.diagnostics()
        ]


def per_file_ignores(options: Options) -> list[tuple[Globs, frozenset[str], str]]:
    """The files, the ids of the rules that say nothing there, and the pattern as it is written.

    Raises:
        jwtaudit.catalog.SelectorError: a selector names no rule.
    """
    if not options.per_file_ignores:
        return []
    from jwtaudit import catalog  # noqa: PLC0415

    known = catalog.load()
    return [
        (Globs([glob]), known.select(selectors), glob.pattern)
        for glob, selectors in options.per_file_ignores
    ]
