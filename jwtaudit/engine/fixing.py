"""Which repairs are offered as fixes, and carrying them out: each is scanned before.

A fix is offered when, made in memory, the file parses, its finding is gone, no other finding has
come, and the text reads back as it was put together. To be cheap, all fixes that do not touch one
another are tried in one evaluation; only when that fails are they tried in halves.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jwtaudit import frontends
from jwtaudit.engine.habits import Habits
from jwtaudit.engine.secrets import key_variables
from jwtaudit.finding import Edit as ShownEdit
from jwtaudit.finding import Fix, Report, Safety
from jwtaudit.fixes.apply import choose, splice, splice_bytes
from jwtaudit.fixes.diff import unified
from jwtaudit.fixes.edits import edits_of
from jwtaudit.fixes.names import SecretNames
from jwtaudit.frontends import markup
from jwtaudit.source import BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from jwtaudit.catalog import Rule
    from jwtaudit.engine.run import Run
    from jwtaudit.finding import Draft, Finding
    from jwtaudit.fixes.edits import Edit
    from jwtaudit.redact import Redactor
    from jwtaudit.repair import Repair
    from jwtaudit.source import Source

_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script", re.DOTALL | re.IGNORECASE)
_PASSES = 10
_TRIALS = 200
"""The most evaluations that are spent on one pass."""
_UNASKED = 400
"""The most files that are evaluated again for fixes that nobody asked for, all trials together."""
_FEW = 3


@dataclass(slots=True)
class Change:
    """What becomes of one file.

    Attributes:
        before: the bytes as read, and ``after`` what shall be written.
        shown: the two texts without secrets.
    """

    path: str
    before: bytes
    after: bytes
    shown: tuple[str, str]


@dataclass(slots=True)
class Fixing:
    """The outcome of fixing in memory.

    Attributes:
        report: what is found when all changes are made.
        applied: the findings that are gone, with their fixes.
        changes: what to write.
        groups: the same by what belongs together: one fix may touch several files.
        root: the directory that paths are relative to.
    """

    report: Report
    applied: tuple[Finding, ...]
    changes: tuple[Change, ...]
    groups: tuple[tuple[Change, ...], ...]
    root: str


class Fixer:
    """Finds the fixes of a run's findings."""

    def __init__(
        self, run: Run, redactor: Redactor, findings: Sequence[tuple[Finding, Draft, Rule]]
    ) -> None:
        """Take a run that has judged."""
        self.run = run
        self.reported = findings
        self.redactor = redactor
        if run.secret_names is None:
            variables = key_variables(run.project) if run.project else ({}, set())
            run.secret_names = SecretNames(*variables, run.files.tree.files)
        self.names = run.secret_names
        self.habits = Habits(run, self.source)
        self.trials = 0
        self.most = (
            _TRIALS
            if run.options.fixes
            else min(_TRIALS, max(_FEW, _UNASKED // max(1, len(run.facts))))
        )
        self.before = Counter(_identity(draft, rule) for draft, rule in run.drafts)
        self.edits: dict[int, tuple[Edit, ...]] = {}
        self.repairs: dict[int, Repair] = {}
        self.found: list[Finding] = []
        self.alone: set[int] = set()
        self._sources: dict[str, Source | None] = {}
        self._good_run: tuple[tuple[frozenset[int], frozenset[Edit]], Run] | None = None

    def findings(self) -> list[Finding]:
        """All findings, those that can be fixed with their fixes."""
        repairs = self._repairs()
        while repairs:
            good = self._verified(self._candidates(repairs))
            self.edits.update(good)
            repairs = {
                index: repair.otherwise
                for index, repair in repairs.items()
                if index not in good and repair.otherwise is not None
            }
        if self.run.options.singly:
            self._try_singly()
        self.found = [
            replace(finding, fix=self._fix(index, rule)) if index in self.edits else finding
            for index, (finding, _, rule) in enumerate(self.reported)
        ]
        return self.found

    # -- candidates --------------------------------------------------------------------------------

    def _repairs(self) -> dict[int, Repair]:
        """The findings that may be fixed."""
        return {
            index: draft.repair
            for index, (finding, draft, rule) in enumerate(self.reported)
            if draft.repair and rule.fix != "none" and finding.suppression is None
        }

    def _candidates(self, repairs: Mapping[int, Repair]) -> dict[int, tuple[Edit, ...]]:
        """The findings with edits, the most severe first."""
        found: dict[int, tuple[Edit, ...]] = {}
        self.names.learn(repairs.values(), self._file)
        for index, unnamed in repairs.items():
            repair = self.habits.through_settings(self.names.named(unnamed, self._file))
            edits = edits_of(repair, self._file, self.habits.lookups)
            if edits and all(map(self._is_allowed, edits)):
                found[index] = edits
                self.repairs[index] = repair
        rank = sorted(found, key=lambda i: (-self.reported[i][0].severity, i))
        return {index: found[index] for index in rank}

    def _is_allowed(self, edit: Edit) -> bool:
        """Whether an edit writes nothing secret, into no document, and no quotes into a tag."""
        if self.redactor.text(edit.text) != _plain(edit.text):
            return False
        if BLOCK in edit.place.path:
            return False
        if frontends.language_of(edit.place.path) != "markup":
            return True
        source = self.source(edit.place.path)
        start, end = edit.place.span
        spans = (m.span(1) for m in _SCRIPT.finditer(source.text)) if source else ()
        return any(first <= start and end <= last for first, last in spans)

    def _file(self, path: str) -> tuple[Source, str] | None:
        source = self.source(path)
        language = frontends.language_of(path)
        if source is None or language is None or self._is_damaged(self.run, path):
            return None
        if language == "markup":
            found = markup.scripts(path, source.text)
            return (replace(source, text=found.text), "javascript") if found else None
        return source, language

    @staticmethod
    def _is_damaged(run: Run, path: str) -> bool:
        """Whether a file was read in spite of errors."""
        facts = run.facts.get(path) or run.loader.loaded.get(path)
        return facts is not None and facts.damaged > 0

    def source(self, path: str) -> Source | None:
        """A file of the run, also one that no front end has seen."""
        found = self.run.files.source(path)
        if found is None and path not in self._sources:
            data = self.run.files.contents.get(path) or self.run.files.read(path)
            try:
                self._sources[path] = frontends.read(path, data) if data else None
            except frontends.Unparsable:
                self._sources[path] = None
        return found or self._sources[path]

    # -- verification ------------------------------------------------------------------------------

    def _verified(self, candidates: dict[int, tuple[Edit, ...]]) -> dict[int, tuple[Edit, ...]]:
        """Those that stand the test; fixes that touch one another are tried one after another."""
        good: dict[int, tuple[Edit, ...]] = {}
        waiting = list(candidates)
        while waiting:
            batch = [waiting[i] for i in choose([candidates[index] for index in waiting])]
            waiting = [index for index in waiting if index not in batch]
            for index in self._good(batch, candidates):
                good[index] = candidates[index]
        return good

    def _good(self, batch: list[int], candidates: Mapping[int, tuple[Edit, ...]]) -> list[int]:
        if not batch or self.trials >= self.most:
            return []
        if self.try_out(batch, candidates) is not None:
            self.alone.update(batch if len(batch) == 1 else ())
            return batch
        if len(batch) == 1:
            return []
        half = len(batch) // 2
        return [*self._good(batch[:half], candidates), *self._good(batch[half:], candidates)]

    def _try_singly(self) -> None:
        """Try each fix without the others, with which it was found right."""
        whole, most = self._good_run, self.trials + self.most
        for index in self.edits:
            if index not in self.alone and self.trials < most:
                self.alone.update(() if self.try_out([index], self.edits) is None else (index,))
        self._good_run = whole

    def try_out(
        self, batch: Iterable[int], candidates: Mapping[int, tuple[Edit, ...]]
    ) -> Run | None:
        """The run with these fixes made; None where they are not right."""
        batch = list(batch)
        edits = frozenset(edit for index in batch for edit in candidates[index])
        tried = frozenset(batch), edits
        if self._good_run is not None and self._good_run[0] == tried:
            return self._good_run[1]  # what all fixes make is what is then written
        self.trials += 1
        contents = self._contents(edits)
        changed = self.run.changed(contents) if contents is not None else None
        if changed is None:
            return None
        fixed = Counter(_identity(*self.reported[index][1:]) for index in batch)
        after = Counter(_identity(draft, rule) for draft, rule in changed.judge())
        failed = any(
            diagnostic.error for diagnostic in changed.files.diagnostics[len(self.run.scanned) :]
        )
        failed = failed or any(self._is_damaged(changed, path) for path in contents or ())
        if failed or any(n > self.before[key] - fixed[key] for key, n in after.items()):
            return None
        self._good_run = tried, changed
        return changed

    def _contents(self, edits: Iterable[Edit]) -> dict[str, bytes] | None:
        """What the edited files hold then; None where it would not be read back as meant."""
        by_file: dict[str, list[Edit]] = {}
        for edit in edits:
            by_file.setdefault(edit.place.path, []).append(edit)
        contents = {}
        for path, found in by_file.items():
            source = self.source(path)
            data = splice_bytes(source, found) if source else None
            if source is None or data is None:
                return None
            try:
                read = frontends.read(path, data)
                if frontends.language_of(path) == "python":
                    ast.parse(data)  # what the front end takes need not be what runs
            except (frontends.Unparsable, SyntaxError, ValueError, RecursionError, MemoryError):
                return None
            if read.text != splice(source.text, found):
                return None
            contents[path] = data
        return contents

    # -- showing -----------------------------------------------------------------------------------

    def _fix(self, index: int, rule: Rule) -> Fix:
        edits = self.edits[index]
        return Fix(
            self.redactor.text(self.repairs[index].title),
            Safety.SAFE if self.repairs[index].safe else Safety(rule.fix),
            tuple(ShownEdit(self.redactor.location(e.place), e.text) for e in edits),
            tuple(self._diff(edits)),
            alone=index in self.alone,
        )

    def _diff(self, edits: tuple[Edit, ...]) -> Iterator[str]:
        for path in sorted({edit.place.path for edit in edits}):
            source = self.source(path)
            if source is not None:
                shown = self.redactor.shown(source)
                after = splice(shown, (edit for edit in edits if edit.place.path == path))
                yield from unified(path, shown, after, context=1)


def _identity(draft: Draft, rule: Rule) -> tuple[str, str, str]:
    return rule.id, draft.place.path, draft.anchor


def _plain(text: str) -> str:
    from jwtaudit.redact import printable  # noqa: PLC0415

    return printable(text)


# -- passes ----------------------------------------------------------------------------------------


def fix_all(run: Run, wanted: Callable[[Finding], bool]) -> Fixing:
    """Fix what can be fixed and is wanted, pass by pass; nothing is written."""
    try:
        fixing = _passes(run, wanted)
    except BaseException:
        run.extraction.close(at_once=True)
        raise
    run.extraction.close()
    return fixing


def _passes(run: Run, wanted: Callable[[Finding], bool]) -> Fixing:
    run.extract()
    report = run.outcome()
    applied: list[Finding] = []
    before: dict[str, bytes] = {}
    together: list[set[str]] = []
    shown: dict[str, tuple[str, str]] = {}
    for _ in range(_PASSES):
        fixer = run.fixer
        found = _one_pass(fixer, wanted) if fixer else None
        if fixer is None or found is None:
            break
        batch, changed = found
        applied += [fixer.found[index] for index in sorted(batch)]
        made = {edit for index in batch for edit in fixer.edits[index]}
        together += [{edit.place.path for edit in fixer.edits[index]} for index in batch]
        for path in {edit.place.path for edit in made}:
            source = fixer.source(path)
            assert source is not None
            before.setdefault(path, source.data)
            masked = fixer.redactor.shown(source)
            old, new = shown.get(path, (masked, masked))
            shown[path] = old, splice(new, (edit for edit in made if edit.place.path == path))
        run = changed
        report = run.outcome()
    changes = {
        path: Change(path, before[path], run.files.contents[path], shown[path])
        for path in sorted(before)
    }
    report = replace(report, fixed=tuple(applied))
    return Fixing(
        report,
        tuple(applied),
        tuple(changes.values()),
        tuple(tuple(changes[path] for path in group) for group in _joined(together)),
        run.files.tree.root,
    )


def _joined(sets: Iterable[set[str]]) -> list[list[str]]:
    """Sets that have something in common made one."""
    found: list[set[str]] = []
    for paths in sets:
        apart = [other for other in found if not paths & other]
        found = [*apart, paths.union(*(other for other in found if paths & other))]
    return sorted(map(sorted, found))


def _one_pass(fixer: Fixer, wanted: Callable[[Finding], bool]) -> tuple[list[int], Run] | None:
    """The fixes of one pass, and the run in which they are made."""
    edits = fixer.edits
    ranked = sorted(
        (index for index in edits if wanted(fixer.found[index])),
        key=lambda index: (-fixer.found[index].severity, index),
    )
    batch = [ranked[i] for i in choose([edits[index] for index in ranked])]
    while batch:
        changed = fixer.try_out(batch, edits)
        if changed is not None:
            return batch, changed
        batch = batch[: len(batch) // 2]  # good alone, and not together
    return None
