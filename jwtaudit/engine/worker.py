"""The process in which one file after the other is parsed: the child's side of ``pool``.

It reads tasks from its standard input and writes results to what was its standard output; both
are lengths and pickles. It bounds its own time and memory, and dies where it must.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
from typing import BinaryIO

STACK = 64 * 1024 * 1024
READY = b"ready"
_RECURSION_LIMIT = 10_000


def send(stream: BinaryIO, payload: bytes) -> None:
    """Write one message."""
    stream.write(len(payload).to_bytes(8, "big"))
    stream.write(payload)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """Read one message; None when the other side is gone."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "big")
    payload = stream.read(size)
    return payload if len(payload) == size else None


def main() -> None:
    """Serve until the parent closes the pipe."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    tasks, results = _take_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when it is over
    _bound_resources(memory)
    sys.setrecursionlimit(_RECURSION_LIMIT)
    gc.disable()  # trees and facts have no cycles
    import jwtaudit.frontends.python  # noqa: F401, PLC0415 - now: no file's time is spent on it

    send(results, READY)
    while (payload := receive(tasks)) is not None:
        _start_clock(seconds)
        outcome, survives = _run(payload)
        _start_clock(0)
        send(results, outcome)
        if not survives:
            return


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to ourselves, so that nothing printed can get in between."""
    tasks, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return tasks, results


def _run(payload: bytes) -> tuple[bytes, bool]:
    """The pickled outcome of a task, and whether the process is fit for the next one."""
    try:
        function, arguments = pickle.loads(payload)  # noqa: S301 - from our parent
        return pickle.dumps(("value", function(*arguments)), pickle.HIGHEST_PROTOCOL), True
    except MemoryError:
        return pickle.dumps(("memory", None)), False
    except RecursionError:
        return pickle.dumps(("recursion", None)), True
    except Exception as error:  # noqa: BLE001 - it is handed over
        return _pickled_error(error), True
    except BaseException as error:  # noqa: BLE001 - a panic in compiled code is no Exception
        return pickle.dumps(("crashed", type(error).__name__)), False


def _pickled_error(error: Exception) -> bytes:
    try:
        payload = pickle.dumps(("error", error.with_traceback(None)))
        pickle.loads(payload)  # noqa: S301 - ours
    except Exception:  # noqa: BLE001 - whatever it was, only its name can be told
        return pickle.dumps(("crashed", type(error).__name__))
    return payload


def _start_clock(seconds: float) -> None:
    """Let the system end this process after so much processor time; 0 stops the clock.

    A handler in Python would not run while compiled code is busy, so there is none.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _bound_resources(memory: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    _lower(resource.RLIMIT_CORE, 0)  # a core file would hold the scanned project's secrets
    _lower(resource.RLIMIT_AS, memory + _address_space())
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    _lower(resource.RLIMIT_STACK, STACK if hard == resource.RLIM_INFINITY else min(STACK, hard))


def _lower(which: int, limit: int) -> None:
    import resource  # noqa: PLC0415

    hard = resource.getrlimit(which)[1]
    try:
        resource.setrlimit(which, (limit, hard))
    except (ValueError, OSError):
        return  # the system allows less already, or knows no such limit


def _address_space() -> int:
    """What this process has mapped before it has done anything."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 512 * 1024 * 1024
