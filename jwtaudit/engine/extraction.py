"""From bytes to facts: in this process for a few harmless files, else in workers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from jwtaudit import frontends
from jwtaudit.finding import Diagnostic
from jwtaudit.frontends import Unparsable
from jwtaudit.frontends.triage import VALUES, Vocabulary, matters, matters_as_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from jwtaudit.engine.limits import Limits
    from jwtaudit.engine.pool import Workers
    from jwtaudit.facts import Facts, Function

    Outcome: TypeAlias = Facts | Diagnostic

T = TypeVar("T")

_MENTION = b"jwtaudit:"
WORK_THRESHOLD = 2 * 1024 * 1024
"""Bytes to parse from which on a second process pays: each costs 0.4 s before its first file."""
_QUICK = 10
"""How many times as fast JavaScript is parsed and lowered as Python."""


class _Task(NamedTuple):
    """The arguments of ``frontends.extract``."""

    path: str
    data: bytes
    vocabulary: Vocabulary | None


class Extraction:
    """Extracts the facts of files; what one file does to the parser concerns that file alone.

    Args:
        jobs: the most worker processes.
        limits: what one file may cost.
        vocabularies: what matters, by language; of the others every file is read wholly.
    """

    def __init__(
        self,
        jobs: int,
        limits: Limits,
        vocabularies: Mapping[str, Vocabulary],
    ) -> None:
        self._jobs = jobs
        self._limits = limits
        self._vocabularies = vocabularies
        self._waiting: list[_Task] = []
        self._futures: dict[str, Future[Facts]] = {}
        self._harmless: dict[str, bool] = {}
        self._size = 0
        self._workers: Workers | None = None

    def add(self, path: str, data: bytes, *, wholly: bool) -> None:
        """Take a file; work begins when there is enough of it to share.

        Args:
            path: its name.
            data: its content.
            wholly: leave nothing out, although the vocabulary may say that it does not matter.
        """
        # Where somebody speaks to us, statements are needed to know what about.
        wanted = self._vocabularies.get(frontends.program_of(path) or "")
        vocabulary = None if wholly or _MENTION in data else wanted
        if not _matters(path, data, vocabulary):
            return
        self._take(_Task(path, data, vocabulary))

    def _take(self, task: _Task) -> None:
        is_script = frontends.program_of(task.path) == "javascript"
        self._size += len(task.data) // _QUICK if is_script else len(task.data)
        self._waiting.append(task)
        if self._jobs > 1 and self._size > WORK_THRESHOLD:
            for waiting in self._waiting:
                self._hand_over(waiting)
            self._waiting.clear()

    def results(self) -> Iterator[tuple[str, Outcome]]:
        """The facts of every file that matters, or why there are none."""
        waiting, self._waiting = self._waiting, []
        for task in waiting:  # one by one: the look at a file and its parse share a tree
            if _is_harmless(task.path, task.data):
                yield task.path, _outcome(task.path, partial(frontends.extract, *task))
            else:
                self._hand_over(task)
        for path, future in self._futures.items():
            yield path, _outcome(path, future.result)
        self._futures.clear()

    def further(
        self, files: Iterable[tuple[str, bytes, Vocabulary]]
    ) -> Iterator[tuple[str, Outcome]]:
        """The facts of further files that matter."""
        for file in files:
            self._take(_Task(*file))
        yield from self.results()

    def whole(self, path: str, data: bytes) -> Outcome:
        """The facts of a file whose content is not that of before, with nothing left out."""
        self._harmless.pop(path, None)
        return self._now(path, data, partial(frontends.extract, path, data))

    def values(self, path: str, data: bytes) -> Outcome:
        """The facts of a further file, without the bodies of its functions."""
        return self._now(path, data, partial(frontends.extract, path, data, VALUES))

    def function(self, path: str, data: bytes, start: int) -> Function | Diagnostic | None:
        """A function that was left out, with its body."""
        return self._now(path, data, partial(frontends.extract_function, path, data, start))

    def _now(self, path: str, data: bytes, extract: Callable[[], T]) -> T | Diagnostic:
        if path not in self._harmless:
            self._harmless[path] = _is_harmless(path, data)
        if self._harmless[path]:
            return _outcome(path, extract)
        return _outcome(path, lambda: self._pool().submit(extract).result())

    def close(self, *, at_once: bool = False) -> None:
        """End the workers."""
        if self._workers is not None:
            self._workers.shutdown(cancel_futures=at_once)

    def _hand_over(self, task: _Task) -> None:
        self._futures[task.path] = self._pool().submit(frontends.extract, *task)

    def _pool(self) -> Workers:
        if self._workers is None:
            from jwtaudit.engine.pool import Workers  # noqa: PLC0415 - many scans need none

            self._workers = Workers(self._jobs, self._limits)
        return self._workers


def _matters(path: str, data: bytes, vocabulary: Vocabulary | None) -> bool:
    """Whether a file is worth a parser."""
    if vocabulary is None:
        return True
    language = frontends.language_of(path)
    if language == "notebook":
        return True
    return (matters if language == "python" else matters_as_script)(data, vocabulary)


def _is_harmless(path: str, data: bytes) -> bool:
    language = frontends.language_of(path)
    if language != "python":
        return language != "notebook"
    from jwtaudit.engine import guard  # noqa: PLC0415 - most scans see no file that matters

    return guard.is_harmless(path, data)


def _outcome(path: str, extract: Callable[[], T]) -> T | Diagnostic:
    try:
        return extract()
    except Unparsable as error:
        return Diagnostic(path, "unparsable", error.message, error.line)
    except Exception as error:  # noqa: BLE001 - one file's trouble is one diagnostic
        kind = getattr(error, "kind", "crashed")
        message = getattr(error, "message", f"the front end failed ({type(error).__name__})")
        return Diagnostic(path, kind, message)
