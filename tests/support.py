"""What tests share: one way to scan a few files, and to fix them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jwtaudit import engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jwtaudit.finding import Finding


def write(directory: str, files: Mapping[str, str | bytes]) -> None:
    """Write a project of these files."""
    for path, content in files.items():
        file = Path(directory, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())


def scan(files: Mapping[str, str | bytes], extend: Iterable[str] = ()) -> list[Finding]:
    """The findings in a project of these files, by the rules that are on and those given."""
    with tempfile.TemporaryDirectory() as directory:
        write(directory, files)
        report = engine.run(engine.Options(directory=directory, extend_select=tuple(extend)))
    assert not report.diagnostics, report.diagnostics
    return list(report.findings)


def fixed(files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    """The files of a project that all fixes change, as they come out."""
    with tempfile.TemporaryDirectory() as directory:
        write(directory, files)
        fixing = engine.fix(engine.Options(directory=directory), lambda _: True)
    return {change.path: change.after for change in fixing.changes}


def grows_with_the_length_alone(work: Callable[[int], object], length: int) -> bool:
    """Whether a work of some length takes no more than thrice what its parts would take.

    The square of the length would take eight times as long. What passes in no time tells nothing.
    """

    def seconds(length: int) -> float:
        begin = time.process_time()
        work(length)
        return time.process_time() - begin

    return seconds(length) < 24 * max(seconds(length // 8), 0.05)
