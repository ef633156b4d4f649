"""The engine: select -> extract -> join -> check -> suppress -> redact -> sort.

Whatever happens to one file or one check costs that file or check, and is said.
"""

from __future__ import annotations

import copy
import os
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jwtaudit import discovery, frontends, models
from jwtaudit.discovery import Filters, Glob, Globs, Tree
from jwtaudit.engine.budget import Budget, TimeUpError, bounded
from jwtaudit.engine.documents import in_document, in_documents
from jwtaudit.engine.extraction import Extraction
from jwtaudit.engine.limits import Limits
from jwtaudit.engine.mattering import Mattering
from jwtaudit.engine.suppressing import Suppressor, per_file_ignores
from jwtaudit.finding import (
    Confidence,
    Diagnostic,
    Report,
    Severity,
    Statistics,
)
from jwtaudit.frontends.triage import Vocabulary
from jwtaudit.program.context import scanning
from jwtaudit.program.options import RuleOptions
from jwtaudit.source import BLOCK, file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from jwtaudit.catalog import Rule
    from jwtaudit.engine.fixing import Fixer, Fixing
    from jwtaudit.engine.importers import Importers
    from jwtaudit.engine.importers_js import ScriptImporters
    from jwtaudit.facts import Facts, Function
    from jwtaudit.finding import Draft, Finding
    from jwtaudit.fixes.names import SecretNames
    from jwtaudit.program import Project
    from jwtaudit.source import Place, Source

    Progress = Callable[[str, int, int], None]

T = TypeVar("T")

_RECURSION = 4000
_LITTLE = 256 * 1024
"""Bytes that matter up to which fixes are looked for unasked: that takes a second evaluation."""
_PROGRAMS = ("python", "javascript")
_NOTEBOOK = 10
_WAVES = 2
"""How many imports away from the files that speak of tokens others are looked for."""
_MAX_IMPORTERS = 150
"""How many such files are read, for each import away."""
_MAX_REFUSING = 20
"""How many files are read that refuse to start with a key's setting."""

__all__ = ["Limits", "Options", "active_rules", "fix", "run"]


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
    with scanning(_scanned(options)):
        return _Run(options, progress or (lambda *_: None)).report()


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
    with scanning(_scanned(options)):
        return fix_all(_Run(replace(options, fixes=True), progress or (lambda *_: None)), wanted)


class _Run:
    """One scan; or, ``changed``, the same with other contents of some files."""

    def __init__(self, options: Options, progress: Progress) -> None:
        self.options = options
        self.progress = progress
        self.models = models.load(options.library_models)
        self.matters = Mattering(self.models, _PROGRAMS)
        self.tree = _tree(options)
        self.data: dict[str, bytes] = {}
        self.facts: dict[str, Facts] = {}
        self.loaded: dict[str, Facts] = {}
        self.diagnostics = list(self.tree.diagnostics)
        self.skipped = Counter(self.tree.skipped)
        self.unanalysed: set[str] = set()
        self.sources: dict[str, Source | None] = {}
        self.secrets: set[Place] = set()
        self.held_back = False
        self.left_out: set[str] = set()
        self.refusing_files: tuple[str, ...] | None = None
        self.importing: frozenset[str] = frozenset()
        self.too_long: frozenset[str] = frozenset()
        self.contents: dict[str, bytes] = {}
        self.drafts: list[tuple[Draft, Rule]] = []
        self.scanned: list[Diagnostic] = []
        self.fixer: Fixer | None = None
        self.secret_names: SecretNames | None = None  # one for all passes
        self.project: Project | None = None
        self.extraction = Extraction(
            options.jobs or _processors(),
            options.limits,
            {language: Vocabulary(*self.models.words(language)) for language in _PROGRAMS},
        )

    def report(self) -> Report:
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
        matched = len(self.tree.files)
        return Report(
            findings=tuple(f for f in findings if f.suppression is None),
            suppressed=tuple(f for f in findings if f.suppression is not None),
            diagnostics=tuple(sorted(self.diagnostics, key=_diagnostic_order)),
            statistics=Statistics(
                matched=matched,
                analysed=matched - len(self.unanalysed),
                parsed=len({file_of(path) for path in (*self.facts, *self.loaded)}),
                skipped=dict(sorted(self.skipped.items())),
                fixes=self.fixer is not None,
            ),
        )

    def changed(self, contents: Mapping[str, bytes]) -> _Run | None:
        """The run in which some files hold something else; None where one cannot be parsed."""
        other = copy.copy(self)
        other.facts = dict(self.facts)
        other.loaded = {path: f for path, f in self.loaded.items() if path not in contents}
        other.data = {**self.data, **contents}
        other.contents = {**self.contents, **contents}
        other.sources = {path: s for path, s in self.sources.items() if path not in contents}
        other.diagnostics, other.secrets = list(self.scanned), set()
        other.skipped, other.unanalysed = Counter(self.skipped), set(self.unanalysed)
        other.drafts = []
        other.fixer = None
        for path, data in contents.items():
            outcome = self.extraction.whole(path, data)
            if isinstance(outcome, Diagnostic):
                return None
            if path in other.facts or self.matters(path, data):
                other.facts[path] = outcome
        other.facts = dict(sorted(other.facts.items()))
        return other

    # -- select ----------------------------------------------------------------------------------

    def _select(self) -> None:
        """Read every file; what can matter goes on to a front end."""
        total = len(self.tree.files)
        for number, path in enumerate(self.tree.files):
            self.progress("reading", number, total)
            data = self.read(path)
            if data is None or not self.matters(path, data):
                continue
            if frontends.language_of(path) == "document":
                self._select_blocks(path, data)
                continue
            if discovery.is_binary(data):
                self.skipped[discovery.BINARY] += 1
                self.unanalysed.add(path)
                continue
            if frontends.language_of(path) == "javascript" and discovery.is_generated(path, data):
                self.skipped[discovery.GENERATED] += 1
                self.unanalysed.add(path)
                continue
            self.data[path] = data
            self.extraction.add(path, data, wholly=self.matters.needles(path).disguised(data))

    def _select_blocks(self, path: str, data: bytes) -> None:
        """The code in a document; each block is a program of its own."""
        from jwtaudit.frontends.documents import blocks  # noqa: PLC0415 - only when asked

        try:
            text = frontends.read(path, data).text
        except frontends.Unparsable as error:
            self._cannot(Diagnostic(path, "unparsable", error.message, error.line))
            return
        for block in blocks(path, text):
            code = frontends.read(block, data).text.encode("utf-8", "replace")
            if self.matters.needles(block).match(code):
                self.data[block] = data
                self.extraction.add(block, data, wholly=True)

    def _content(self, path: str) -> bytes | None:
        """A file's bytes as they were read before, if they were."""
        return self.data.get(path) or self.read(path)

    def read(self, path: str) -> bytes | None:
        """A file's bytes as it is on disk now."""
        if self.options.stdin:
            return self.options.stdin[1]
        try:
            return discovery.read(self.tree.files[path], self._limit(path))
        except discovery.TooLargeError as error:
            if frontends.language_of(path) == "javascript":  # nobody writes so much by hand
                self.skipped[discovery.GENERATED] += 1
                self.unanalysed.add(path)
                return None
            self._cannot(Diagnostic(path, "too-large", f"too large: {error.strerror}"))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._cannot(Diagnostic(path, "unreadable", f"cannot be read: {reason}"))
        return None

    def _limit(self, path: str) -> int:
        """How large a file may be: most of a notebook is what its cells have shown."""
        limit = self.options.filters.max_size
        return limit * _NOTEBOOK if frontends.language_of(path) == "notebook" else limit

    def _cannot(self, diagnostic: Diagnostic) -> None:
        """A file could not be analysed."""
        if BLOCK in diagnostic.path:  # documents show fragments
            return
        if frontends.is_program(diagnostic.path):
            self.diagnostics.append(diagnostic)
        self.skipped[diagnostic.kind] += 1
        self.unanalysed.add(diagnostic.path)

    # -- extract ---------------------------------------------------------------------------------

    def _extract(self) -> None:
        total = len(self.data)
        facts = {}
        for number, (path, outcome) in enumerate(self.extraction.results()):
            self.progress("parsing", number, total)
            if isinstance(outcome, Diagnostic):
                self._cannot(outcome)
            elif outcome.relevant:
                facts[path] = outcome
                if outcome.damaged and BLOCK not in path:
                    message = "cannot be understood in part; the rest was analysed"
                    line = outcome.damaged
                    self.diagnostics.append(Diagnostic(path, "partial", message, line, error=False))
        mattering = frozenset(facts)
        if facts:
            self._extract_importers(facts)
        self.importing = frozenset(facts) - mattering
        self.facts = dict(sorted(facts.items()))
        self.scanned = list(self.diagnostics)

    def _extract_importers(self, facts: dict[str, Facts]) -> None:
        """Add the files that use the project's own token code; and those that use these."""
        from jwtaudit.engine.importers import Importers  # noqa: PLC0415 - a clean tree needs none
        from jwtaudit.engine.importers_js import ScriptImporters  # noqa: PLC0415
        from jwtaudit.program.aliases_js import ScriptAliases  # noqa: PLC0415

        words = {language: self.models.words(language)[0] for language in _PROGRAMS}
        new: Iterable[Facts] = tuple(facts.values())
        names: frozenset[str] = frozenset()
        aliases = ScriptAliases(self.tree.files, self.text)
        for _ in range(_WAVES):
            python = Importers(new, words["python"], self.models.is_library, names)
            scripts = ScriptImporters(new, words["javascript"], names, aliases.meant)
            wanted = tuple(self._importing(python, scripts, facts))
            found = self._further_facts(wanted)
            if not found:
                return
            facts.update(found)
            names = python.names | scripts.names
            new = found.values()
            words = dict.fromkeys(_PROGRAMS, tuple(name.lower() for name in names))

    def _importing(
        self, python: Importers, scripts: ScriptImporters, known: Collection[str]
    ) -> Iterator[tuple[str, bytes, Vocabulary]]:
        vocabularies = {
            importers: Vocabulary(calls=tuple(sorted(words)), any_file=True)
            for importers, words in ((python, python.words), (scripts, scripts.names))
        }
        for path in self.tree.files:
            program = frontends.program_of(path)
            importers = python if program == "python" else scripts
            if program is None or path in known or path in self.unanalysed:
                continue
            if not importers.seeks:
                continue
            data = self._content(path)
            if data is None or not importers.match(path, data):
                continue
            if importers is scripts and discovery.is_generated(path, data):
                continue
            self.data[path] = data
            vocabulary = vocabularies[importers]
            if aliases := scripts.aliases.get(path):
                vocabulary = vocabulary._replace(calls=(*vocabulary.calls, *sorted(aliases)))
            yield path, data, vocabulary

    def _further_facts(self, wanted: Sequence[tuple[str, bytes, Vocabulary]]) -> dict[str, Facts]:
        """The facts of further files, up to a limit; those beyond it are remembered."""
        self.left_out.update(path for path, *_ in wanted[_MAX_IMPORTERS:])
        found: dict[str, Facts] = {}
        for path, outcome in self.extraction.further(wanted[:_MAX_IMPORTERS]):
            if isinstance(outcome, Diagnostic):
                self._cannot(outcome)
            else:
                found[path] = outcome
        return found

    def module(self, path: str) -> Facts | None:
        """For the join: what a further file of the project holds, without function bodies."""
        if path in self.loaded:
            return self.loaded[path]
        outcome = self._further(path, self.extraction.values)
        if outcome is not None:
            self.loaded[path] = outcome
        return outcome

    def function(self, path: str, start: int) -> Function | None:
        """For the join: a function that was left out."""
        return self._further(path, lambda path, data: self.extraction.function(path, data, start))

    def refusing(self) -> tuple[str, ...]:
        """For the join: the files that refuse to start with a setting that token code uses."""
        if self.refusing_files is None:
            unreadable = self.unanalysed
            files = (path for path in self.tree.files if path not in unreadable)
            from jwtaudit.engine import refusals  # noqa: PLC0415 - most scans ask no such thing

            found = refusals.refusing(self.facts.values(), files, self._content)
            self.refusing_files = tuple(found)
        return self.refusing_files[:_MAX_REFUSING]

    def text(self, path: str) -> str | None:
        """For the join: a file that says how the project is built."""
        try:
            source = None if path in self.unanalysed else self.source(path)
        except frontends.Unparsable:
            return None
        return None if source is None else source.text

    def _further(
        self, path: str, extract: Callable[[str, bytes], T | Diagnostic | None]
    ) -> T | None:
        if path not in self.tree.files or path in self.unanalysed:
            return None
        data = self._content(path)
        if data is None:
            return None
        self.data[path] = data
        outcome = extract(path, data)
        if isinstance(outcome, Diagnostic):
            self._cannot(outcome)
            return None
        return outcome

    def source(self, path: str) -> Source | None:
        """A file that was read, as text."""
        if path not in self.sources:
            data = self._content(path) if path in self.tree.files else self.data.get(path)
            self.sources[path] = None if data is None else frontends.read(path, data)
        return self.sources[path]

    # -- join and check --------------------------------------------------------------------------

    def _findings(self) -> list[Finding]:
        from jwtaudit.redact import Redactor  # noqa: PLC0415 - a clean tree ends before

        drafts = self.judge()
        if self.held_back:
            return []
        redactor = Redactor(
            self.source,
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
        self.diagnostics += suppress.diagnostics()
        return self._with_fixes(findings)

    def _with_fixes(self, findings: list[tuple[Finding, Draft, Rule]]) -> list[Finding]:
        """The findings with their fixes, where those are asked for or cost little."""
        if self.options.fixes or sum(map(len, self.data.values())) <= _LITTLE:
            from jwtaudit.engine.fixing import Fixer  # noqa: PLC0415

            self.fixer = Fixer(self, self.redactor, findings)
            return self.fixer.findings()
        return [finding for finding, _, _ in findings]

    def judge(self) -> list[tuple[Draft, Rule]]:
        """What the checks say, by position."""
        rules = {rule.name: rule for rule in active_rules(self.options)}
        drafts = [(draft, rules[draft.rule]) for draft in in_documents(self._drafts(rules))]
        drafts.sort(key=lambda pair: (pair[0].place, pair[1].id, pair[0].anchor, pair[0].message))
        self.drafts = drafts
        return drafts

    def _drafts(self, rules: Mapping[str, Rule]) -> list[Draft]:
        from jwtaudit.engine.secrets import key_literals  # noqa: PLC0415

        budget = Budget(self.options.limits.seconds, len(self.facts))
        project, found, in_time = self._evaluated(rules, budget)
        while not in_time and self._leave_importers_out():
            project, found, in_time = self._evaluated(rules, budget)
        self.project = project
        self.diagnostics += (item for item in found if isinstance(item, Diagnostic))
        self.diagnostics += project.versions.diagnostics  # read as versions were asked for
        self.diagnostics += self._limits_met(project)
        for path, kind in sorted(project.failed.items()):
            message = f"it could not be evaluated to its end ({kind})"
            self._cannot(Diagnostic(path, "internal-error", message))
        try:
            with bounded(budget.last):
                self.secrets.update(map(in_document, key_literals(project)))
        except (Exception, TimeUpError) as error:  # noqa: BLE001 - rather nothing than a secret
            message = f"findings are held back: keys cannot be masked ({type(error).__name__})"
            self.diagnostics.append(Diagnostic("", "internal-error", message))
            self.held_back = True
        return [i for i in found if not isinstance(i, Diagnostic) and i.rule in rules]

    def _evaluated(
        self, rules: Mapping[str, Rule], budget: Budget
    ) -> tuple[Project, list[Draft | Diagnostic], bool]:
        """The join, what the checks say of it, and whether all of them came to their end."""
        from jwtaudit import checks  # noqa: PLC0415

        project = self._project(budget)
        found: list[Draft | Diagnostic] = []
        in_time = True
        for number, name in enumerate(sorted(rules)):
            self.progress("checking", number, len(rules))
            try:
                with bounded(budget.part):
                    found += list(checks.run(project, {name}))
            except TimeUpError:
                in_time = False
                if self.importing & self.facts.keys():
                    break
                message = f"the check {name} was given up: it takes too long"
                found.append(Diagnostic("", "internal-error", message))
        return project, found, in_time

    def _project(self, budget: Budget) -> Project:
        """The join of all facts, or of as many of them as it has time for."""
        try:
            while (project := self._joined_in_time(budget)) is None:
                self._leave_some_out()
        except Exception as error:  # noqa: BLE001 - said, instead of a traceback
            message = f"the files could not be evaluated together ({type(error).__name__})"
            self.diagnostics.append(Diagnostic("", "internal-error", message))
            return self._join(())
        return project

    def _joined_in_time(self, budget: Budget) -> Project | None:
        try:
            with bounded(budget.part):
                return self._join(self.facts.values())
        except TimeUpError:
            return None if self.facts else self._join(())

    def _leave_importers_out(self) -> bool:
        """Leave out the files that do not matter by themselves; whether there were any."""
        return self._leave_out(self.importing)

    def _leave_some_out(self) -> None:
        """Make the join smaller: by the importers first, then by the larger half of the files."""
        if not self._leave_importers_out():
            by_size = sorted(self.facts, key=lambda path: (len(self.data[path]), path))
            self._leave_out(by_size[len(by_size) // 2 :])

    def _leave_out(self, paths: Iterable[str]) -> bool:
        out = self.facts.keys() & paths
        self.too_long = self.too_long | out
        self.facts = {path: fact for path, fact in self.facts.items() if path not in out}
        return bool(out)

    def _join(self, facts: Iterable[Facts]) -> Project:
        from jwtaudit import dependencies  # noqa: PLC0415
        from jwtaudit.program import Project  # noqa: PLC0415

        versions = dependencies.read(Path(self.tree.root), self.contents)
        # An expression costs some ten frames, and functions are walked within one another.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
        return Project(
            list(facts),
            self.models,
            versions,
            self.options.rules,
            self,
            tuple(self.tree.files),
        )

    def _limits_met(self, project: Project) -> Iterator[Diagnostic]:
        """What of the program was not followed to its end; findings may be missing there."""
        met = {cut.value: names for cut, names in project.cut.items()}
        met[f"only {_MAX_IMPORTERS} of the files that import token code were read; not read:"] = (
            self.left_out
        )
        met[
            f"only {_MAX_REFUSING} of the files that refuse to start with the setting of a key were"
            " read; not read:"
        ] = set((self.refusing_files or ())[_MAX_REFUSING:])
        met[
            "to evaluate all files together took too long; left out, so scan them by themselves:"
        ] = set(self.too_long)
        for what, names in sorted(met.items()):
            if names:
                listed = ", ".join(sorted(names)[:_NAMED])
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                yield Diagnostic("", "limit", f"{what} {listed}{more}", error=False)


def _scanned(options: Options) -> str:
    """How the paths in the one directory that is scanned begin; empty where there are more."""
    directory = options.directory or os.getcwd()  # noqa: PTH109 - as the walk has it: a string
    if options.stdin is not None or len(options.paths) != 1:
        return ""
    path = Path(directory, options.paths[0])
    inside = discovery.relative(str(path), discovery.root_of(options.paths, directory))
    return f"{inside}/" if inside and path.is_dir() else ""


def _tree(options: Options) -> Tree:
    directory = options.directory or os.getcwd()  # noqa: PTH109 - as the walk has it: a string
    if options.stdin is None:
        wanted = partial(_has_front_end, options=options)
        return discovery.walk(options.paths, directory, wanted, options.filters)
    tree = Tree(directory.replace(os.sep, "/"))
    path = discovery.relative(options.stdin[0], directory)
    excluded = options.filters.force_exclude and Globs(options.filters.exclude).cover(
        f"{tree.root.rstrip('/')}/{path}"
    )
    if excluded:
        tree.skipped[discovery.EXCLUDED] += 1
    elif _has_front_end(path, options):
        tree.files[path] = path
    else:
        tree.skipped[discovery.UNKNOWN_TYPE] += 1
    return tree


def _has_front_end(name: str, options: Options) -> bool:
    language = frontends.language_of(name)
    return language is not None and (language != "document" or options.include_docs)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _diagnostic_order(diagnostic: Diagnostic) -> tuple[str, int, str, str]:
    return diagnostic.path, diagnostic.line or 0, diagnostic.kind, diagnostic.message


_NAMED = 3
"""How many of the things that were left out are named; the rest is counted."""
