"""Fixes tried in memory: a scan of what they make says which of them are right.

All fixes that do not touch one another are tried in one evaluation. Where that fails, what it found
tells the files in which something is wrong: fixes elsewhere are tried without these, and of these
each file's are tried in halves, those of all files together. So the number of evaluations grows
with the fixes that one file has, not with the number of files.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from jwtaudit import frontends
from jwtaudit.fixes.apply import choose, splice, splice_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from jwtaudit.catalog import Rule
    from jwtaudit.engine.run import Run
    from jwtaudit.finding import Draft, Finding
    from jwtaudit.fixes.edits import Edit
    from jwtaudit.source import Source

    Reported = Sequence[tuple[Finding, Draft, Rule]]
    Edits = Mapping[int, tuple[Edit, ...]]

_TRIALS = 200
"""The most evaluations that are spent on one pass."""
_UNASKED = 400
"""The most files that are evaluated again for fixes that nobody asked for, all trials together."""
_FEW = 3
_EACH = 6
"""Up to how many fixes each is tried by itself; of more, each pair is tried apart."""


class Trials:
    """Tries the fixes of one pass.

    Args:
        run: what has judged.
        reported: its findings; fixes are known by their indices.
        source: path -> the file as it is.
    """

    def __init__(
        self, run: Run, reported: Reported, source: Callable[[str], Source | None]
    ) -> None:
        self._run = run
        self._reported = reported
        self._source = source
        self._before = Counter(_identity(draft, rule) for draft, rule in run.drafts)
        self._made = 0
        self._most = _TRIALS
        if not run.options.fixes:
            self._most = min(_TRIALS, max(_FEW, _UNASKED // max(1, len(run.facts))))
        self._good_run: tuple[tuple[frozenset[int], frozenset[Edit]], Run] | None = None

    def carried_out(self, batch: Iterable[int], edits: Edits) -> Run | frozenset[str]:
        """The run with these fixes made, or the files in which something is wrong then."""
        batch = list(batch)
        made = frozenset(edit for index in batch for edit in edits[index])
        tried = frozenset(batch), made
        if self._good_run is not None and self._good_run[0] == tried:
            return self._good_run[1]  # what all fixes make is what is then written
        self._made += 1
        contents, unread = self._contents(made)
        changed = unread or self._run.changed(contents)
        if not isinstance(changed, frozenset):
            wrong = frozenset(self._wrong(changed, batch, contents))
            changed = wrong or changed
        if not isinstance(changed, frozenset):
            self._good_run = tried, changed
        return changed

    def _wrong(self, changed: Run, batch: Iterable[int], contents: Iterable[str]) -> Iterator[str]:
        """The files that have findings which nobody expects, or could not be read to their end."""
        expected = self._before.copy()
        expected.subtract(_identity(*self._reported[index][1:]) for index in batch)
        for draft, rule in changed.judge():
            expected[_identity(draft, rule)] -= 1
            if expected[_identity(draft, rule)] < 0:
                yield draft.place.path
                yield from (place.path for place, _ in draft.related)
        new = changed.files.diagnostics[len(self._run.scanned) :]
        yield from (diagnostic.path for diagnostic in new if diagnostic.error)
        yield from (path for path in contents if is_damaged(changed, path))

    def _contents(self, edits: Iterable[Edit]) -> tuple[dict[str, bytes], frozenset[str]]:
        """What the edited files hold then, and those that would not be read back as meant."""
        by_file: dict[str, list[Edit]] = {}
        for edit in edits:
            by_file.setdefault(edit.place.path, []).append(edit)
        contents = {path: self._content(path, found) for path, found in by_file.items()}
        good = {path: data for path, data in contents.items() if data is not None}
        return good, frozenset(contents.keys() - good.keys())

    def _content(self, path: str, edits: Collection[Edit]) -> bytes | None:
        source = self._source(path)
        data = splice_bytes(source, edits) if source else None
        if source is None or data is None:
            return None
        try:
            read = frontends.read(path, data)
            if frontends.language_of(path) == "python":
                ast.parse(data)  # what the front end takes need not be what runs
        except (frontends.Unparsable, SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return data if read.text == splice(source.text, edits) else None

    # -- which are right ---------------------------------------------------------------------------

    def right(self, edits: Edits) -> set[int]:
        """Those that stand the test; fixes that touch one another are tried one after another."""
        return {index for batch in _apart(edits) for index in self._right(batch, edits)}

    def _right(self, batch: Sequence[int], edits: Edits, *, blamed: bool = False) -> list[int]:
        """Those of a batch; ``blamed`` are the only ones of their files, and were wrong before."""
        if not batch or self._made >= self._most:
            return []
        wrong = self.carried_out(batch, edits)
        if not isinstance(wrong, frozenset):
            return list(batch)
        if len(batch) == 1:
            return []
        suspects = self._touching(batch, edits, wrong)
        if 0 < len(suspects) < len(batch):
            rest = [index for index in batch if index not in suspects]
            parts = [(rest, False), (suspects, blamed)]
        else:
            files = self._by_file(batch)
            single = len(files) == len(batch) and bool(suspects)
            if single and blamed and len(batch) > _FEW:
                return []
            halves = _halves([batch] if len(files) == len(batch) else files)
            parts = [(half, single) for half in halves]
        return [index for part, b in parts for index in self._right(part, edits, blamed=b)]

    def _touching(self, batch: Iterable[int], edits: Edits, paths: Collection[str]) -> list[int]:
        """Those of a batch that are about certain files, or change them."""
        return [
            index
            for index in batch
            if self._path(index) in paths or any(edit.place.path in paths for edit in edits[index])
        ]

    def _by_file(self, batch: Iterable[int]) -> list[list[int]]:
        files: dict[str, list[int]] = {}
        for index in batch:
            files.setdefault(self._path(index), []).append(index)
        return list(files.values())

    def _path(self, index: int) -> str:
        return self._reported[index][1].place.path

    def fewer(self, batch: Sequence[int], edits: Edits, wrong: Collection[str]) -> list[int]:
        """What to try where fixes are right by themselves, and some of them not together."""
        suspects = self._touching(batch, edits, wrong)
        kept = set(batch).difference(suspects)
        for found in self._by_file(suspects):
            kept.update(found[: len(found) // 2])
        if not suspects or not kept:
            return list(batch[: len(batch) // 2])
        return [index for index in batch if index in kept]

    # -- which are right by themselves -------------------------------------------------------------

    def alone(self, edits: Edits) -> set[int]:
        """Those that need none of the others with which they were found right."""
        whole = self._good_run
        self._most += self._made
        found: set[int] = set()
        for batch in _apart(edits):
            left = self._parted(batch, edits) if len(batch) > _EACH else set()
            found |= left
            for index in batch:
                if index not in left and self._made < self._most:
                    wrong = isinstance(self.carried_out([index], edits), frozenset)
                    found.update(() if wrong else (index,))
        self._good_run = whole
        return found

    def _parted(self, batch: Sequence[int], edits: Edits) -> set[int]:
        """Those that are right without any one of the others: each pair is tried apart."""
        left = list(batch)
        while len(left) > _EACH:
            for part in _patterns(left):
                wrong = (
                    self.carried_out(part, edits) if self._made < self._most else frozenset[str]()
                )
                if isinstance(wrong, frozenset):
                    suspects = self._touching(part, edits, wrong)
                    left = [index for index in left if index not in suspects] if suspects else []
                    break
            else:
                return set(left)
        return set()


def is_damaged(run: Run, path: str) -> bool:
    """Whether a file was read in spite of errors."""
    facts = run.facts.get(path) or run.loader.loaded.get(path)
    return facts is not None and facts.damaged > 0


def _identity(draft: Draft, rule: Rule) -> tuple[str, str, str]:
    return rule.id, draft.place.path, draft.anchor


def _apart(edits: Edits) -> Iterator[list[int]]:
    """Batches of fixes of which none touches another of its batch."""
    waiting = list(edits)
    while waiting:
        batch = [waiting[i] for i in choose([edits[index] for index in waiting])]
        yield batch
        taken = set(batch)
        waiting = [index for index in waiting if index not in taken]


def _halves(groups: Iterable[Sequence[int]]) -> tuple[list[int], list[int]]:
    """The first half of each group, and the other."""
    first: list[int] = []
    second: list[int] = []
    for group in groups:
        middle = (len(group) + 1) // 2
        first += group[:middle]
        second += group[middle:]
    return first, second


def _patterns(batch: Sequence[int]) -> Iterator[list[int]]:
    """Parts of a batch, so that of any two there is one with the first and without the second."""
    for bit in range((len(batch) - 1).bit_length()):
        for wanted in (0, 1):
            yield [index for i, index in enumerate(batch) if i >> bit & 1 == wanted]
