"""What it may cost to judge all files together, in processor time."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASE = 12
"""How many times what one file may cost all of them may cost; more where there are many."""
_GROWTH = 600
"""Files with which that doubles."""
_MOST = 4
"""How many times that at most."""


class TimeUpError(BaseException):
    """Evaluation takes too long; no handler of exceptions in what is evaluated may catch it."""


class Budget:
    """Processor time for the join and the checks, however often they are tried.

    Args:
        seconds: what one file may cost.
        files: how many there are.
    """

    def __init__(self, seconds: float, files: int) -> None:
        self._least = seconds
        total = seconds * _BASE * min(1 + files / _GROWTH, _MOST)
        self._end = time.process_time() + total

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(self._end - time.process_time(), 0.0)

    @property
    def part(self) -> float:
        """Half of what is left, so that something is left for another try."""
        return self.left / 2

    @property
    def last(self) -> float:
        """What there is for what has to be done in any case."""
        return max(self.left, self._least)


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Let what is inside take so much processor time, where the system and the thread allow it.

    Raises:
        TimeUpError: it took more.
    """
    import signal  # noqa: PLC0415
    import threading  # noqa: PLC0415

    if seconds <= 0:
        raise TimeUpError
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGPROF) is not signal.SIG_DFL
    ):
        yield
        return

    def time_up(*_: object) -> None:
        raise TimeUpError

    signal.signal(signal.SIGPROF, time_up)
    # Again every second: where an object is being deleted, an exception is lost.
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
