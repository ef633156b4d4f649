"""Which repairs are offered as fixes, and carrying them out: each is scanned before.

A fix is offered when, made in memory, the file parses, its finding is gone, no other finding has
come, and the text reads back as it was put together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jwtaudit import frontends
from jwtaudit.engine.habits import Habits
from jwtaudit.engine.secrets import key_variables
from jwtaudit.engine.trials import Trials, is_damaged
from jwtaudit.finding import Edit as ShownEdit
from jwtaudit.finding import Fix, Report, Safety
from jwtaudit.fixes.apply import choose, splice
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
        self.trials = Trials(run, findings, self.source)
        self.edits: dict[int, tuple[Edit, ...]] = {}
        self.repairs: dict[int, Repair] = {}
        self.found: list[Finding] = []
        self.alone: set[int] = set()
        self._sources: dict[str, Source | None] = {}

    def findings(self) -> list[Finding]:
        """All findings, those that can be fixed with their fixes."""
        repairs = self._repairs()
        while repairs:
            candidates = self._candidates(repairs)
            good = self.trials.right(candidates)
            self.edits.update((index, candidates[index]) for index in candidates if index in good)
            repairs = {
                index: repair.otherwise
                for index, repair in repairs.items()
                if index not in good and repair.otherwise is not None
            }
        if self.run.options.singly:
            self.alone = self.trials.alone(self.edits)
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
        if source is None or language is None or is_damaged(self.run, path):
            return None
        if language == "markup":
            found = markup.scripts(path, source.text)
            return (replace(source, text=found.text), "javascript") if found else None
        return source, language

    def source(self, path: str) -> Source | None:
        """A file of the run, also one that no front end has seen."""
        found = self.run.files.source(path)
        if found is None and path not in self._sources:
            data = self.run.files.content(path)
            try:
                self._sources[path] = frontends.read(path, data) if data else None
            except frontends.Unparsable:
                self._sources[path] = None
        return found or self._sources[path]

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
        changed = fixer.trials.carried_out(batch, edits)
        if not isinstance(changed, frozenset):
            return batch, changed
        batch = fixer.trials.fewer(batch, edits, changed)  # good alone, and not together
    return None
