"""Worker processes as a ``concurrent.futures.Executor``.

What hostile input can do to a parser, death, endlessness or all the memory, happens to a worker.
It costs its own task and nothing else: the future gets ``LostError``, a new worker takes over.

The workers are fresh interpreters, not forks: they start with little memory, work on every
system, and import from nowhere but this program's own path.
"""

from __future__ import annotations

import contextlib
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ParamSpec, TypeVar

from jwtaudit.engine.limits import Limits
from jwtaudit.engine.worker import READY, receive, send

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

P = ParamSpec("P")
T = TypeVar("T")

# -I: no current directory, no PYTHON* variables; then exactly the path of this process.
_BOOT = (
    "import sys; sys.path[:] = sys.argv[3:]; del sys.argv[3:];"
    " from jwtaudit.engine.worker import main; main()"
)
_START_SECONDS = 120.0
_WALL_FACTOR = 6  # processor time is what counts; a busy machine must not change the result


class LostError(Exception):
    """A task ended without a result.

    Attributes:
        kind: ``timeout``, ``memory``, ``crashed``, or ``unparsable`` for what nests too deeply.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message


class Workers(Executor):
    """Runs functions in processes with limits on time and memory, one task at a time in each."""

    def __init__(self, jobs: int, limits: Limits | None = None) -> None:
        """Start nothing yet: a process starts with the first task that needs it."""
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="jwtaudit")
        self._own = threading.local()
        self._processes: set[_Process] = set()
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function in a worker; everything must be picklable, arguments positional."""
        assert not kwargs
        return self._threads.submit(self._run, fn, args)

    def _run(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        """In a thread of ours: hand the task to the thread's process and wait for it."""
        process: _Process | None = getattr(self._own, "process", None)
        if process is None:
            process = self._own.process = _Process(self._limits)
            self._processes.add(process)
            if self._closed:
                process.kill()
        try:
            result: T = process.call(function, arguments)
        except LostError:
            self._own.process = None
            self._processes.discard(process)
            process.close()
            raise
        return result

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, after all tasks or, with ``cancel_futures``, at once."""
        self._closed = cancel_futures
        if cancel_futures:
            for process in tuple(self._processes):
                process.kill()
        self._threads.shutdown(wait=True, cancel_futures=cancel_futures)
        while self._processes:
            self._processes.pop().close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self.shutdown(wait=True, cancel_futures=error is not None)
        return None


class _Process:
    """One worker process, spoken to from one thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._timed_out = False
        self._ready = False
        # A file, for a pipe that nobody reads would hold the worker up.
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own code
                [
                    *(sys.executable, "-I", "-W", "ignore"),
                    *(["-B"] if sys.dont_write_bytecode else []),
                    *("-c", _BOOT, str(limits.seconds), str(limits.memory)),
                    *(entry for entry in sys.path if Path(entry).is_absolute()),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                close_fds=True,
            )
        except OSError as error:
            raise LostError("crashed", f"no worker could be started: {error.strerror}") from None

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """The result of a task.

        Raises:
            LostError: there is none; this process is of no more use.
            Exception: what the function raised.
        """
        if not self._ready:
            self._ready = self._exchange(None, _START_SECONDS) == READY
        answer = None
        if self._ready:
            task = pickle.dumps((function, arguments))
            answer = self._exchange(task, self._limits.seconds * _WALL_FACTOR)
        if answer is None:
            raise self._cause_of_death()
        outcome, value = pickle.loads(answer)  # noqa: S301 - from our child
        if outcome == "value":
            return value
        if outcome == "error":
            raise value
        if outcome == "memory":
            raise self._out_of_memory()
        if outcome == "recursion":
            raise LostError("unparsable", "nested too deeply")
        raise LostError("crashed", f"the parser failed ({value})")

    def _exchange(self, message: bytes | None, seconds: float) -> bytes | None:
        """Say something, if there is anything to say, and wait for the answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        clock = threading.Timer(seconds, self._time_out)
        clock.daemon = True
        clock.start()
        try:
            if message is not None:
                send(stdin, message)  # type: ignore[arg-type]
            return receive(stdout)  # type: ignore[arg-type]
        except (OSError, ValueError):  # a closed pipe: it is dead
            return None
        finally:
            clock.cancel()

    def kill(self) -> None:
        """End the process now; a thread that waits for it will notice."""
        self._process.kill()

    def close(self) -> None:
        """End the process and let go of it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was to be written has no reader
                    stream.close()

    def _time_out(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _out_of_memory(self) -> LostError:
        mebibytes = self._limits.memory // (1024 * 1024)
        return LostError("memory", f"parsing needs more than {mebibytes} MiB of memory")

    def _cause_of_death(self) -> LostError:
        code = self._process.wait()
        signals = {-getattr(signal, name, 0) for name in ("SIGPROF", "SIGXCPU")}
        if self._timed_out or code in signals:
            return LostError("timeout", f"parsing takes more than {self._limits.seconds:g} s")
        self._errors.seek(0)
        if b"memory allocation of" in self._errors.read(4096):  # Rust's last words
            return self._out_of_memory()
        if code < 0:
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
            return LostError("crashed", f"the parser died ({name})")
        return LostError("crashed", f"the parser ended with exit code {code}")
