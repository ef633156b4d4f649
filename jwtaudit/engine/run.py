"""One scan: select -> extract -> join -> check -> suppress -> redact -> sort."""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from jwtaudit import discovery, frontends, models
from jwtaudit.engine.documents import in_documents
from jwtaudit.engine.extraction import Extraction
from jwtaudit.engine.files import Files
from jwtaudit.engine.judging import Judging
from jwtaudit.engine.loading import Loader
from jwtaudit.engine.mattering import PROGRAMS, Mattering
from jwtaudit.engine.options import Options, active_rules
from jwtaudit.engine.suppressing import Suppressor
from jwtaudit.finding import Diagnostic, Report, Statistics
from jwtaudit.frontends.triage import Vocabulary
from jwtaudit.source import BLOCK, file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jwtaudit.catalog import Rule
    from jwtaudit.engine.fixing import Fixer
    from jwtaudit.facts import Facts
    from jwtaudit.finding import Draft, Finding
    from jwtaudit.fixes.names import SecretNames
    from jwtaudit.program import Project
    from jwtaudit.source import Place

    Progress = Callable[[str, int, int], None]

_LITTLE = 256 * 1024
"""Bytes that matter up to which fixes are looked for unasked: that takes a second evaluation."""


class Run:
    """One scan; or, ``changed``, the same with other contents of some files."""

    def __init__(self, options: Options, progress: Progress) -> None:
        self.options = options
        self.progress = progress
        self.models = models.load(options.library_models)
        self.matters = Mattering(self.models, PROGRAMS)
        self.files = Files(options)
        self.facts: dict[str, Facts] = {}
        self.importing: frozenset[str] = frozenset()
        self.too_long: frozenset[str] = frozenset()
        self.scanned: list[Diagnostic] = []
        self.drafts: list[tuple[Draft, Rule]] = []
        self.secrets: set[Place] = set()
        self.held_back = False
        self.project: Project | None = None
        self.fixer: Fixer | None = None
        self.secret_names: SecretNames | None = None  # one for all passes
        self.extraction = Extraction(
            options.jobs or _processors(),
            options.limits,
            {language: Vocabulary(*self.models.words(language)) for language in PROGRAMS},
        )
        self.loader = Loader(self.files, self.extraction, self.models)

    def report(self) -> Report:
        """Scan, and let go of what that took."""
        try:
            self.extract()
            report = self.outcome()
        except BaseException:
            self.extraction.close(at_once=True)
            raise
        self.extraction.close()
        return report

    def extract(self) -> None:
        """Read and parse what matters."""
        self._select()
        self._extract()

    def outcome(self) -> Report:
        """Judge, and say so."""
        findings = self._findings() if self.facts else []
        matched = len(self.files.tree.files)
        return Report(
            findings=tuple(f for f in findings if f.suppression is None),
            suppressed=tuple(f for f in findings if f.suppression is not None),
            diagnostics=tuple(sorted(self.files.diagnostics, key=_diagnostic_order)),
            statistics=Statistics(
                matched=matched,
                analysed=matched - len(self.files.unanalysed),
                parsed=len({file_of(path) for path in (*self.facts, *self.loader.loaded)}),
                skipped=dict(sorted(self.files.skipped.items())),
                fixes=self.fixer is not None,
            ),
        )

    def changed(self, contents: Mapping[str, bytes]) -> Run | frozenset[str]:
        """The run in which some files hold something else, or those that cannot be parsed."""
        other = copy.copy(self)
        other.files = self.files.changed(contents, self.scanned)
        other.loader = self.loader.changed(other.files, contents)
        other.facts = dict(self.facts)
        other.drafts, other.secrets, other.fixer = [], set(), None
        failed = set()
        for path, data in contents.items():
            outcome = self.extraction.whole(path, data)
            if isinstance(outcome, Diagnostic):
                failed.add(path)
            elif path in other.facts or self.matters(path, data):
                other.facts[path] = outcome
        other.facts = dict(sorted(other.facts.items()))
        return frozenset(failed) or other

    # -- select ----------------------------------------------------------------------------------

    def _select(self) -> None:
        """Read every file; what can matter goes on to a front end."""
        total = len(self.files.tree.files)
        for number, path in enumerate(self.files.tree.files):
            self.progress("reading", number, total)
            data = self.files.read(path)
            if data is None or not self.matters(path, data):
                continue
            if frontends.language_of(path) == "document":
                self._select_blocks(path, data)
                continue
            if discovery.is_binary(data):
                self.files.skip(path, discovery.BINARY)
                continue
            if frontends.language_of(path) == "javascript" and discovery.is_generated(path, data):
                self.files.skip(path, discovery.GENERATED)
                continue
            self.files.data[path] = data
            self.extraction.add(path, data, wholly=self.matters.needles(path).disguised(data))

    def _select_blocks(self, path: str, data: bytes) -> None:
        """The code in a document; each block is a program of its own."""
        from jwtaudit.frontends.documents import blocks  # noqa: PLC0415 - only when asked

        try:
            text = frontends.read(path, data).text
        except frontends.Unparsable as error:
            self.files.cannot(Diagnostic(path, "unparsable", error.message, error.line))
            return
        for block in blocks(path, text):
            code = frontends.read(block, data).text.encode("utf-8", "replace")
            if self.matters.needles(block).match(code):
                self.files.data[block] = data
                self.extraction.add(block, data, wholly=True)

    # -- extract ---------------------------------------------------------------------------------

    def _extract(self) -> None:
        total = len(self.files.data)
        facts = {}
        for number, (path, outcome) in enumerate(self.extraction.results()):
            self.progress("parsing", number, total)
            if isinstance(outcome, Diagnostic):
                self.files.cannot(outcome)
            elif outcome.relevant:
                facts[path] = outcome
                if outcome.damaged and BLOCK not in path:
                    message = "cannot be understood in part; the rest was analysed"
                    line = outcome.damaged
                    self.files.diagnostics.append(
                        Diagnostic(path, "partial", message, line, error=False)
                    )
        mattering = frozenset(facts)
        if facts:
            self.loader.add_importers(facts)
        self.importing = frozenset(facts) - mattering
        self.facts = dict(sorted(facts.items()))
        self.scanned = list(self.files.diagnostics)

    # -- join and check --------------------------------------------------------------------------

    def _findings(self) -> list[Finding]:
        from jwtaudit.redact import Redactor  # noqa: PLC0415 - a clean tree ends before

        drafts = self.judge()
        if self.held_back:
            return []
        redactor = Redactor(
            self.files.source,
            {*self.secrets, *(place for draft, _ in drafts for place in draft.secrets)},
            show_secrets=self.options.show_secrets,
        )
        self.redactor = redactor
        suppress = Suppressor(self, active_rules(self.options), redactor)
        findings: list[tuple[Finding, Draft, Rule]] = []
        for draft, rule in drafts:
            # Fingerprints count equal findings, so that every draft has to become one.
            finding = redactor.finding(draft, rule)
            suppression = suppress.match(draft, rule)
            if draft.confidence >= self.options.min_confidence:
                findings.append((replace(finding, suppression=suppression), draft, rule))
        self.files.diagnostics += suppress.diagnostics()
        return self._with_fixes(findings)

    def _with_fixes(self, findings: list[tuple[Finding, Draft, Rule]]) -> list[Finding]:
        """The findings with their fixes, where those are asked for or cost little."""
        if self.options.fixes or sum(map(len, self.files.data.values())) <= _LITTLE:
            from jwtaudit.engine.fixing import Fixer  # noqa: PLC0415

            self.fixer = Fixer(self, self.redactor, findings)
            return self.fixer.findings()
        return [finding for finding, _, _ in findings]

    def judge(self) -> list[tuple[Draft, Rule]]:
        """What the checks say, by position."""
        rules = {rule.name: rule for rule in active_rules(self.options)}
        drafts = [(draft, rules[draft.rule]) for draft in in_documents(Judging(self).drafts(rules))]
        drafts.sort(key=lambda pair: (pair[0].place, pair[1].id, pair[0].anchor, pair[0].message))
        self.drafts = drafts
        return drafts


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _diagnostic_order(diagnostic: Diagnostic) -> tuple[str, int, str, str]:
    return diagnostic.path, diagnostic.line or 0, diagnostic.kind, diagnostic.message
