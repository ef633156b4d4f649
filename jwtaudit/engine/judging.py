"""Join, then check: in the time there is, and with fewer files where it does not suffice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jwtaudit.engine.budget import Budget, TimeUpError, bounded
from jwtaudit.engine.documents import in_document
from jwtaudit.finding import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from jwtaudit.catalog import Rule
    from jwtaudit.engine.run import Run
    from jwtaudit.facts import Facts
    from jwtaudit.finding import Draft
    from jwtaudit.program import Project

_RECURSION = 4000
_NAMED = 3
"""How many of the things that were left out are named; the rest is counted."""


class Judging:
    """What the checks say of a run's facts."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._files = run.files

    def drafts(self, rules: Mapping[str, Rule]) -> list[Draft]:
        """What the checks say; what went wrong goes to the run's diagnostics."""
        from jwtaudit.engine.secrets import key_literals  # noqa: PLC0415

        budget = Budget(self._run.options.limits.seconds, len(self._run.facts))
        project, found, in_time = self._evaluated(rules, budget)
        while not in_time and self._leave_importers_out():
            project, found, in_time = self._evaluated(rules, budget)
        self._run.project = project
        self._files.diagnostics += (item for item in found if isinstance(item, Diagnostic))
        # Manifests were read as versions were asked for.
        self._files.diagnostics += project.dependencies.diagnostics
        self._files.diagnostics += self._limits_met(project)
        for path, kind in sorted(project.failed.items()):
            message = f"it could not be evaluated to its end ({kind})"
            self._files.cannot(Diagnostic(path, "internal-error", message))
        try:
            with bounded(budget.last):
                self._run.secrets.update(map(in_document, key_literals(project)))
        except (Exception, TimeUpError) as error:  # noqa: BLE001 - rather nothing than a secret
            message = f"findings are held back: keys cannot be masked ({type(error).__name__})"
            self._files.diagnostics.append(Diagnostic("", "internal-error", message))
            self._run.held_back = True
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
            self._run.progress("checking", number, len(rules))
            try:
                with bounded(budget.part):
                    found += list(checks.run(project, {name}))
            except TimeUpError:
                in_time = False
                if self._run.importing & self._run.facts.keys():
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
            self._files.diagnostics.append(Diagnostic("", "internal-error", message))
            return self.join(())
        return project

    def _joined_in_time(self, budget: Budget) -> Project | None:
        try:
            with bounded(budget.part):
                return self.join(self._run.facts.values())
        except TimeUpError:
            return None if self._run.facts else self.join(())

    def _leave_importers_out(self) -> bool:
        """Leave out the files that do not matter by themselves; whether there were any."""
        return self._leave_out(self._run.importing)

    def _leave_some_out(self) -> None:
        """Make the join smaller: by the importers first, then by the larger half of the files."""
        if not self._leave_importers_out():
            by_size = sorted(self._run.facts, key=lambda path: (len(self._files.data[path]), path))
            self._leave_out(by_size[len(by_size) // 2 :])

    def _leave_out(self, paths: Iterable[str]) -> bool:
        out = self._run.facts.keys() & paths
        self._run.too_long = self._run.too_long | out
        self._run.facts = {path: fact for path, fact in self._run.facts.items() if path not in out}
        return bool(out)

    def join(self, facts: Iterable[Facts]) -> Project:
        """The program that some facts make."""
        from jwtaudit import dependencies  # noqa: PLC0415
        from jwtaudit.program import Project  # noqa: PLC0415

        # An expression costs some ten frames, and functions are walked within one another.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
        self._run.loader.joined = joined = list(facts)
        return Project(
            joined,
            self._run.models,
            dependencies.read(Path(self._files.tree.root), self._files.contents),
            self._run.options.rules,
            self._run.loader,
            tuple(self._files.tree.files),
        )

    def _limits_met(self, project: Project) -> Iterator[Diagnostic]:
        """What of the program was not followed to its end; findings may be missing there."""
        met: dict[str, Collection[str]] = {cut.value: names for cut, names in project.cut.items()}
        met |= self._run.loader.limits_met()
        met[
            "to evaluate all files together took too long; left out, so scan them by themselves:"
        ] = self._run.too_long
        for what, names in sorted(met.items()):
            if names:
                listed = ", ".join(sorted(names)[:_NAMED])
                more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
                yield Diagnostic("", "limit", f"{what} {listed}{more}", error=False)
