"""A progress bar on the terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_PATIENCE = 0.7  # seconds


class Bar:
    """A bar for scans that take long; rich is imported only then."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._begin = time.monotonic()
        self._stage = ""
        self._progress: Progress | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how much of a stage is done."""
        if not self._enabled or time.monotonic() - self._begin < _PATIENCE:
            return
        progress = self._progress = self._progress or _open()
        if stage != self._stage:
            self._stage = stage
            for task in progress.task_ids:
                progress.remove_task(task)
            progress.add_task(stage, total=total)
        progress.update(progress.task_ids[-1], completed=done)

    def close(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()


def _open() -> Progress:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress  # noqa: PLC0415

    progress = Progress(
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    progress.start()
    return progress
