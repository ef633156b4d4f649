"""Files that speak of no token, and hold what those that do are made of, or are used by.

Limits keep a scan short; what lies beyond them is remembered, and said.
"""

from __future__ import annotations

import copy
import re
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from jwtaudit import discovery, frontends
from jwtaudit.engine.mattering import PROGRAMS
from jwtaudit.finding import Diagnostic
from jwtaudit.frontends.triage import Vocabulary
from jwtaudit.program.context import is_test

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from jwtaudit.engine.extraction import Extraction
    from jwtaudit.engine.files import Files
    from jwtaudit.engine.importers import Importers
    from jwtaudit.engine.importers_js import ScriptImporters
    from jwtaudit.facts import Facts, Function
    from jwtaudit.models import Models

T = TypeVar("T")

_WAVES = 2
"""How many imports away from the files that speak of tokens others are looked for."""
_MAX_IMPORTERS = 150
"""How many such files are read, for each import away."""
_MAX_REFUSING = 20
"""How many files are read that refuse to start with a key's setting."""


class Loader:
    """Reads further files of a project.

    Attributes:
        joined: the facts that are judged.
        loaded: the facts of those that the join asked for.
        left_out: those that import what speaks of tokens, beyond the limit.
        refusing_files: all that refuse to start with a key's setting, once they were asked for.
    """

    def __init__(self, files: Files, extraction: Extraction, models: Models) -> None:
        self._files = files
        self._extraction = extraction
        self._models = models
        self.joined: Sequence[Facts] = ()
        self.loaded: dict[str, Facts] = {}
        self.left_out: set[str] = set()
        self.refusing_files: dict[str, tuple[int, ...]] | None = None

    def changed(self, files: Files, contents: Collection[str]) -> Loader:
        """The same for files some of which hold something else."""
        other = copy.copy(self)
        other._files = files
        other.loaded = {path: f for path, f in self.loaded.items() if path not in contents}
        return other

    # -- who uses token code ---------------------------------------------------------------------

    def add_importers(self, facts: dict[str, Facts]) -> None:
        """Add the files that use the project's own token code; and those that use these."""
        from jwtaudit.engine.importers import Importers  # noqa: PLC0415 - a clean tree needs none
        from jwtaudit.engine.importers_js import ScriptImporters  # noqa: PLC0415
        from jwtaudit.program.aliases_js import ScriptAliases  # noqa: PLC0415

        words = {language: self._models.words(language)[0] for language in PROGRAMS}
        new: Iterable[Facts] = tuple(facts.values())
        names: frozenset[str] = frozenset()
        known: frozenset[str] = frozenset()
        said: frozenset[str] = frozenset()
        aliases = ScriptAliases(self._files.tree.files, self.text)
        imports: dict[str, tuple[str, ...]] = {}
        modules: dict[str, frozenset[str]] = {}
        for _ in range(_WAVES):
            python = Importers(new, words["python"], self._models.is_library, names, known)
            scripts = ScriptImporters(
                new, words["javascript"], names, aliases.meant, imports, modules
            )
            filled = self._fill(python, facts)
            # an object whose type a later file names is called by what an earlier one defines
            known |= python.names
            said |= python.words
            wanted = tuple(self._importing(python, said, scripts, facts))
            found = self._further_facts(wanted)
            if not found and not filled:
                return
            facts.update(found)
            names = python.names | scripts.names
            modules = scripts.modules
            new = (*filled, *found.values())
            words = dict.fromkeys(PROGRAMS, tuple(name.lower() for name in names))

    def _fill(self, python: Importers, facts: Mapping[str, Facts]) -> list[Facts]:
        """Read the functions that were left out and use token code, of files that matter anyhow."""
        filled = []
        for path, fact in facts.items():
            data = self._files.data.get(path)
            if fact.language != "python" or data is None or is_test(path):
                continue
            if not python.match(path, data):
                continue
            source = self._files.source(path)
            left_out = [] if source is None else python.users(fact, source.text)
            for function in left_out:
                whole = self._extraction.function(path, data, function.span.start)
                if whole is not None and not isinstance(whole, Diagnostic):
                    function.body, function.omitted = whole.body, False
            if left_out:
                filled.append(fact)
        return filled

    def _importing(
        self,
        python: Importers,
        said: Collection[str],
        scripts: ScriptImporters,
        known: Collection[str],
    ) -> Iterator[tuple[str, bytes, Vocabulary]]:
        vocabularies = {
            importers: Vocabulary(calls=tuple(sorted(words)), any_file=True)
            for importers, words in ((python, said), (scripts, scripts.names))
        }
        for path in self._files.tree.files:
            program = frontends.program_of(path)
            importers = python if program == "python" else scripts
            if program is None or path in known or path in self._files.unanalysed:
                continue
            if not importers.seeks or (importers is scripts and scripts.is_out(path)):
                continue
            data = self._files.content(path)
            if data is None or not importers.match(path, data):
                continue
            if importers is scripts and discovery.is_generated(path, data):
                continue
            self._files.data[path] = data
            vocabulary = vocabularies[importers]
            if aliases := scripts.aliases.get(path):
                vocabulary = vocabulary._replace(calls=(*vocabulary.calls, *sorted(aliases)))
            yield path, data, vocabulary

    def _further_facts(self, wanted: Sequence[tuple[str, bytes, Vocabulary]]) -> dict[str, Facts]:
        """The facts of further files, up to a limit; those beyond it are remembered."""
        self.left_out.update(path for path, *_ in wanted[_MAX_IMPORTERS:])
        found: dict[str, Facts] = {}
        for path, outcome in self._extraction.further(wanted[:_MAX_IMPORTERS]):
            if isinstance(outcome, Diagnostic):
                self._files.cannot(outcome)
            else:
                found[path] = outcome
        return found

    # -- for the join ----------------------------------------------------------------------------

    def module(self, path: str) -> Facts | None:
        """What a further file of the project holds, without function bodies."""
        if path in self.loaded:
            return self.loaded[path]
        outcome = self._further(path, self._extraction.values)
        if outcome is not None:
            self.loaded[path] = outcome
        return outcome

    def function(self, path: str, start: int) -> Function | None:
        """A function that was left out."""
        return self._further(path, lambda path, data: self._extraction.function(path, data, start))

    def refusing(self) -> Mapping[str, tuple[int, ...]]:
        """The files that refuse to start with a setting that token code uses, and where."""
        if self.refusing_files is None:
            unreadable = self._files.unanalysed
            files = (path for path in self._files.tree.files if path not in unreadable)
            from jwtaudit.engine import refusals  # noqa: PLC0415 - most scans ask no such thing

            found = refusals.refusing(self.joined, files, self._files.content)
            self.refusing_files = dict(found)
        return dict(islice(self.refusing_files.items(), _MAX_REFUSING))

    def naming(self, names: Collection[str]) -> Iterator[Facts]:
        """What configuration files hold under names that say nothing by themselves."""
        if not names:
            return
        from jwtaudit.frontends import config  # noqa: PLC0415 - most scans ask no such thing

        word = re.compile(rb"(?<!\w)(?:%s)(?!\w)" % b"|".join(re.escape(n).encode() for n in names))
        for path in self._files.tree.files:
            if frontends.language_of(path) != "config" or path in self._files.unanalysed:
                continue
            data = self._files.content(path)
            if data is None or len(data) > config.MAX_SIZE or not word.search(data):
                continue
            try:
                found = config.lower_named(frontends.read(path, data), names)
            except frontends.Unparsable:
                continue  # what cannot be read as a program is said elsewhere
            if found.body:
                self._files.data[path] = data
                yield found

    def _further(
        self, path: str, extract: Callable[[str, bytes], T | Diagnostic | None]
    ) -> T | None:
        if path not in self._files.tree.files or path in self._files.unanalysed:
            return None
        data = self._files.content(path)
        if data is None:
            return None
        self._files.data[path] = data
        outcome = extract(path, data)
        if isinstance(outcome, Diagnostic):
            self._files.cannot(outcome)
            return None
        return outcome

    def text(self, path: str) -> str | None:
        """A file that says how the project is built."""
        return self._files.text(path)

    def limits_met(self) -> dict[str, Collection[str]]:
        """What was not read, by what there is to say of it."""
        return {
            f"only {_MAX_IMPORTERS} of the files that import token code were read; not read:": (
                self.left_out
            ),
            f"only {_MAX_REFUSING} of the files that refuse to start with the setting of a key were"
            " read; not read:": tuple(self.refusing_files or ())[_MAX_REFUSING:],
        }
